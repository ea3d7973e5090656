"""The packaged model: where it is, and loading it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import spacy
from spacy.language import DEFAULT_CONFIG, Language

import extract.passes.ner.scores
import extract.passes.ner.vectors
import extract.prepare  # registers the tokenizer that the model's config names  # noqa: F401
from extract.passes.ner.ops import embed_once, fast_ops, keep_vectors
from extract.passes.ner.tagger import NAME as TAGGER
from extract.passes.ner.trust import digest, seal, sealed

MODEL = Path(__file__).resolve().parent / "trained"


class ModelError(Exception):
    """The model is missing or broken; the message is one line."""


def check_model(path: Path = MODEL) -> str:
    """Makes sure that a model is the one that was made, without loading it; returns the SHA-256 of its folder.

    Args:
        path: the model's folder. The packaged one has to have the hash that stands beside it, another one if one does.

    Raises:
        ModelError: the model differs, its hash is missing, or it cannot be read.
    """
    try:
        known, found = sealed(path), digest(path)
    except OSError as error:
        raise ModelError(f"{path}: the model cannot be read ({error.strerror or error})") from None
    if path == MODEL and known is None:
        raise ModelError(f"{path}: the SHA-256 of the packaged model is missing (install glean-papers again)")
    if known not in (None, found):
        raise ModelError(f"{path}: not the model that was made: its SHA-256 is {found} (allowed: {known})")
    return found


def load_ner(path: Path = MODEL) -> Language:
    """A pipeline with glean's tokenizer and the trained ``ner`` component, whose vocabulary holds its vectors.

    Args:
        path: the model's folder, see :func:`check_model`; ``nlp.meta["glean"]["sha256"]`` says which model it was.

    Raises:
        ModelError: there is no model at ``path``, it is not the one that was made, or it cannot be loaded.
    """
    found = check_model(path)
    try:
        with fast_ops():
            nlp = spacy.load(path, config={"components.ner.factory": TAGGER})
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"{path}: no trained model: {str(error).splitlines()[0]} (glean train makes one)") from None
    nlp.meta.setdefault("glean", {})["sha256"] = found
    embed_once(nlp.get_pipe("ner").model)
    keep_vectors(nlp.get_pipe("ner").model)
    nlp.max_length = 2**31 - 1
    # the saved settings leave out how it was trained; components can only be removed where these are there again
    nlp.config = DEFAULT_CONFIG.merge(nlp.config)
    return nlp


def model_name(nlp: Language) -> str | None:
    """Name and version of the trained model in a pipeline, or ``None`` where it has none."""
    if "ner" not in nlp.pipe_names:
        return None
    return f"{nlp.meta['name']}-{nlp.meta['version']}"


def record_figures(figures: dict[str, Any], path: Path = MODEL) -> None:
    """Writes measured figures into the model's metadata, beside the hashes of what it was trained on."""
    file = path / "meta.json"
    meta = json.loads(file.read_text(encoding="utf-8"))
    meta.setdefault("glean", {})["figures"] = figures
    file.write_text(json.dumps(meta, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    seal(path)
