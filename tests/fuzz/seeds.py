"""Small documents of every form to begin from. All texts are invented."""

from __future__ import annotations

import gzip
import io
import json
import lzma
import tarfile
import zipfile
from typing import Any

from extract.record.resources import schema_folder

TITLE = "Quillfish: Scheduling that Does Not Wait"
ABSTRACT = "We present Quillfish, a scheduler for small clusters. It is $2.5\\times$ faster than Drum on FooBench."
_ROW = {
    "id": "q1",
    "title": TITLE,
    "abstract": ABSTRACT,
    "arxiv_id": "1601.00321v2",
    "doi": "https://doi.org/10.1234/JIR.7.12",
    "url": "https://example.org/q1",
    "published": "2016-01-02",
    "categories": "cs.DC cs.LG",
    "authors": ["C. Bal\u00e1zs", {"name": "Dee Third"}],
}
_SNAPSHOT = {
    "id": "1601.00321",
    "submitter": "Ann Other",
    "authors": "C. Bal\\'azs and Dee Third",
    "title": "Quillfish: Scheduling that\n  Does Not Wait",
    "doi": "10.1234/JIR.7.12, 10.1234/JIR.7.13",
    "categories": "cs.DC cs.LG",
    "abstract": "  We present Quillfish, a scheduler for small\nclusters.\n",
    "versions": [
        {"version": "v1", "created": "Sat, 2 Jan 2016 19:18:42 GMT"},
        {"version": "v2", "created": "Tue, 24 Jan 2017 00:10:27 GMT"},
    ],
    "update_date": "2018-11-26",
    "authors_parsed": [["Bal\u00e1zs", "C.", ""], ["Third", "Dee", "Jr."]],
}
_DAILY = [
    {
        "paper": {
            "id": "1601.00321",
            "authors": [
                {"_id": "68be5810c1", "name": "C. Bal\u00e1zs", "hidden": False},
                {"name": "D", "hidden": True},
            ],
            "publishedAt": "2016-01-02T19:18:42.000Z",
            "submittedOnDailyAt": "2016-01-05T02:44:20.973Z",
            "title": TITLE,
            "summary": "We present Quillfish,\na scheduler.",
            "upvotes": 26,
        },
        "publishedAt": "2016-01-02T19:18:42.000Z",
        "title": TITLE,
    }
]
_NOTE = {
    "id": "aBcD3fGh1j",
    "forum": "aBcD3fGh1j",
    "content": {
        "title": {"value": TITLE},
        "authors": {"value": ["Jane Doe", "Rick Roe"]},
        "abstract": {"value": ABSTRACT},
        "html": {"value": "https://arxiv.org/abs/1601.00321"},
    },
    "invitations": ["Invented.org/2031/Conference/-/Submission"],
    "cdate": 1927929600000,
    "mdate": 1930348800000,
}
_ATOM = f"""<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:arxiv="http://arxiv.org/schemas/atom">
  <entry>
    <id>http://arxiv.org/abs/1601.00321v2</id>
    <updated>2017-01-24T00:10:27Z</updated><published>2016-01-02T19:18:42Z</published>
    <title>{TITLE}</title>
    <summary>  We present Quillfish, a scheduler &amp; more
for small clusters.</summary>
    <author><name>C. Bal\u00e1zs</name></author>
    <arxiv:doi>10.1234/JIR.7.12</arxiv:doi>
    <link href="http://arxiv.org/abs/1601.00321v2" rel="alternate"/>
    <link title="doi" href="http://dx.doi.org/10.1234/JIR.7.12" rel="related"/>
    <arxiv:primary_category term="cs.DC"/><category term="cs.LG"/>
  </entry>
  <entry><id>http://arxiv.org/api/errors#x</id><title>Error</title><summary>x</summary></entry>
</feed>
"""
_RSS = f"""<rss xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:dc="http://purl.org/dc/elements/1.1/" version="2.0">
<channel><item><title>{TITLE}</title><link>https://arxiv.org/abs/1601.00321</link>
<description>arXiv:1601.00321v2 Announce Type: new
Abstract: We present Quillfish.</description><guid>oai:arXiv.org:1601.00321v2</guid><category>cs.DC</category>
<pubDate>Mon, 04 Jan 2016 00:00:00 -0500</pubDate><arxiv:announce_type>new</arxiv:announce_type>
<dc:creator>C. Bal\u00e1zs, Dee Third</dc:creator></item></channel></rss>
"""
_BIB = r"""% invented
@string{inv = "Association for Invented Linguistics"}
@inproceedings{doe-etal-2031-foo,
    title = "{F}oo: Faster {BERT} with $2.5\times$ Fewer Steps",
    author = {D{\"o}e, Jane  and
      {The Foo Team} and others},
    month = nov # "~5", year = "2031", publisher = inv # " X",
    url = {\url{https://example.org/2031.inv-1.1/}},
    doi = "10.1234/2031.inv-1.1", eprint = {1601.00321v2}, archiveprefix = {arXiv}, primaryclass = {cs.CL},
    abstract = "Foo is 33{\%} faster {--} up to \textbf{2x}. {\'e}\v{s}{\ss}\o ``q'' a_{ij}",
}
@comment{none}
@article(roe, title = {No abstract}, date = {2031-02-03/2031-02-04})
@misc{broken, title = {Never closed,
@misc{next, title = {Bar}, abstract = {Bar is 2x.}}
"""
_LISTING = f"""Get trending papers in your email inbox!
Subscribe{TITLE}

{ABSTRACT}

Feb 3

Drum: A Second Title

Drum is a scheduler that waits. It was measured on 3 clusters and found to be slow. Nobody uses it now.

12

A third title without an abstract
"""
_YAML = f"""# an entry
title: "{TITLE}"
abstract: >-
  We present Quillfish, a scheduler.
  It is 2.5x faster than Drum.
arxiv_id: 1601.00321
published: 2016-01-02
authors: [C. Balazs, Dee Third]
methods:
  - name: Quillfish
    role: proposed
speedups:
  - {{text: 2.5x faster, value: 2.5, method: Quillfish, baseline: Drum, form: ratio, quantity: time, bound: exact}}
"""
_FIX = """paper_id: title:da0dfb5fb44acdb4
doi: 10.1234/X
language: null
metrics:
  - name: recall@10
    mentions: [{text: recall@10, nth: 1}]
  - {name: QuiverDB, remove: true}
results:
  - text: 97.2%
    value: 97.2
    unit: "%"
    metric: recall@10
replace: [datasets]
"""


