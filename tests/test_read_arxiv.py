"""arXiv's metadata snapshot and feeds: what becomes of each field, what is set aside, what is refused."""

from __future__ import annotations

import io
import json
import random
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from extract.read.base import Paper, ReadError, Reject
from extract.read.forms import FORMS, arxiv_atom, arxiv_snapshot
from extract.read.head import SIZE, Head
from extract.read.inputs import id_of

Item = Paper | Reject
QUICK = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)

ABSTRACT = (
    "We present Quillfish, a scheduler for small\nclusters. It is $2.5\\times$ faster than Drum,  and costs\n  less. "
    "A second paragraph\nends here."
)
UNWRAPPED = (
    "We present Quillfish, a scheduler for small clusters. It is $2.5\\times$ faster than Drum,  and costs less. "
    "A second paragraph ends here."
)


def entry(**changed: Any) -> dict[str, Any]:
    return {
        "id": "1601.00321",
        "submitter": "Ann Other",
        "authors": "C. Bal\\'azs, Dee Third Jr. and Quill Group",
        "title": "Quillfish: Scheduling that\n  Does Not Wait",
        "comments": "12 pages, 3 figures",
        "journal-ref": "J.Inv.Res. 7 (2017) 12",
        "doi": "10.1234/JIR.7.12 10.1234/JIR.7.99",
        "report-no": None,
        "categories": "cs.DC cs.LG",
        "license": None,
        "abstract": f"  {ABSTRACT}\n",
        "versions": [
            {"version": "v1", "created": "Sat, 2 Jan 2016 19:18:42 GMT"},
            {"version": "v2", "created": "Tue, 24 Jan 2017 00:10:27 GMT"},
        ],
        "update_date": "2018-11-26",
        "authors_parsed": [["Balázs", "C.", ""], ["Third", "Dee", "Jr.", "Inventa"], ["Quill Group", "", ""]],
        **changed,
    }


def json_lines(*entries: Any) -> bytes:
    return "".join(json.dumps(e) + "\n" for e in entries).encode()


def snapshot(data: bytes) -> list[Item]:
    return list(arxiv_snapshot.read(io.BytesIO(data), "snap"))


def one(data: bytes) -> Paper:
    (found,) = snapshot(data)
    assert isinstance(found, Paper), found
    return found


def refused(item: Item) -> str:
    assert isinstance(item, Reject)
    assert len(item.sha256) == 64
    assert "\n" not in item.reason
    return item.reason


def form_of(data: bytes, name: str = "input.bin") -> str | None:
    head = Head(data[:SIZE], name)
    return next((form.NAME for form in FORMS if form.recognise(head)), None)


def test_every_field_of_the_snapshot() -> None:
    paper = one(json_lines(entry()))
    assert paper.title == "Quillfish: Scheduling that Does Not Wait"
    assert paper.abstract == UNWRAPPED
    assert (paper.arxiv_id, paper.own_id, id_of(paper)) == ("1601.00321", None, "arxiv:1601.00321")
    assert (paper.published, paper.updated, paper.version) == ("2016-01-02", "2017-01-24", 2)
    assert paper.doi == "10.1234/jir.7.12"
    assert paper.url == "https://arxiv.org/abs/1601.00321"
    assert paper.categories == ("cs.DC", "cs.LG")
    assert paper.authors == ("C. Balázs", "Dee Third Jr.", "Quill Group")
    assert [(s.document, s.position, s.listed) for s in paper.sources] == [("snap", 0, None)]


def test_parts_that_are_missing_or_wrong_do_not_lose_the_paper() -> None:
    paper = one(json_lines({"id": "hep-th/9901001", "title": "T", "abstract": "A.", "authors": "A One and\n  B Two"}))
    assert (paper.arxiv_id, paper.authors, paper.version, paper.published) == (
        "hep-th/9901001",
        ("A One", "B Two"),
        None,
        None,
    )
    odd = {"versions": [{"version": "last", "created": "Sat, 42 Jan 2016"}], "authors_parsed": [7, [], [None, "x"]]}
    paper = one(json_lines(entry(**odd, doi=5, categories=["hep-ph hep-th"])))
    assert (paper.published, paper.updated, paper.version, paper.doi) == (None, None, None, None)
    assert paper.categories == ("hep-ph", "hep-th")
    assert len(paper.authors) == 3  # those of the string


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        (704.0001, "0704.0001"),
        (704.001, "0704.0010"),
        (1412.5, "1412.5000"),
        (1501.00010, "1501.00010"),
        ("704.0001", "0704.0001"),
        ("1501.001", "1501.00100"),
        ("math.gt/0309136", "math.GT/0309136"),
        ("arXiv:2401.00001v3", "2401.00001"),
        ("0704.00001", None),
        ("2401.0001", "2401.00010"),
        (704.00012, None),
        (704.0, None),
        (704, None),
        (1313.0001, None),
        (1e300, None),
        ("", None),
        (None, None),
        (True, None),
        (["0704.0001"], None),
        ("0704.000¹", None),
    ],
)
def test_identifiers_that_became_numbers(told: Any, meant: str | None) -> None:
    assert arxiv_snapshot.identifier(told) == meant


