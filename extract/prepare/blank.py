"""The bare pipeline: an English ``Language`` with glean's tokenizer."""

from __future__ import annotations

import spacy
from spacy.language import Language

from extract.prepare.tokenizer import TOKENIZER


def blank() -> Language:
    """A spaCy pipeline with glean's tokenizer and no components; texts may be of any length."""
    # by its name in the config, so that a pipeline that is saved comes back with its tokenizer
    nlp = spacy.blank("en", config={"nlp": {"tokenizer": {"@tokenizers": TOKENIZER}}})
    nlp.max_length = 2**31 - 1
    return nlp