def _json(value: Any, indent: int | None = None) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=indent).encode()


def _lines(*values: Any) -> bytes:
    return b"".join(_json(value) + b"\n" for value in values)


def _separated(separator: str) -> bytes:
    cells = [str(v) for v in _ROW.values()]
    quoted = [f'"{c}"' if separator in c or '"' in c else c for c in cells]
    lines = [
        separator.join(_ROW),
        separator.join(quoted),
        separator.join(quoted[:3]),
        separator.join(['"open', *quoted]),
    ]
    return "\r\n".join([*lines, separator.join(quoted), ""]).encode()


def _parquet() -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table({"title": [TITLE, None], "abstract": [ABSTRACT, "x"], "id": [1, 2], "date": [None, "2016-01-02"]})
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="none", store_schema=False)
    return sink.getvalue()


def zipped(files: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    """A zip archive with these files."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", compression) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return sink.getvalue()


def tarred(files: dict[str, bytes], form: int = tarfile.USTAR_FORMAT) -> bytes:
    """A tar archive with these files."""
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w", format=form) as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return sink.getvalue()


def zstd(data: bytes) -> bytes:
    """Compressed with zstd."""
    import pyarrow as pa

    return bytes(pa.compress(data, codec="zstd", asbytes=True))


def _by_form() -> dict[str, list[bytes]]:
    found = {
        "listing": [_LISTING.encode(), _LISTING.replace("\n\n", "\n").encode()],
        "arxiv-snapshot": [_lines(_SNAPSHOT, _SNAPSHOT | {"id": 704.001}, {"id": "x"}, [])],
        "arxiv-atom": [_ATOM.encode(), _RSS.encode()],
        "daily-papers": [_json(_DAILY), _json(_DAILY[0]["paper"] | {"summary": "x"}, 1)],  # type: ignore[operator]
        "openreview": [
            _json({"count": 2, "notes": [_NOTE, _NOTE | {"ddate": 1}]}),
            _lines(_NOTE, _NOTE | {"content": {"title": "v1", "abstract": "version 1"}}, _NOTE | {"replyto": "x"}),
        ],
        "bibtex": [_BIB.encode()],
        "jsonl": [_lines(_ROW, {"Name": "x"}, 3) + b'{"title": "cut', _lines(_ROW | {"id": 12, "published": None})],
        "json": [_json([_ROW, _ROW, "x"], 1), _json({"n": 1, "papers": [_ROW], "more": []}), _json(_ROW) * 2],
        "tsv": [_separated("\t")],
        "csv": [_separated(",")],
        "parquet": [_parquet()],
    }
    rows = found["jsonl"][1]
    pair = {"a.jsonl": rows, "b/c.bib": _BIB.encode()[:300]}
    found["places"] = [
        rows,
        gzip.compress(rows, mtime=0),
        gzip.compress(rows, mtime=0)[:-9],
        lzma.compress(rows),
        zstd(rows),
        zstd(rows)[:-5],
        zipped(pair),
        zipped(pair | {"../out": b"x", "d.csv.gz": gzip.compress(found["csv"][0], mtime=0)}, zipfile.ZIP_DEFLATED),
        zipped({"x.jsonl": rows}, zipfile.ZIP_LZMA),
        tarred(pair),
        tarred(pair | {"\u00fc" * 120: rows}, tarfile.PAX_FORMAT),
        tarred(pair | {"n" * 120: rows}, tarfile.GNU_FORMAT),
        gzip.compress(tarred(pair), mtime=0),
    ]
    found["entry"] = [
        _YAML.encode(),
        _FIX.encode(),
        (schema_folder() / "example.json").read_bytes(),
        _json({"title": TITLE, "abstract": ABSTRACT}),
    ]
    found["auto"] = [data for form in list(found)[:11] for data in found[form][:1]]
    return found


SEEDS = _by_form()
"""Form to documents."""

TOKENS: tuple[bytes, ...] = (
    *(
        text.encode()
        for text in (
            *"\"'{}[](),:#@\\$%&<>/=~-_^.\n\r\t \x0b\x1c\x85\u2028\ufeff\0",
            *('""', "\r\n", "\n\n", "null", "true", "NaN", "1e999", "1601.00321", "2016-02-30", "\\ud800", "\\u0000"),
            *('{"papers": [', '{"notes": [', '"title":', '"abstract":', '"id":', '"paper": {'),
            *("@article{a, ", "\n@misc{b,\n", "@string{a = ", '" # "', "title = {", "abstract = ", "\\'{e}", "\\url{"),
            *("<entry>", "</entry>", "<title>", "</title>", "<!DOCTYPE a>", "<![CDATA[", "]]>", "<!--", "&#x1F;"),
            *("title,abstract\n", "title\tabstract\n", "\u0662\u0660", "10.1234/\u0661", "\u0661601.00321"),
            *("- ", "  - ", ">-\n", "|\n", "&a ", "*a", "!!str ", "---\n", "? ", "<<: "),
            *("Feb 3\n\n", "Subscribe", "1 ", "12\n", "Ten words that end with a full stop stand right here. " * 8),
        )
    ),
    *(b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xf0\x9f"),
)
"""What is put in between, and repeated."""
