"""How many of the unlabelled abstracts hold a word or a phrase: what is rare is more likely a new name.

The packaged table holds words (as written) and phrases of two to four words (in lower case, joined over hyphens) with
the binary logarithm of the number of abstracts that hold them; anything rarer is not in it.
"""

from __future__ import annotations

import gzip
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from pathlib import Path

from extract.prepare.tokenizer import spans

TABLE = Path(__file__).resolve().parent / "frequencies.txt.gz"
_EDGE = {"the", "a", "an", "of", "and", "or", "in", "on", "for", "to", "with", "by", "our", "this", "these", "which"}
_EDGE |= {"that", "is", "are", "we", "it", "as", "from", "at", "be", "can", "has", "have"}
_MIN_WORD, _MIN_PHRASE, _MAX_WORDS = 3, 10, 4


@cache
def _table() -> dict[str, int]:
    table: dict[str, int] = {}
    with gzip.open(TABLE, "rt", encoding="utf-8", newline="\n") as file:
        for line in file:
            logarithm, *names = line.rstrip("\n").split("\t")
            table.update(dict.fromkeys(names, int(logarithm)))
    return table


@lru_cache(maxsize=2**14)
def _words(text: str) -> Sequence[str]:
    return [text[a:b] for kind, a, b in spans(text) if kind in ("word", "alphanumber", "number")]


def frequency(name: str) -> int:
    """The logarithm (base 2, rounded down) of the number of abstracts that hold ``name``; 0 where it is rare."""
    words = _words(name)
    if len(words) == 1:
        return max(_table().get(words[0], 0), _table().get(words[0].rstrip("s"), 0))
    return _table().get(" ".join(w.lower() for w in words[:_MAX_WORDS]), 0)


def rarest_word(name: str) -> int:
    """The same for the rarest word of a name, in the case it is written in or in lower case."""
    table = _table()
    return min((max(table.get(w, 0), table.get(w.lower(), 0)) for w in _words(name)), default=0)


def count(texts: Iterable[tuple[str, str]]) -> tuple[Counter[str], Counter[str]]:
    """Document frequencies of words and of phrases in titles and abstracts."""
    words: Counter[str] = Counter()
    phrases: Counter[str] = Counter()
    for number, pair in enumerate(texts, 1):
        own_words: set[str] = set()
        own_phrases: set[str] = set()
        for text in pair:
            run: list[str] = []
            for kind, a, b in [*spans(text), ("end", 0, 0)]:
                token = text[a:b]
                if kind in ("word", "alphanumber", "number"):
                    run.append(token.lower())
                    if kind != "number":
                        own_words.add(token)
                elif kind != "space" and token != "-":
                    own_phrases.update(_phrases(run))
                    run = []
        words.update(own_words)
        phrases.update(own_phrases)
        if number % 20_000 == 0:  # what was seen once so far is mostly noise and fills the memory
            phrases = Counter({k: v for k, v in phrases.items() if v > 1})
    return words, phrases


def _phrases(run: list[str]) -> Iterable[str]:
    for i, first in enumerate(run):
        if first not in _EDGE:
            for k in range(i + 2, min(i + _MAX_WORDS, len(run)) + 1):
                if run[k - 1] not in _EDGE:
                    yield " ".join(run[i:k])


def save(words: Counter[str], phrases: Counter[str], path: Path = TABLE) -> None:
    """Writes the packaged table; the same counts give the same bytes."""
    kept = {w: n for w, n in words.items() if n >= _MIN_WORD}
    kept |= {p: n for p, n in phrases.items() if n >= _MIN_PHRASE}
    lines: defaultdict[int, list[str]] = defaultdict(list)  # a line a logarithm: quick to read
    for name, n in sorted(kept.items()):
        lines[int(math.log2(n))].append(name)
    text = "".join("\t".join([str(logarithm), *names]) + "\n" for logarithm, names in sorted(lines.items()))
    path.write_bytes(gzip.compress(text.encode(), compresslevel=9, mtime=0))
