"""What a paper proposes: cues around a name.

Each cue is one question about a mention and its sentence (:data:`CUES`). The component takes the strong ones at
their word; assembly weighs all of them (``extract.assemble.roles``).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from itertools import accumulate
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc, Span

from extract.prepare.fields import fields
from extract.prepare.scan import placed
from extract.prepare.sentences import in_sentences
from extract.prepare.words import sentence_begins, words_of
from extract.record.resources import load_toml

_WORDS = {key: frozenset(words) for key, words in load_toml("passes/rules/roles.toml").items()}
_SKIP = frozenset(
    ["the", "a", "an", '"', "'", "{", "(", "*", "$", "\\textbf", "\\emph", "\\textit", "\\textsc", "``", "``"]
)
_AUTHORS, _PROPOSE = _WORDS["authors"], _WORDS["propose"]
_REACH = 18
_MARKS = frozenset(
    ["our", "novel", "new", "existing", "recent", "recently", "however", "consists", "first", "second", "based"]
)
_TELLING = _PROPOSE | _AUTHORS | _MARKS

CUES = (
    "title_colon",  # "X: ..."
    "title_means",  # "... with X" in the title
    "in_title",
    "proposed_first",  # "we propose ... X", the first name behind the verb
    "proposed_later",  # a further name in such a sentence
    "named",  # "called X"
    "own",  # "our X"
    "new",  # "a novel X"
    "achieves",  # "X achieves"
    "others",  # "than X", "such as X"
    "bracketed",  # "(X)"
    "appositive",  # "X, a ..."
    "before_proposal",  # in a sentence before the first "we propose"
    "at_proposal",
    "after_proposal",
    "sentence_start",
)
STRONG = frozenset({"title_colon", "named", "own"})


def proposal_sentence(doc: Doc) -> int | None:
    """The token at which the first sentence with an author word and a verb of proposing begins, or ``None``."""
    words, begins = words_of(doc), sentence_begins(doc)
    first = bisect_left(words.starts, fields(doc)[1])
    start = next((i for i in range(min(first, len(words) - 1), 0, -1) if begins[i]), 0)
    author = False
    for i in range(first, len(words)):
        if begins[i]:
            start, author = i, False
        norm = words.norms[i]
        if norm in _AUTHORS:
            author = True
        elif author and norm in _PROPOSE:
            return start
    return None


class Context:
    """What the cues of all names of one ``Doc`` look at."""

    def __init__(self, doc: Doc, names: list[tuple[int, int]]) -> None:
        """``names``: token bounds of all names, half open."""
        words = words_of(doc)
        self.norms, self.texts, self.offsets = words.norms, words.texts, words.starts
        self.begins = sentence_begins(doc)
        self.title_end, self.abstract = fields(doc)
        self.proposal = proposal_sentence(doc)
        self.starts = sorted(start for start, _ in names)
        # for each token where its sentence begins
        self.sentence = list(accumulate((i if is_first else 0 for i, is_first in enumerate(self.begins)), max))

    def sentence_words(self, begin: int) -> set[str]:
        """The words of proposing, authorship and others in the sentence that begins at a token."""
        end = bisect_right(self.sentence, begin)
        return set(self.norms[begin:end]) & _TELLING

    def _left(self, i: int) -> int:
        """The first token to the left that is no quote, bracket, determiner or font command."""
        i -= 1
        while i >= 0 and (self.norms[i] in _SKIP or self.texts[i].isspace()):
            i -= 1
        return i

    def cues(self, start: int, end: int) -> set[str]:
        """The cues of the name that covers the tokens ``start:end``."""
        norms, found = self.norms, set()
        begin = self.sentence[start]
        behind = end
        while behind < len(norms) and norms[behind] in {'"', "'", "}", "*", ")", "''"}:
            behind += 1
        after = norms[behind] if behind < len(norms) else ""
        left = self._left(start)
        before = norms[left] if left >= begin else ""
        if self.offsets[start] < self.title_end:
            found.add("in_title")
            if after == ":" and start <= 3:
                found.add("title_colon")
            elif before in _WORDS["title_means"]:
                found.add("title_means")
        else:
            self._sentence_cues(found, begin, start)
            if before in _WORDS["naming"] or (
                before in {"as", "it", "method", "this"} and self._naming_near(left, begin)
            ):
                found.add("named")
            if self.proposal is None or begin < self.proposal:
                found.add("before_proposal")
            else:
                found.add("at_proposal" if begin == self.proposal else "after_proposal")
            if start - begin <= 1:
                found.add("sentence_start")
        if before == "our" or (norms[self._left(left)] == "our" and left > begin):
            found.add("own")
        elif before in _WORDS["own"]:
            found.add("new")
        if before in _WORDS["others"] and "named" not in found:
            found.add("others")
        if after in _WORDS["achieves"]:
            found.add("achieves")
        if start and self.texts[start - 1] == "(" and behind > end:
            found.add("bracketed")
        if after == "," and behind + 1 < len(norms) and norms[behind + 1] in {"a", "an", "the", "which", "our"}:
            found.add("appositive")
        return found

    def _naming_near(self, i: int, begin: int) -> bool:
        return not _WORDS["naming"].isdisjoint(self.norms[max(begin, i - 4) : i])

    def _sentence_cues(self, found: set[str], begin: int, start: int) -> None:
        """Whether an author word and a verb of proposing come before the name in its sentence."""
        verb = None
        for k in range(start - 1, max(begin, start - _REACH) - 1, -1):
            if self.norms[k] in _PROPOSE:
                verb = k
                break
        if verb is None:
            return
        if _AUTHORS.isdisjoint(self.norms[begin:verb]):
            return
        first = next((s for s in self.starts if s > verb), start)
        found.add("proposed_first" if first >= start else "proposed_later")


class Roles:
    """Sets ``doc.spans["glean_proposed"]``: names that a strong cue marks as the paper's own."""

    def __init__(self, name: str = "glean_roles") -> None:
        self.name = name

    def __call__(self, doc: Doc) -> Doc:
        """Marks the names of ``doc``; a short name in front of the title's colon is one even if no pass found it."""
        tokens = in_sentences(doc)
        found = (placed(span, tokens) for span in [*doc.ents, *doc.spans.get("glean_names", [])])
        names = {(s.start, s.end): s for s in found}
        title = title_name(tokens)
        if title is not None:
            names.setdefault((title.start, title.end), title)
        context = Context(tokens, list(names))
        proposed = [span for bounds, span in sorted(names.items()) if context.cues(*bounds) & STRONG]
        doc.spans["glean_proposed"] = [placed(span, doc) for span in proposed]
        return doc


def title_name(doc: Doc) -> Span | None:
    """The name in front of the title's colon: one word, perhaps hyphenated, with a capital or digit inside."""
    words = words_of(doc)
    title = words.texts[: min(12, bisect_left(words.starts, fields(doc)[0]))]
    colon = title.index(":") if ":" in title else 0
    text = words.piece(0, colon)
    if " " in text or len(text) < 2 or not any(c.isupper() or c.isdigit() for c in text[1:]):
        return None
    return Span(doc, 0, colon, label="METHOD")


@Language.factory("glean_roles", requires=["token.is_sent_start"], assigns=["doc.spans"])
def make_roles(nlp: Language, name: str) -> Callable[[Doc], Any]:
    """The factory of the role component."""
    return Roles(name)
