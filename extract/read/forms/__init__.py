"""One module a form of input, all of one shape: see :class:`extract.read.base.Form`."""

from __future__ import annotations

from extract.read.base import Form
from extract.read.forms import (
    arxiv_atom,
    arxiv_snapshot,
    bibtex,
    daily_papers,
    json_lines,
    json_list,
    listing,
    openreview,
    parquet,
)
from extract.read.forms.separated import CSV, TSV

# In the order in which they are asked whether an input is theirs: the particular before the general.
FORMS: tuple[Form, ...] = (
    parquet,
    listing,
    arxiv_snapshot,
    arxiv_atom,
    daily_papers,
    openreview,
    bibtex,
    json_lines,
    json_list,
    TSV,
    CSV,
)
