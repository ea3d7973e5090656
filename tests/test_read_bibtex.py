"""BibTeX: what becomes of its fields and markup, and that a broken entry costs only itself. All texts are invented."""

from __future__ import annotations

import io
import logging
import time
import tracemalloc
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.read.base import Paper, ReadError, Reject
from extract.read.forms import FORMS, bibtex
from extract.read.forms.bibtex import MAX_ENTRY, plain_text
from extract.read.head import Head

ANTHOLOGY = r"""@string{acl = "Association for Invented Linguistics"}
@proceedings{inv-2031-1,
    title = "Proceedings of the Invented Conference",
    year = "2031",
}
@inproceedings{doe-etal-2031-foo,
    title = "{F}oo: Faster {BERT} with $2.5\times$ fewer {\textquotedblleft}steps{\textquotedblright}",
    author = {D{\"o}e, Jane  and
      Roe, Rick and
      {The {FOO} Team, and Friends}},
    editor = "Ed, A",
    month = nov,
    year = "2031",
    publisher = acl,
    url = "https://example.org/2031.inv-1.1/",
    doi = "10.1000/2031.INV-1.1",
    abstract = "Foo is 33{\%} faster {--} up to \textbf{2x},
      says Garc{\'i}a {\&} S{\o}n. See \url{https://example.org}.",
}
@inproceedings{roe-2031-none,
    title = "No abstract here",
    author = "Roe, Rick",
    year = "2031"
}
"""

ZOTERO = r"""
@online{doe_bar_2031,
	title = {Bar: A {Study} of {mBART}},
	url = {http://arxiv.org/abs/2401.00001},
	doi = {10.48550/arXiv.2401.00001},
	abstract = {We study Bar on the {WMT} data.},
	number = {{arXiv}:2401.00001},
	date = {2031-02-03},
	author = {van Doe, Jane and Roe, Jr., Rick and others},
	eprinttype = {arxiv},
	eprint = {2401.00001v2},
	eprintclass = {cs},
	primaryclass = {cs.CL},
}
"""


def read(text: str | bytes, name: str = "a.bib") -> list[Paper | Reject]:
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")
    return list(bibtex.read(io.BytesIO(data), name))


def one(text: str) -> Paper:
    (found,) = read(text)
    assert isinstance(found, Paper), found
    return found


def entry(fields: str, key: str = "k") -> str:
    return f"@article{{{key}, title = {{A}}, abstract = {{B.}}, {fields}}}\n"


def test_the_anthology() -> None:
    paper, rejected = read(ANTHOLOGY)
    assert isinstance(paper, Paper) and isinstance(rejected, Reject)
    assert paper.title == r"Foo: Faster BERT with $2.5\times$ fewer “steps”"
    assert paper.abstract == (
        r"Foo is 33% faster – up to \textbf{2x}, says García & Søn. See \url{https://example.org}."
    )
    assert paper.authors == ("Jane Döe", "Rick Roe", "The FOO Team, and Friends")
    assert (paper.own_id, paper.doi) == ("doe-etal-2031-foo", "10.1000/2031.inv-1.1")
    assert (paper.url, paper.published, paper.arxiv_id) == ("https://example.org/2031.inv-1.1/", None, None)
    assert (paper.sources[0].document, paper.sources[0].position) == ("a.bib", 0)
    assert (rejected.position, rejected.line, rejected.reason) == (1, 20, "title without an abstract")


def test_zotero() -> None:
    paper = one(ZOTERO)
    assert (paper.title, paper.abstract) == ("Bar: A Study of mBART", "We study Bar on the WMT data.")
    assert (paper.arxiv_id, paper.version, paper.published) == ("2401.00001", 2, "2031-02-03")
    assert paper.authors == ("Jane van Doe", "Rick Roe Jr.")
    assert paper.categories == ("cs.CL",)