@given(st.integers(7, 40), st.integers(1, 12), st.integers(1, 9999))
def test_an_identifier_survives_being_a_number(year: int, month: int, number: int) -> None:
    known = f"{year:02d}{month:02d}.{number:0{4 if year < 15 else 5}d}"
    if known >= "0704":
        assert arxiv_snapshot.identifier(float(known)) == known
        assert arxiv_snapshot.identifier(json.loads(json.dumps(float(known)))) == known


def test_what_the_snapshot_sets_aside() -> None:
    data = (
        json_lines(entry(id="secret"), entry(abstract=None), entry(title=["secret"]), [1])
        + b'{"id": "0704.0001", "title": "se\n\xff\n'
        + json_lines(entry())
    )
    found = snapshot(data)
    assert [type(x) for x in found] == [Reject] * 6 + [Paper]
    reasons = [refused(x) for x in found[:6]]
    assert reasons[0].startswith("no arXiv identifier (allowed: ")
    assert reasons[1] == "title without an abstract"
    assert reasons[2].startswith("the title is of type list")
    assert reasons[3].startswith("no object")
    assert reasons[4].startswith("not JSON")
    assert reasons[5].startswith("byte 0xff is not UTF-8")
    assert not any("secret" in r for r in reasons)
    rejects = [x for x in found if isinstance(x, Reject)]
    assert [(r.position, r.line) for r in rejects] == [(n, n + 1) for n in range(6)]


def test_the_snapshot_is_recognised_by_content() -> None:
    good = json_lines(entry())
    for data in (
        good,
        good.strip(),
        good * 3,
        b"\xef\xbb\xbf" + good * 2,
        b'{"id": "0704.0001", "submitt\n' + good,
        b'bmitter": "x", "title": "y"}\n' + good,
        b"\n\n" + good * 100,  # the head ends within a line
        json_lines(entry(authors="A " * SIZE)),  # and within the first
        json_lines({k: v for k, v in entry().items() if k not in ("submitter", "authors_parsed")}),
    ):
        assert form_of(data) == "arxiv-snapshot"
    assert form_of(json_lines({"id": "1", "title": "T", "abstract": "A."}) * 2) == "jsonl"
    assert form_of(b"[" + good.strip() + b"]") == "json"


