"""How far two annotators agree: ``python -m extract.evaluate.agreement PAPERS GOLD OTHER``.

The second annotations are scored against the first by the measure that extractions are scored by, so that the figure
says what an extractor as good as the second annotator would reach.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from extract.evaluate.gold import gold_spans
from extract.evaluate.measure import Quality, evaluate
from extract.passes.ner.data import Annotated, load_annotated, read_texts
from extract.record.model import CLAIM_FIELDS, ENTITY_FIELDS


def as_record(paper: Annotated) -> dict[str, Any]:
    """An annotation in the shape of a record, as far as the measure looks at it."""
    title, abstract, annotation = paper
    required, _ = gold_spans(annotation, title, abstract)
    record: dict[str, Any] = {key: annotation[key] for key in CLAIM_FIELDS}
    for key in ENTITY_FIELDS:
        entities = [
            {"name": e["names"][0], "aliases": e["names"][1:], "role": e.get("role", "other"), "mentions": []}
            for e in annotation[key]
        ]
        if entities:  # the measure looks at an entity's names and, apart from them, at all spans of a type
            entities[0]["mentions"] = [
                {"field": place, "start": start, "end": end}
                for kind, place, start, end in sorted(required)
                if kind == key
            ]
        record[key] = entities
    return record


def agreement(first: dict[str, Annotated], second: dict[str, Annotated], rounds: int = 1000) -> Quality:
    """The second annotations measured against the first, over the papers that both have."""
    both = [pid for pid in first if pid in second]
    return evaluate(
        {pid: first[pid][:2] for pid in both},
        {pid: first[pid][2] for pid in both},
        {pid: as_record(second[pid]) for pid in both},
        rounds,
    )


def main() -> None:
    """Prints the figures of a second file of annotations against a first."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("papers", type=Path, help="texts, JSON Lines, plain or .gz")
    parser.add_argument("gold", type=Path, help="annotations, quoting or stand-off")
    parser.add_argument("other", type=Path, help="annotations of some of the same papers")
    args = parser.parse_args()
    texts = read_texts(args.papers)
    first, second = (load_annotated(path, texts) for path in (args.gold, args.other))
    quality = agreement({p[2]["id"]: p for p in first}, {p[2]["id"]: p for p in second})
    print(f"{quality.papers} papers in both")
    for name, f in quality.figures.items():
        interval = f"{f['low']:.3f}-{f['high']:.3f}"
        print(f"{name:18} P {f['p']:.3f}  R {f['r']:.3f}  F1 {f['f1']:.3f} ({interval})  {f['gold']:.0f}")
    for name, (share, count) in quality.slots.items():
        print(f"{name:18} {share:.3f} of {count}")


if __name__ == "__main__":
    main()
