"""The packaged model: where it is, and loading it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import spacy
from spacy.language import DEFAULT_CONFIG, Language

import extract.prepare  # registers the tokenizer that the model's config names  # noqa: F401

MODEL = Path(__file__).resolve().parent / "trained"


class ModelError(Exception):
    """The model is missing or broken; the message is one line."""


def load_ner(path: Path = MODEL) -> Language:
    """A pipeline with glean's tokenizer and the trained ``ner`` component, whose vocabulary holds its vectors.

    Raises:
        ModelError: there is no model at ``path``, or it cannot be loaded.
    """
    try:
        nlp = spacy.load(path)
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"{path}: no trained model: {str(error).splitlines()[0]} (glean train makes one)") from None
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
