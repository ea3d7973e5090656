"""Making a trained tagger's encoder deeper: it keeps what it has learned and gets further layers behind.

The blocks of the encoder add to what they get, so that a block whose scale is small changes little at first (growing by
blocks that begin near the identity: Chen et al. 2016, "Net2Net", section 3.2). From there the training goes on.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import spacy
from spacy import registry
from spacy.tokens import Doc
from thinc.api import Config, fix_random_seed

from extract.passes.ner.ops import fast_ops

_SCALE = 0.1  # of what a new block adds; that of trained ones is about 0.8


def grow(start: Path, depth: int, out: Path) -> Path:
    """Writes a saved pipeline again with an encoder of more layers.

    Args:
        start: the folder of a pipeline whose ``tok2vec`` component has a ``spacy.MaxoutWindowEncoder``.
        depth: the number of layers, at least as many as there are.
        out: the folder to write; what is there is replaced.

    Raises:
        ValueError: the encoder is deeper already.
    """
    config = Config().from_disk(start / "config.cfg", interpolate=False)
    encode = config["components"]["tok2vec"]["model"]["encode"]
    if encode["depth"] > depth:
        raise ValueError(f"{start}: an encoder of {encode['depth']} layers cannot grow to {depth}")
    encode["depth"] = depth
    shutil.rmtree(out, ignore_errors=True)
    shutil.copytree(start, out)
    config.to_disk(out / "config.cfg")
    with fast_ops():
        trained = spacy.load(start)
        model = registry.resolve({"model": config.interpolate()["components"]["tok2vec"]["model"]})["model"]
    fix_random_seed(0)
    model.initialize(X=[Doc(trained.vocab, words=["a", "text"])])
    old = trained.get_pipe("tok2vec").model  # type: ignore[attr-defined]
    model.layers[0].from_bytes(old.layers[0].to_bytes())
    blocks, known = (encoder.layers[1].layers[0].layers for encoder in (model, old))
    for block, same in zip(blocks, known, strict=False):
        block.from_bytes(same.to_bytes())
    for block in blocks[len(known) :]:
        for node in block.walk():
            if node.name == "layernorm":
                node.set_param("G", np.full_like(node.get_param("G"), _SCALE))
    (out / "tok2vec" / "model").write_bytes(model.to_bytes())
    return out
