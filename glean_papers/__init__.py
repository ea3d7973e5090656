"""The name under which spaCy finds the installed pipeline: ``spacy.load("glean_papers")``.

spaCy loads a package by the name of its distribution (``glean-papers``); everything else is in :mod:`extract`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from spacy.language import Language
from spacy.vocab import Vocab

from extract import __version__
from extract.passes import build_pipeline

__all__ = ["__version__", "load"]


def load(
    vocab: Vocab | bool = True,
    *,
    disable: str | Iterable[str] = (),
    enable: str | Iterable[str] = (),
    exclude: str | Iterable[str] = (),
    config: Any = None,
) -> Language:
    """The pipeline of all passes, as ``spacy.load`` asks for it.

    Args:
        vocab: ``True``; the trained pass brings its own vocabulary.
        disable: components that are loaded and not run.
        enable: components that run, all others are disabled; empty for all.
        exclude: components that are left out.
        config: nothing; the components are set when they are added to a pipeline.

    Raises:
        ValueError: a vocabulary or settings are given, or a component is unknown.
    """
    if vocab is not True or config:
        raise ValueError("glean_papers takes no vocab and no config (allowed: disable, enable, exclude)")
    disabled, enabled, excluded = ([n] if isinstance(n, str) else list(n) for n in (disable, enable, exclude))
    nlp = build_pipeline(ner="ner" not in excluded)
    unknown = {*disabled, *enabled, *excluded} - {"ner", *nlp.pipe_names}
    if unknown:
        raise ValueError(f"no component {sorted(unknown)[0]!r} (allowed: {', '.join(nlp.pipe_names)})")
    for name in excluded:
        if name in nlp.pipe_names:
            nlp.remove_pipe(name)
    for name in nlp.pipe_names:
        if name in disabled or (enabled and name not in enabled):
            nlp.disable_pipe(name)
    return nlp