@pytest.mark.parametrize(
    ("fields", "published"),
    [
        ("year = 2031, month = feb, day = 3", "2031-02-03"),
        ('year = {2031}, month = feb # "~3"', "2031-02-03"),
        ('year = {2031}, month = "3~" # feb', "2031-02-03"),
        ("year = 2031, month = {February 3}", "2031-02-03"),
        ("year = 2031, month = 2, day = {3}", "2031-02-03"),
        ("date = {2031-02-03}", "2031-02-03"),
        ("date = {2031-02}", None),
        ("date = {2031-02-03/2031-02-05}", None),
        ("year = 2031, month = feb", None),
        ("year = 2031, month = {3--5 } # feb", None),
        ("year = 2031, month = feb, day = 30", None),
        ("year = 2031, day = 3", None),
        ("year = {in press}, month = feb, day = 3", None),
        ("year = 2031, month = {Spring}, day = 3", None),
    ],
)
def test_published_is_a_full_day_or_nothing(fields: str, published: str | None) -> None:
    assert one(entry(fields)).published == published


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (r"G{\"o}del, G\"odel, G\"{o}del, {G\"{o}del}", "Gödel, Gödel, Gödel, Gödel"),
        (r"na{\"\i}ve \'{\i} {\'\i} \v{s} \c{c} \c c {\c{C}} \H{o} \k{a}", "naïve í í š ç ç Ç ő ą"),
        (r"{\ss} {\o} \O{} \L{}odz {\aa}ngstr\"om", "ß ø Ø Łodz ångström"),
        (r"{BERT} and {{nested {G}roups}}", "BERT and nested Groups"),
        (r"$x_{1}^{2}$ and a_{ij} and \frac{a}{b}", r"$x_{1}^{2}$ and a_{ij} and \frac{a}{b}"),
        (r"\textbf{{B}old} \emph {x} \cite{a}", r"\textbf{Bold} \emph {x} \cite{a}"),
        (r"33\% \& \_ \# \$5 \{x\}", r"33% & _ # \$5 \{x\}"),
        (r"{--} {---} {``}q{''} -- ``q'' ~2x", "– — “q” -- ``q'' ~2x"),
        (r"{\textasciitilde}2 {\textbackslash}foo \textless 3", "~2 \\foo <3"),
        ("two\n   lines,  and\tblanks\u00a0x", "two lines, and blanks\u00a0x"),
        (r"100% sure", "100% sure"),
        ("a } b { c", "a } b c"),
        ("\\", "\\"),
        (r"\unknowncommand \'{} \'1", r"\unknowncommand \' \'1"),
        (r"costs $5 {A}", "costs $5 A"),
    ],
)
def test_markup(written: str, text: str) -> None:
    assert plain_text(written) == text


def test_strings_months_and_parts() -> None:
    text = '@STRING(who = "Foo")\n@string{both = who # { Bar}}\n'
    paper = one(text + '@article{k, title = both # ": " # {a # b} # unknown, abstract = "x" # 1}')
    assert (paper.title, paper.abstract) == ("Foo Bar: a # b", "x1")


def test_twice_the_same_key_or_field() -> None:
    first, second = read(entry("title = {Other}") + entry("year = 1"))
    assert isinstance(first, Paper) and isinstance(second, Paper)
    assert first.title == "A" and first.own_id == second.own_id == "k"


def test_identifiers() -> None:
    assert one(entry("archivePrefix = {arXiv}, eprint = {2401.00001}")).arxiv_id == "2401.00001"
    assert one(entry("eprint = {2401.00001}")).arxiv_id is None
    assert one(entry(r"url = {\url{https://example.org/a\_b}}")).url == "https://example.org/a_b"
    assert one(entry(r"doi = {https://doi.org/10.1000/a\_b}")).doi == "10.1000/a_b"
    assert one("@article{,title={A},abstract={B}}").own_id is None


