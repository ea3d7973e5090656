"""Hugging Face Daily Papers: the JSON list of the API, or the one object of a paper.

An item of the list holds the paper in ``paper`` and says around it what Daily Papers adds; the object of a single
paper holds both together. The abstract is ``summary``, arXiv's own; ``ai_summary``, which a language model wrote, is
never read. Daily Papers takes over the line breaks of arXiv's feed, which are undone as in
:mod:`extract.read.forms.arxiv_snapshot`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from extract.read.base import Columns, Paper, Reject
from extract.read.fields import day, make_paper, plain
from extract.read.forms.arxiv_snapshot import unwrap
from extract.read.forms.json_list import items, reject
from extract.read.head import Head
from extract.record.ids import normalize_arxiv

NAME = "daily-papers"
TRUST = 4

_TELLING = {"upvotes", "discussionId", "submittedOnDailyAt", "submittedOnDailyBy", "ai_summary"}
# [{"paper": {"id": "2401.00001", also where the head is too short for the first item, or it is broken
_ITEM = re.compile(r'[\[,]\s*\{\s*"paper"\s*:\s*\{\s*"(?:_?id|authors|title)"\s*:')
# {"id": "2401.00001", "authors": [{"_id": "65a0", the object of one paper, which can be long
_OBJECT = re.compile(r'\{\s*(?:"_id"\s*:\s*"\w*"\s*,\s*)?"id"\s*:\s*"[^"]{1,40}"\s*,\s*"authors"\s*:\s*\[\s*\{\s*"_id"')


def recognise(head: Head) -> bool:
    """Items that hold a ``paper``, or one object with a summary and what only Daily Papers tells (upvotes ...)."""
    text = head.text
    if not head.json or (head.json == "lines" and "\n" in text.strip()):
        return False
    first = head.first
    inner = first.get("paper")
    if isinstance(inner, dict):
        return not inner.keys().isdisjoint({"summary", "upvotes", "publishedAt"})
    if {"id", "summary"} <= first.keys():
        return not first.keys().isdisjoint(_TELLING)
    return (_ITEM.search(text) if head.json == "list" else _OBJECT.match(text)) is not None


def _listed(item: dict[str, Any], paper: dict[str, Any]) -> str | None:
    """The day (UTC) on which the paper was put on Daily Papers.

    Answers of before 2025 have no ``submittedOnDailyAt``, and their outer ``publishedAt`` is that time; in later ones
    it is the time at arXiv, as inside.
    """
    for told in (paper.get("submittedOnDailyAt"), item.get("submittedOnDailyAt")):
        if found := day(told):
            return found
    outer = item.get("publishedAt")
    return day(outer) if item is not paper and outer != paper.get("publishedAt") else None


def _authors(paper: dict[str, Any]) -> list[Any]:
    """The names, less those that are hidden on the Hub, and so are not to be shown."""
    told = paper.get("authors")
    listed = told if isinstance(told, list) else []
    return [a for a in listed if not (isinstance(a, dict) and a.get("hidden") is True)]


def read(stream: BinaryIO, name: str, columns: Columns | None = None) -> Iterator[Paper | Reject]:
    """Papers and rejects in the order of the list.

    ``published`` is the day of the first version at arXiv; which version the text is of is not told. A paper that is
    not at arXiv is read too, and known by its title.

    Args:
        stream: the input's bytes, UTF-8, without compression, from its start.
        name: what messages call the input, and the ``document`` of sources and rejects.
        columns: not looked at: the form has its own names.

    Raises:
        ReadError: the text is no JSON from some place on; what came before stays.
    """
    for position, line, item in items(stream, name):
        if not isinstance(item, dict):
            problem = "no object (allowed: an object with a paper in it, or a paper)"
            yield reject(name, position, line, problem, item)
            continue
        paper = item.get("paper", item)
        if not isinstance(paper, dict):
            problem = "the paper is no object (allowed: an object with id, title and summary)"
            yield reject(name, position, line, problem, item)
            continue
        number = plain(paper.get("id"))
        own = None if number is None else normalize_arxiv(number)
        yield make_paper(
            name,
            position,
            title=unwrap(paper.get("title") or item.get("title")),
            abstract=unwrap(paper.get("summary") or item.get("summary")),
            arxiv_id=number,
            url=None if own is None else f"https://arxiv.org/abs/{own}",
            published=paper.get("publishedAt"),
            authors=_authors(paper),
            listed=_listed(item, paper),
            line=line,
        )
