"""Faster arithmetic for the NER pass: the same sums, by another library, and each different token embedded once.

thinc multiplies matrices by BLIS, whose Python wheel takes a slow generic kernel on processors that it does not know
(https://github.com/explosion/cython-blis/issues/53: Zen 3 and later). NumPy's own BLAS is fast on all of them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray
from spacy.attrs import IDS, ORTH
from spacy.vocab import Vocab
from thinc.api import Model, NumpyOps, get_current_ops, registry, use_ops

_ROWS = 128  # below, a BLAS may take another kernel, whose sums differ in the last bit
_KEPT = 2**16  # different tokens whose vectors are kept, and at most one batch more: 32 MiB at 128 numbers each

Floats = NDArray[np.float32]
Forward = Callable[[Model[Any, Any], Any, bool], tuple[Any, Callable[[Any], Any]]]


@registry.ops("glean.BlasOps.v1")
class BlasOps(NumpyOps):
    """thinc's operations on NumPy arrays, with matrices multiplied by NumPy's BLAS.

    A row of a product does not depend on the other rows, so that what is found in a text does not depend on the texts
    beside it in a batch.
    """

    name = "glean_blas"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **(kwargs | {"use_blis": False}))

    def gemm(
        self, x: Floats, y: Floats, *, out: Floats | None = None, trans1: bool = False, trans2: bool = False
    ) -> Floats:
        """The product of two matrices, either of which may be taken transposed; written into ``out`` if given."""
        if trans1 or len(x) >= _ROWS:
            product: Floats = super().gemm(x, y, out=out, trans1=trans1, trans2=trans2)
            return product
        padded = np.zeros((_ROWS, x.shape[1]), dtype=x.dtype)
        padded[: len(x)] = x
        product = super().gemm(padded, y, trans2=trans2)[: len(x)]
        if out is None:
            return product
        out[:] = product
        return out


@contextmanager
def fast_ops() -> Iterator[None]:
    """Models that are made inside use :class:`BlasOps`, unless thinc works on a GPU or on Apple's own libraries."""
    if type(get_current_ops()) is NumpyOps:
        with use_ops(BlasOps.name):
            yield
    else:
        yield


class _Tokens:
    """What an embedding layer reads of a ``Doc``, for some tokens of any texts."""

    def __init__(self, vocab: Vocab, attrs: list[int], values: NDArray[np.uint64]) -> None:
        self.vocab, self._attrs, self._values = vocab, attrs, values

    def __len__(self) -> int:
        return len(self._values)

    def to_array(self, attrs: Any) -> NDArray[np.uint64]:
        if isinstance(attrs, list):
            return self._values[:, [self._attrs.index(IDS.get(attr, attr)) for attr in attrs]]
        return self._values[:, self._attrs.index(attrs)]


class _Once:
    """Runs an embedding layer once for each different token; the vectors of the last ones are kept.

    A token's vector depends on its own features alone. What is kept is dropped when the weights or the word vectors
    change: every step of training changes the biases, by which that is seen.
    """

    def __init__(self, embed: Forward, attrs: list[int]) -> None:
        self._embed, self._attrs = embed, attrs
        self._lock = threading.Lock()
        self._vectors_of: Any = None
        self._biases = b""
        self._rows: dict[bytes, int] = {}
        self._vectors: Floats = np.empty((0, 0), dtype=np.float32)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._embed, self._attrs)

    def __call__(self, model: Model[Any, Any], docs: Any, is_train: bool) -> tuple[Any, Callable[[Any], Any]]:
        if is_train or not any(map(len, docs)):
            return self._embed(model, docs, is_train)
        features = [np.ascontiguousarray(doc.to_array(self._attrs)) for doc in docs]
        keys = [f.view(f"V{f.shape[1] * f.itemsize}").ravel().tolist() for f in features]
        with self._lock:
            self._check(model, docs[0].vocab)
            rows = self._rows
            new = {
                key: values[i]
                for own, values in zip(keys, features, strict=True)
                for i, key in enumerate(own)
                if key not in rows
            }
            if new:
                self._add(model, docs[0].vocab, new)
            return [self._vectors[[rows[key] for key in own]] for own in keys], _no_gradient

    def _check(self, model: Model[Any, Any], vocab: Vocab) -> None:
        """Drops what was kept of other weights or word vectors, and what has become too much."""
        biases = b"".join(node.get_param("b").tobytes() for node in model.walk() if node.has_param("b"))
        if len(self._rows) > _KEPT or self._vectors_of is not vocab.vectors or self._biases != biases:
            self._vectors_of, self._biases, self._rows = vocab.vectors, biases, {}

    def _add(self, model: Model[Any, Any], vocab: Vocab, new: dict[bytes, NDArray[np.uint64]]) -> None:
        tokens = _Tokens(vocab, self._attrs, np.stack(list(new.values())))
        vectors = self._embed(model, [tokens], False)[0][0]
        kept = len(self._rows)
        if kept + len(new) > len(self._vectors) or self._vectors.shape[1] != vectors.shape[1]:
            table = np.empty((2 * (kept + len(new)), vectors.shape[1]), dtype=vectors.dtype)
            table[:kept] = self._vectors[:kept] if kept else 0
            self._vectors = table
        self._vectors[kept : kept + len(new)] = vectors
        self._rows.update(zip(new, range(kept, kept + len(new)), strict=True))


def _no_gradient(_: Any) -> list[Any]:
    return []


def _with_forward(layer: Model[Any, Any], forward: Forward) -> Model[Any, Any]:
    """The layer with the same parts and weights and another way to run."""
    return Model(
        layer.name,
        forward,
        init=layer.init,
        layers=layer.layers,
        dims={name: layer.maybe_get_dim(name) for name in layer.dim_names},
        refs={name: layer.maybe_get_ref(name) for name in layer.ref_names},
        attrs=layer.attrs,
        ops=layer.ops,
    )


def embed_once(model: Model[Any, Any]) -> None:
    """Lets the embedding layers of a model (``spacy.MultiHashEmbed``) run once for each different token.

    The layers, their names and weights stay, so that the model is saved as before. Embeddings that read more of a
    text than the attributes of its tokens (``spacy.CharacterEmbed``) are left alone.
    """
    for embed in [node.get_ref("embed") for node in model.walk() if node.has_ref("embed")]:
        columns = {c for node in embed.walk() if node.name == "extract_features" for c in node.attrs["columns"]}
        if not columns or any(node.name == "charembed" for node in embed.walk()):
            continue
        attrs = sorted({IDS[column] for column in columns} | {ORTH})  # static vectors go by the text
        model.replace_node(embed, _with_forward(embed, _Once(embed._func, attrs)))


class _Kept:
    """Runs an encoder and leaves each text's vectors in ``doc.tensor``, as spaCy's own ``tok2vec`` component does."""

    def __init__(self, encode: Forward) -> None:
        self._encode = encode

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._encode,)

    def __call__(self, model: Model[Any, Any], docs: Any, is_train: bool) -> tuple[Any, Callable[[Any], Any]]:
        vectors, backprop = self._encode(model, docs, is_train)
        if not is_train:
            for doc, own in zip(docs, vectors, strict=True):
                doc.tensor = own
        return vectors, backprop


def keep_vectors(model: Model[Any, Any]) -> None:
    """Lets the encoder of a transition-based parser's model leave its vectors in ``doc.tensor``."""
    encoder = model.get_ref("tok2vec").layers[0]  # behind it are the layers that fit it to the parser's width
    model.replace_node(encoder, _with_forward(encoder, _Kept(encoder._func)))
