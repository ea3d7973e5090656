"""The bare pipeline: an English ``Language`` with glean's tokenizer."""

from __future__ import annotations

import spacy
from spacy.language import Language

from extract.prepare.tokenizer import Tokenizer


def blank() -> Language:
    """A spaCy pipeline with glean's tokenizer and no components; texts may be of any length."""
    nlp = spacy.blank("en")
    nlp.tokenizer = Tokenizer(nlp.vocab)
    nlp.max_length = 2**31 - 1
    return nlp
