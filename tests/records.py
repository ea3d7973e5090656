"""Valid records made at random, for property tests."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from extract.record import SCHEMA_VERSION, factor, paper_id, sha256_text

WORDS = [
    "Foo-Net",
    "parsing",
    "ImageNet",
    "accuracy",
    "𝔘nicode",
    "é",
    "2.5x",
    "faster",
    "than",
    "BERT,",
    "on",
    "a",
    "GPU.",
]
TEXTS = st.lists(st.sampled_from(WORDS), min_size=3, max_size=25).map(" ".join)
KINDS = {"methods": "method", "tasks": "task", "datasets": "dataset", "metrics": "metric"}


@st.composite
def spans(draw: st.DrawFn, title: str, abstract: str) -> dict[str, Any]:
    field = draw(st.sampled_from(["title", "abstract"]))
    length = len(title if field == "title" else abstract)
    start = draw(st.integers(0, length - 1))
    passes = draw(st.sampled_from([["ner"], ["rule"], ["ner", "rule"]]))
    score = draw(st.integers(0, 100)) / 100
    return {
        "field": field,
        "start": start,
        "end": draw(st.integers(start + 1, length)),
        "passes": passes,
        "score": score,
    }


@st.composite
def records(draw: st.DrawFn, with_text: bool = False) -> dict[str, Any]:
    title, abstract = draw(TEXTS), draw(TEXTS)
    texts = {"title": title, "abstract": abstract}
    arxiv = draw(st.sampled_from([None, "2403.01234", "cs/0112017"]))
    record: dict[str, Any] = {
        "paper_id": paper_id(title, arxiv_id=arxiv),
        "title": title,
        "abstract": abstract if with_text else None,
        "abstract_sha256": sha256_text(abstract),
        "abstract_chars": len(abstract),
        "arxiv_id": arxiv,
        "arxiv_version": draw(st.sampled_from([None, 1, 2])) if arxiv else None,
        "doi": draw(st.sampled_from([None, "10.1234/x"])),
        "url": draw(st.sampled_from([None, "https://example.org/p"])),
        "published": draw(st.dates().map(lambda d: f"{d.year:04}-{d.month:02}-{d.day:02}") | st.none()),
        "categories": draw(st.lists(st.sampled_from(["cs.CL", "cs.CV"]), max_size=2)),
        "authors": draw(st.lists(st.sampled_from(["A. B", "Ç Đ"]), max_size=2)),
        "language": draw(st.sampled_from([None, "en", "de"])),
        "sources": [
            {
                "document": "page.txt",
                "position": draw(st.integers(0, 99)),
                "listed": draw(st.sampled_from([None, "Mar 1"])),
            }
        ],
    }
    for field, kind in KINDS.items():
        entities = []
        for n in range(draw(st.integers(0, 2))):
            mention = draw(spans(title, abstract))
            name = texts[mention["field"]][mention["start"] : mention["end"]]
            entities.append(
                {
                    "entity_id": f"{kind}/e{n}",
                    "name": name,
                    "aliases": [],
                    "role": "other" if kind == "task" else draw(st.sampled_from(["proposed", "other"])),
                    "mentions": [mention],
                }
            )
        record[field] = entities
    record["speedups"], record["results"] = [], []
    for _ in range(draw(st.integers(0, 2))):
        form = draw(st.sampled_from(["ratio", "percent_increase", "percent_decrease", "percent_of"]))
        value = draw(st.integers(1, 150)) / 2
        high = draw(st.sampled_from([None, value + 1]))
        record["speedups"].append(
            {"value": value, "value_high": high, "form": form, "quantity": draw(st.sampled_from(["time", "memory"]))}
            | {"phase": draw(st.sampled_from([None, "training"])), "bound": "exact"}
            | {"factor": factor(value, form), "factor_high": factor(high, form)}
            | {"method": draw(st.sampled_from([None, title])), "baseline": None, "hardware": None}
            | draw(spans(title, abstract))
        )
        record["results"].append(
            {"value": value, "value_high": high, "unit": draw(st.sampled_from(["%", "", "dB"])), "form": "gain"}
            | {"metric": None, "dataset": draw(st.sampled_from([None, abstract])), "method": None, "baseline": None}
            | draw(spans(title, abstract))
        )
    record["extractor"] = {"version": "0", "model": None, "schema_version": SCHEMA_VERSION}
    return record