class Endless(io.RawIOBase):
    """A stream that makes its pieces when they are read."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self.pieces = pieces
        self.rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self.rest or next(self.pieces, b"")
        size = min(len(data), len(buffer))
        buffer[:size] = data[:size]
        self.rest = data[size:]
        return size


def peak(read: Callable[[BinaryIO, str], Iterator[Item]], pieces: Iterator[bytes]) -> tuple[int, int]:
    """``(number of entries, most bytes that were in memory at once)``."""
    tracemalloc.start()
    try:
        count = sum(1 for _ in read(io.BufferedReader(Endless(pieces)), "x"))
        return count, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_snapshot() -> None:
    block = json_lines(*[entry(abstract="A word. " * 60) for _ in range(1000)])
    count, size = peak(arxiv_snapshot.read, iter([block] * 15))
    assert count == 15_000
    assert size < 4_000_000


@QUICK
@given(st.binary(max_size=300))
def test_any_bytes_as_a_snapshot(data: bytes) -> None:
    for item in snapshot(data):
        assert isinstance(item, Paper | Reject)
    form_of(data)


@QUICK
@given(st.dictionaries(st.sampled_from(list(entry())), JSON_VALUES, max_size=4), st.integers(1, 3))
def test_any_values_as_entries_of_a_snapshot(changed: dict[str, Any], copies: int) -> None:
    assert len(snapshot(json_lines(*[entry(**changed)] * copies))) == copies


@QUICK
@given(st.randoms(use_true_random=False))
def test_a_mutated_snapshot_loses_nothing(chance: random.Random) -> None:
    data = bytearray(json_lines(entry(), entry(id="0704.0002"), entry(id="0704.0003")))
    for _ in range(chance.randint(1, 4)):
        data[chance.randrange(len(data))] = chance.choice(b'{}[]",:\\ \nx\xff\x00' + bytes(range(256)))
    lines = [line for line in bytes(data).removeprefix(b"\xef\xbb\xbf").split(b"\n") if line.strip()]
    assert len(snapshot(bytes(data))) == len(lines)


@given(st.text(alphabet=" \n\tab\r", max_size=40))
def test_unwrap(text: str) -> None:
    once = arxiv_snapshot.unwrap(text)
    assert arxiv_snapshot.unwrap(once) == once
    assert "\n" not in once
    assert once.split() == text.split()
    if "\n" not in text:
        assert once == text


# --- feeds ---

NAMESPACES = (
    'xmlns="http://www.w3.org/2005/Atom" xmlns:arxiv="http://arxiv.org/schemas/atom" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/"'
)


def atom_entry(identifier: str = "http://arxiv.org/abs/1601.00321v2", **parts: str) -> str:
    values = {"title": "Quillfish: Scheduling that\n  Does Not Wait", "summary": f"  {ABSTRACT}\n", **parts}
    return f"""
  <entry>
    <id>{identifier}</id>
    <updated>2017-01-24T00:10:27Z</updated>
    <published>2016-01-02T19:18:42Z</published>
    <title>{values["title"]}</title>
    <summary>{values["summary"]}</summary>
    <author><name>C. Balázs</name><arxiv:affiliation>Inventa</arxiv:affiliation></author>
    <author><name>Dee Third Jr.</name></author>
    <author><name>Quill Group</name></author>
    <arxiv:doi>10.1234/JIR.7.12</arxiv:doi>
    <link title="doi" href="http://dx.doi.org/10.1234/JIR.7.12" rel="related"/>
    <arxiv:comment>12 pages, 3 figures</arxiv:comment>
    <link href="http://arxiv.org/abs/1601.00321v2" rel="alternate" type="text/html"/>
    <link title="pdf" href="http://arxiv.org/pdf/1601.00321v2" rel="related" type="application/pdf"/>
    <category term="cs.LG" scheme="http://arxiv.org/schemas/atom"/>
    <category term="68T50; I.2.7" scheme="http://arxiv.org/schemas/atom"/>
    <arxiv:primary_category term="cs.DC" scheme="http://arxiv.org/schemas/atom"/>
    <category term="cs.DC" scheme="http://arxiv.org/schemas/atom"/>
  </entry>"""


def feed(*entries: str, before: str = "") -> bytes:
    return f"""<?xml version="1.0" encoding="UTF-8"?>{before}
<feed {NAMESPACES}>
  <link href="http://arxiv.org/api/query?search_query%3Dall:x" rel="self" type="application/atom+xml"/>
  <title type="html">ArXiv Query: search_query=all:x</title>
  <id>http://arxiv.org/api/abc</id>
  <opensearch:totalResults>{len(entries)}</opensearch:totalResults>{"".join(entries)}
