"""Papers to measure with, as many as are wanted: the bundled sample over and over, with names and words of their own.

Nobody's text is needed, so that anyone can repeat a measurement. What repeats is how sentences are made; ids, titles,
the names of what is proposed, and a last sentence of words that are nowhere else are new in each paper, so that
nothing that remembers words has an easier time than it has with real papers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from extract.sample import FOLDER

_NAME = re.compile(r"\b[A-Z][a-z]+[A-Z][A-Za-z]*\b")
_LONG = re.compile(r"\b[a-z]{6,}\b")
_SYLLABLES = [first + second for first in "bdfgklmnprstvz" for second in ("a", "e", "i", "o", "u", "ar", "en", "il")]
_TWICE = 20  # one paper in so many stands twice, as in sources that overlap
_WORDS = 12


def word(number: int) -> str:
    """A word that no other number has, and no language."""
    syllables = [_SYLLABLES[number % len(_SYLLABLES)]]
    while number := number // len(_SYLLABLES):
        syllables.append(_SYLLABLES[number % len(_SYLLABLES)])
    return "".join(syllables)


def papers(number: int, *, all_new: bool = False) -> Iterator[dict[str, str]]:
    """Yields entries for JSON Lines.

    Args:
        number: how many; one in twenty is its neighbour once more.
        all_new: whether nearly every longer word is one that no other paper has: far more than in real papers.
    """
    sample = [json.loads(line) for line in (FOLDER / "papers.jsonl").read_text(encoding="utf-8").splitlines()]
    for n in range(number):
        same = n - 1 if n % _TWICE == _TWICE - 1 else n
        one = sample[same % len(sample)]
        own = word(same)
        title, abstract = (_NAME.sub(lambda name: name[0] + own, one[field]) for field in ("title", "abstract"))  # noqa: B023
        if all_new:
            abstract = _LONG.sub(lambda long: long[0] + own, abstract)  # noqa: B023
        words = " ".join(word((same * _WORDS + k + 1) * 7919) for k in range(_WORDS))
        yield {
            "arxiv_id": f"{1000 + same // 90_000:04d}.{same % 90_000:05d}",
            "title": f"{title} in {own.title()} {same}",
            "abstract": f"{abstract} Words of this paper are {words}.",
            "published": f"2024-03-0{1 + n % 2}",
            "authors": "Ada Lovelace; Alan Turing",
        }


def write(path: Path, number: int, *, all_new: bool = False) -> None:
    """Writes papers to a file of JSON Lines."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(paper) + "\n" for paper in papers(number, all_new=all_new))
