"""Passes: what finds statements in a ``Doc``.

``rules``  numbers, units, comparison, abbreviations, known names, cues of what is proposed
``ner``    the trained spaCy model

Each pass is a spaCy component of its own, registered by name; they meet only in ``Doc``.
"""

from __future__ import annotations

from spacy.language import Language

# importing registers the factories
import extract.passes.rules.abbreviations
import extract.passes.rules.claims.components
import extract.passes.rules.names
import extract.passes.rules.roles
import extract.prepare.sentences  # noqa: F401
from extract.passes.ner import load_ner, model_name
from extract.prepare import blank

BEFORE_NER = ("glean_sentences", "glean_abbreviations", "glean_names")
AFTER_NER = ("glean_roles", "glean_speedups", "glean_results")


def build_pipeline(*, ner: bool = True) -> Language:
    """A pipeline with all passes in their order.

    Args:
        ner: whether to load the trained model; without it the rules work alone.

    Raises:
        extract.passes.ner.ModelError: the packaged model cannot be loaded.
    """
    nlp = load_ner() if ner else blank()
    for name in BEFORE_NER:
        nlp.add_pipe(name, before="ner") if ner else nlp.add_pipe(name)
    for name in AFTER_NER:
        nlp.add_pipe(name)
    return nlp


__all__ = ["AFTER_NER", "BEFORE_NER", "build_pipeline", "model_name"]