BROKEN = [
    '@article{broken, title = "A" year = "2031", abstract = {B}, }\n',
    "@article{broken, title = {A}, abstract = {never closes,\n",
    '@article{broken, title = {A}, abstract = "never closes,\n',
    "@article{broken title = {A}, abstract = {B}}\n",
    "@article{broken, title {A}, abstract = {B}}\n",
    "@article{broken, title = {A} abstract = {B}, }\n",
    "@article{broken, title = {A}, abstract = {B}, rest}\n",
    "@article{broken\n",
]


@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_entry_is_one_reject(
    broken: str, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    found = read(entry("", "a") + broken + "@comment{x}\n" + entry("", "b"))
    assert [type(x) for x in found] == [Paper, Reject, Paper]
    rejected = found[1]
    assert isinstance(rejected, Reject)
    assert (rejected.position, rejected.line) == (1, 2)
    assert rejected.reason.startswith("not BibTeX") and "allowed" in rejected.reason and "never" not in rejected.reason
    assert len(rejected.sha256) == 64
    assert capfd.readouterr() == ("", "") and not caplog.records
    assert logging.getLogger("bibtexparser").propagate


def test_a_brace_that_never_closes_does_not_swallow_the_file() -> None:
    text = entry("", "a") + "@article{b, title = {" + "{ x\n" * (MAX_ENTRY // 2) + entry("", "c")
    found = read(text)
    assert [type(x) for x in found] == [Paper, Reject, Paper]
    assert isinstance(found[1], Reject) and "more than 1,048,576" in found[1].reason and found[1].line == 2
    # what is no paper is none in this case either
    assert [type(x) for x in read("@comment{" + "x" * 2 * MAX_ENTRY + "\n" + entry(""))] == [Paper]


def test_lines_are_those_of_the_file() -> None:
    junk = "a comment\n\n% more\n" * 40_000  # more than what is read at once
    found = read(junk + "@article{k,\n title = {A}}\n" + junk + "@article{k,\n title = {A}}\n")
    assert [x.line for x in found if isinstance(x, Reject)] == [120_001, 240_003]
    found = read("\ufeff\r\n" + ANTHOLOGY.replace("\n", "\r\n"))
    assert [x.line for x in found if isinstance(x, Reject)] == [21]
    assert isinstance(found[0], Paper) and "\r" not in found[0].abstract


def test_several_entries_on_a_line_and_every_place_of_a_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    found = read(entry("", "a").strip() + " " + entry("", "b"))
    assert [x.own_id for x in found if isinstance(x, Paper)] == ["a", "b"]
    whole = read(ANTHOLOGY + ZOTERO)
    for size in (1, 2, 7, 64):
        monkeypatch.setattr(bibtex, "_CHUNK", size)
        assert read(ANTHOLOGY + ZOTERO) == whole


def test_bytes_that_are_not_utf8() -> None:
    found = read(entry("").encode() + b"@article{b, title={A}, abstract={caf\xe9}}\n" + entry("").encode())
    assert [type(x) for x in found] == [Paper, Reject, Paper]
    assert isinstance(found[1], Reject) and found[1].reason == "byte 0xe9 is not UTF-8 (allowed: UTF-8)"
    with pytest.raises(ReadError, match="UTF-16"):
        read("@article{}".encode("utf-16"))


@pytest.mark.parametrize(
    ("text", "name", "known"),
    [
        (ANTHOLOGY, "-", True),
        (ZOTERO, "x.txt", True),
        ("% Encoding: UTF-8\n\n@Article{a,\n", "-", True),
        ("Some words above\n@article{a, title={x}}", "x.bib.gz", True),
        ('{"title": "x"}', "x.bib", False),
        ('title,abstract\n"@article{a}",x', "x.csv", False),
        ("@someone said {this}", "-", False),
        ("", "-", False),
    ],
)
def test_recognised_by_content(text: str, name: str, known: bool) -> None:
    head = Head(text.encode(), name)
    assert bibtex.recognise(head) is known
    if known:
        assert next(form.NAME for form in FORMS if form.recognise(head)) == "bibtex"


class Endless(io.RawIOBase):
    """A file of many entries that is made while it is read."""

    def __init__(self, entries: int) -> None:
        abstract = " ".join(f"Invented sentence {n} of {{\\'e}}." for n in range(30))
        self._piece = f"@article{{k, title = {{A {{B}}}}, abstract = {{{abstract}}}}}\n".encode()
        self._size, self._at = entries * len(self._piece), 0

    def readable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = offset
        return offset

    def read(self, size: int = -1) -> bytes:
        size = min(size, self._size - self._at)
        start = self._at % len(self._piece)
        self._at += size
        return (self._piece * (size // len(self._piece) + 2))[start : start + size]

    read1 = read  # type: ignore[assignment]


def test_memory_is_that_of_an_entry() -> None:
    def peak(entries: int) -> int:
        stream: BinaryIO = Endless(entries)  # type: ignore[assignment]
        tracemalloc.start()
        assert sum(isinstance(x, Paper) for x in bibtex.read(stream, "a")) == entries
        top = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return top

    peak(10)
    assert peak(300) < peak(60) + 300_000


@pytest.mark.parametrize(
    "unit",
    ["{", "}", '"', "@", "@a{", "\n@a{", "\n", " ", "\n ", "\\", "\\'{", "$", "$$ ", "#", ",", "= ", "(", " and ", "%"],
)
@pytest.mark.parametrize("frame", ["{}", "@article{{k, title = {{A}}, abstract = {{{}}}}}", '@a{{k, author = "{}"}}'])
def test_time_is_linear(unit: str, frame: str) -> None:
    # each "@a{" begins an entry, and is a reject: less of them tell as much
    size = (60_000 if unit.endswith("@a{") else 1_000_000 if unit in '{"@' else 100_000) // len(unit)
    text = frame.format(unit * size)
    started = time.perf_counter()
    found = read(text)
    assert time.perf_counter() - started < 5
    assert all(isinstance(x, Paper | Reject) and len(getattr(x, "reason", "")) < 300 for x in found)


def checked(data: bytes) -> None:
    head = Head(data[: 1 << 16], "x")
    bibtex.recognise(head)
    try:
        for n, item in enumerate(read(data)):
            assert isinstance(item, Paper | Reject)
            assert (item.sources[0].position if isinstance(item, Paper) else item.position) == n
            assert isinstance(item, Paper) or "\n" not in item.reason
    except ReadError as error:
        assert len(str(error).splitlines()) == 1


@given(st.binary(max_size=300) | st.text("@{}()\"#,=\\$%a1 \n'", max_size=200).map(str.encode))
def test_any_bytes(data: bytes) -> None:
    checked(data)


@settings(max_examples=60)
@given(st.data())
def test_mutated_files(data: st.DataObject) -> None:
    text = bytearray((ANTHOLOGY + ZOTERO).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        end = at + data.draw(st.integers(0, 40))
        text[at:end] = data.draw(st.sampled_from([b"", b"{", b"}", b'"', b"@a{", b"\n@", b"\\", b"\xff", b"#", b"$"]))
    checked(bytes(text))


@given(st.lists(st.sampled_from(["good", "none", *BROKEN]), max_size=8))
def test_nothing_is_lost(kinds: list[str]) -> None:
    texts = {"good": entry(""), "none": "@misc{k, title = {A}}\n"}
    found = read("".join(texts.get(kind, kind) for kind in kinds))
    assert [type(x) for x in found] == [Paper if kind == "good" else Reject for kind in kinds]


@given(st.text(max_size=80))
def test_markup_of_any_text(text: str) -> None:
    done = plain_text(text)
    assert isinstance(done, str) and len(done) <= len(text) + 1


def test_a_file_by_its_name(tmp_path: Path) -> None:
    from extract.read import inputs

    path = tmp_path / "a.bib"
    path.write_text(ANTHOLOGY)
    assert inputs.recognise(path.read_bytes(), str(path)).NAME == "bibtex"