</feed>
""".encode()


def atom(data: bytes) -> list[Item]:
    return list(arxiv_atom.read(io.BytesIO(data), "feed"))


def until_error(data: bytes) -> tuple[list[Item], str]:
    """What was read, and the message of the error behind it (nothing where there was none)."""
    found: list[Item] = []
    try:
        for item in arxiv_atom.read(io.BytesIO(data), "feed"):
            found.append(item)
    except ReadError as error:
        message = str(error)
        assert "\n" not in message and message.startswith("feed:")
        return found, message
    return found, ""


def test_the_api_tells_the_same_as_the_snapshot() -> None:
    (found,) = atom(feed(atom_entry()))
    assert isinstance(found, Paper)
    told = one(json_lines(entry()))
    assert found.with_sources(()) == told.with_sources(())


def test_atom_entries_that_are_no_papers() -> None:
    error = """
  <entry>
    <id>http://arxiv.org/api/errors#incorrect_id_format_for_secret</id>
    <title>Error</title>
    <summary>incorrect id format for secret</summary>
    <author><name>arXiv api core</name></author>
  </entry>"""
    data = feed(error, atom_entry(title=""), atom_entry("secret").replace("/abs/", "/no/"), atom_entry())
    found = atom(data)
    assert [type(x) for x in found] == [Reject] * 3 + [Paper]
    reasons = [refused(x) for x in found[:3]]
    assert reasons[0].startswith("an error message of arXiv's API")
    assert reasons[1] == "no title"
    assert reasons[2].startswith("no arXiv identifier (allowed: ")
    assert not any("secret" in r for r in reasons)
    begun = [n for n, line in enumerate(data.split(b"\n"), 1) if b"<entry>" in line]
    assert [x.line for x in found if isinstance(x, Reject)] == begun[:3]


def test_the_link_stands_in_for_the_id() -> None:
    (found,) = atom(feed(atom_entry("tag:elsewhere,1")))
    assert isinstance(found, Paper) and (found.arxiv_id, found.version) == ("1601.00321", 2)


LISTED = "arXiv:2401.00017v1 Announce Type: new \nAbstract: Drum is fast."


def test_daily_listings() -> None:
    item = f"""
    <item>
      <title>Drum</title>
      <link>https://arxiv.org/abs/2401.00017</link>
      <description>{LISTED}</description>
      <guid isPermaLink="false">oai:arXiv.org:2401.00017v1</guid>
      <category>cs.DC</category>
      <category>cs.LG</category>
      <pubDate>Wed, 31 Jan 2024 00:00:00 -0500</pubDate>
      <arxiv:announce_type>new</arxiv:announce_type>
      <dc:creator>Ann Other, Dee Third</dc:creator>
    </item>"""
    rss = f'<rss {NAMESPACES.split(" ", 1)[1]} version="2.0"><channel><title>x</title>{item}</channel></rss>'.encode()
    listing = feed(f"""
  <entry>
    <id>oai:arXiv.org:2401.00017v1</id>
    <title>Drum</title>
    <updated>2024-01-31T00:00:00-05:00</updated>
    <link href="https://arxiv.org/abs/2401.00017" rel="alternate" type="text/html"/>
    <summary>{LISTED}</summary>
    <category term="cs.DC" scheme="http://arxiv.org/schemas/atom"/>
    <category term="cs.LG" scheme="http://arxiv.org/schemas/atom"/>
    <published>2024-01-31T00:00:00-05:00</published>
    <arxiv:announce_type>new</arxiv:announce_type>
    <dc:creator>Ann Other, Dee Third</dc:creator>
  </entry>""")
    for data in (rss, listing):
        assert form_of(data) == "arxiv-atom"
        (found,) = atom(data)
        assert isinstance(found, Paper)
        assert (found.title, found.abstract, found.arxiv_id, found.version) == (
            "Drum",
            "Drum is fast.",
            "2401.00017",
            1,
        )
        assert (found.published, found.updated, found.sources[0].listed) == (None, None, "2024-01-31")
        assert (found.authors, found.categories) == (("Ann Other", "Dee Third"), ("cs.DC", "cs.LG"))


def test_atom_is_recognised_by_content() -> None:
    data = feed(atom_entry())
    for told in (data, b"\xef\xbb\xbf" + data, feed(*[atom_entry()] * 90), atom_entry().strip().encode(), feed()):
        assert form_of(told) == "arxiv-atom"
    for other in (b"<html><body>arxiv.org</body></html>", data.replace(b"arxiv", b"other"), b"<feed", b""):
        assert form_of(other) != "arxiv-atom"
    assert atom(feed()) == []
    assert len(atom(b"\xef\xbb\xbf" + data)) == 1
    assert len(atom(f"<entry {NAMESPACES}>{atom_entry().strip().removeprefix('<entry>')}".encode())) == 1


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
BOMBS = {
    "billion laughs": f'<!DOCTYPE feed [<!ENTITY l0 "ha">{LAUGHS}]>',
    "quadratic blowup": f'<!DOCTYPE feed [<!ENTITY l9 "{"ha" * 50_000}">]>',
    "external entity": '<!DOCTYPE feed [<!ENTITY l9 SYSTEM "file:///etc/hostname">]>',
    "parameter entity": '<!DOCTYPE feed [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x"> %p; <!ENTITY l9 "x">]>',
    "external subset": '<!DOCTYPE feed SYSTEM "http://127.0.0.1:9/x.dtd">',
}


@pytest.mark.parametrize("bomb", list(BOMBS))
def test_bombs_are_refused(bomb: str) -> None:
    data = feed(atom_entry(summary="&l9;" * 1000), before="\n" + BOMBS[bomb])
    found, message = until_error(data)
    assert not found
    assert message == "feed:2: a document type declaration, which is not read (allowed: XML without)"


def test_entities_that_nobody_declared_are_refused() -> None:
    found, message = until_error(feed(atom_entry(), atom_entry(summary="&secret;")))
    assert len(found) == 1
    assert "undefined entity" in message and "secret" not in message


def test_a_broken_feed_keeps_what_came_before() -> None:
    data = feed(atom_entry(), atom_entry(summary="a < b"), atom_entry())
    found, message = until_error(data)
    assert len(found) == 1
    line = next(n for n, line in enumerate(data.split(b"\n"), 1) if b"a < b" in line)
    # the column, from 1, of the blank that cannot follow "<"
    assert message == f"feed:{line}:17: not XML: not well-formed (invalid token) (allowed: an Atom or RSS feed)"
    assert data.split(b"\n")[line - 1][16:17] == b" "
    found, message = until_error(feed(atom_entry(), atom_entry())[:-60])
    assert len(found) == 1 and "feed:5" in message


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "no element found"),
        (b"Rate exceeded.", "syntax error"),
        (b"<html/>", "no feed"),
        (b"\xff\xfe<\0f\0", "UTF-16"),
        (b"<?xml version='1.0' encoding='utf-99'?><feed/>", "not XML"),
        (b"<?xml version='1.0' encoding='shift_jis'?><feed/>", "encoding"),
        (b"<!DOCTYPE html><html></html>", "document type declaration"),
        (feed(atom_entry(summary="\x01")), "invalid token"),
    ],
)
def test_what_is_no_feed(data: bytes, what: str) -> None:
    found, message = until_error(data)
    assert not found and what in message


def test_memory_does_not_grow_with_the_feed() -> None:
    begin, end = feed().split(b"</feed>")
    block = atom_entry().encode() * 500
    count, size = peak(arxiv_atom.read, iter([begin, *[block] * 8, b"</feed>", end]))
    assert count == 4000
    assert size < 6_000_000


def test_an_entry_without_end_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arxiv_atom, "MAX_LINE", 1 << 20)
    for endless in (b"<a/>" * 2500, b"words " * 1600, b"<a b='" + b"x" * 10_000):
        begin = feed().split(b"</feed>")[0] + b"<entry xmlns='http://www.w3.org/2005/Atom'><summary>"
        pieces = (begin if n == 0 else endless for n in range(10_000))
        tracemalloc.start()
        try:
            with pytest.raises(ReadError, match=r"^feed:.*(an entry of more than|not XML)"):
                list(arxiv_atom.read(io.BufferedReader(Endless(pieces)), "feed"))
            assert tracemalloc.get_traced_memory()[1] < 12_000_000
        finally:
            tracemalloc.stop()


@QUICK
@given(st.binary(max_size=300) | st.text(alphabet="<>/&;!?[]\"'= \nefdntry", max_size=200).map(str.encode))
def test_any_bytes_as_a_feed(data: bytes) -> None:
    until_error(data)
    until_error(feed().split(b"</feed>")[0] + data)
    form_of(data)


@QUICK
@given(st.randoms(use_true_random=False))
def test_a_mutated_feed(chance: random.Random) -> None:
    data = bytearray(feed(atom_entry(), atom_entry(), atom_entry()))
    for _ in range(chance.randint(1, 3)):
        data[chance.randrange(len(data))] = chance.choice(b"<>/&;!\"' \nx\xff\x00" + bytes(range(256)))
    found, message = until_error(bytes(data))
    assert message or len(found) <= 3
    assert all(isinstance(x, Paper | Reject) for x in found)


@QUICK
@given(st.lists(st.sampled_from(["paper", "no id", "no title", "empty"]), max_size=6))
def test_a_feed_loses_no_entry(kinds: list[str]) -> None:
    written = {
        "paper": atom_entry(),
        "no id": atom_entry("x").replace("/abs/", "/x/"),
        "no title": atom_entry(title=" \n "),
        "empty": "<entry/>",
    }
    found = atom(feed(*[written[k] for k in kinds]))
    assert [isinstance(x, Paper) for x in found] == [k == "paper" for k in kinds]
    assert [x.sources[0].position if isinstance(x, Paper) else x.position for x in found] == list(range(len(kinds)))
