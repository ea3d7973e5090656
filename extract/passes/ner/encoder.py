"""What spaCy's convolutional encoder computes (``spacy.MaxoutWindowEncoder``), in pieces that stay in the cache.

The same products and sums as thinc's layers, without a new array for each of them; for reading only, not for training.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from thinc.api import Model

Floats = NDArray[np.float32]
_ROWS = 1024  # rows at a time: what is made of them, 2 MiB at width 160, stays in the cache
_PARTS = {"expand_window", "maxout", "layernorm", "dropout"}


class _Layer(NamedTuple):
    weights: Floats  # (window * width, pieces * width), the pieces one behind the other
    bias: Floats
    scale: Floats
    shift: Floats


class Encoder:
    """The encoder's weights, as they are now; call it with the embedded texts.

    Raises:
        ValueError: the model has another shape.
    """

    def __init__(self, model: Model[Any, Any]) -> None:
        inner = model.layers[0]
        blocks = inner.layers if len(inner.layers) > 1 else [inner]  # a chain of residual blocks, or one
        parts = [{node.name: node for node in block.walk() if not node.layers} for block in blocks]
        if any(set(own) != _PARTS or own["expand_window"].attrs["window_size"] != 1 for own in parts):
            raise ValueError("not a MaxoutWindowEncoder with a window of 1")
        self._pad: int = model.attrs["pad"]
        self._ops = model.ops
        self._layers = [_layer(own["maxout"], own["layernorm"]) for own in parts]

    def __call__(self, texts: Sequence[Floats]) -> list[Floats]:
        """The encoded vectors of each text, ``(tokens, width)`` as given."""
        found: list[Floats] = []
        begin = rows = 0
        for end, text in enumerate(texts, start=1):
            rows += len(text) + self._pad
            if rows >= _ROWS or end == len(texts):
                found += self._encode(texts[begin:end])
                begin, rows = end, 0
        return found

    def _encode(self, texts: Sequence[Floats]) -> list[Floats]:
        """Texts beside each other, with rows of zeros between them that no token sees across."""
        width = texts[0].shape[1]
        x = np.zeros((self._pad + sum(len(text) + self._pad for text in texts), width), dtype=np.float32)
        begins, at = [], self._pad
        for text in texts:
            begins.append(at)
            x[at : at + len(text)] = text
            at += len(text) + self._pad
        around = np.zeros((len(x), 3 * width), dtype=np.float32)
        for layer in self._layers:
            self._add(x, around, layer)
        return [x[begin : begin + len(text)] for begin, text in zip(begins, texts, strict=True)]

    def _add(self, x: Floats, around: Floats, layer: _Layer) -> None:
        """Adds to each row what a layer makes of it and its neighbours."""
        width = x.shape[1]
        around[1:, :width] = x[:-1]
        around[:, width : 2 * width] = x
        around[:-1, 2 * width :] = x[1:]
        pieces = self._ops.gemm(around, layer.weights)
        pieces += layer.bias
        best = pieces[:, :width]
        for piece in range(width, pieces.shape[1], width):
            np.maximum(best, pieces[:, piece : piece + width], out=best)
        best = best - best.mean(axis=1, keepdims=True)
        variance = np.einsum("ij,ij->i", best, best) / width + 1e-8
        best *= (1 / np.sqrt(variance))[:, None]
        best *= layer.scale
        best += layer.shift
        x += best


def _layer(maxout: Model[Any, Any], norm: Model[Any, Any]) -> _Layer:
    weights = maxout.get_param("W")  # (width, pieces, window * width)
    return _Layer(
        np.ascontiguousarray(weights.transpose(2, 1, 0).reshape(weights.shape[2], -1)),
        np.ascontiguousarray(maxout.get_param("b").T).ravel(),
        norm.get_param("G"),
        norm.get_param("b"),
    )
