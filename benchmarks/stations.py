"""What each station of a build takes, on one core, on the same papers in the same run.

    OMP_NUM_THREADS=1 python benchmarks/stations.py FILE

The papers go through all stations of the extraction batch by batch, as in a build, with a clock between the stations,
so that whatever else the machine does meets all of them alike. The rest is a build of the same papers with the records
that were made before in place of the passes. Seconds are the processor's.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any
from unittest.mock import patch

from spacy.language import Language
from spacy.tokens import Doc

from extract.assemble import assemble
from extract.passes import model_name
from extract.prepare import make_doc
from extract.publish.tables import batches
from extract.read import Paper, entries, id_of, read_inputs
from extract.run import part, whole
from extract.run.extraction import shared_pipeline
from extract.run.whole import build
from extract.validate import errors

_BATCH = 32  # as extract.run.extraction has it
RULES = ("glean_sentences", "glean_abbreviations", "glean_names", "glean_roles", "glean_speedups", "glean_results")
STATIONS = (
    "read",
    "merge",
    "tokens",
    "rules",
    "NER",
    "assembly",
    "validation",
    "tables of parts",
    "join and publish",
    "order, shards, work folder",
)


@contextmanager
def clock(spent: Counter[str], name: str) -> Iterator[None]:
    """Adds the processor's seconds of a block to ``spent[name]``."""
    begin = time.process_time()
    try:
        yield
    finally:
        spent[name] += time.process_time() - begin


def clocked(spent: Counter[str], name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, with a clock."""

    def run(*args: Any, **named: Any) -> Any:
        with clock(spent, name):
            return function(*args, **named)

    return run


def extraction(papers: Iterable[Paper], spent: Counter[str]) -> dict[str, Any]:
    """The records by id, made as :func:`extract.run.extraction.records` makes them."""
    nlp = shared_pipeline()
    model = model_name(nlp)
    found = {}
    for batch in batches(papers, _BATCH):
        with nlp.memory_zone():
            docs: list[Any] = clocked(spent, "tokens", _docs)(nlp, batch)
            for name, component in nlp.pipeline:
                docs = clocked(spent, "rules" if name in RULES else "NER", _piped)(component, docs)
            for doc, paper in zip(docs, batch, strict=True):
                with clock(spent, "assembly"):
                    record = assemble(doc, paper, model=model)
                with clock(spent, "validation"):
                    problem = next(errors({**record, "abstract": paper.abstract}, file=record["paper_id"]), None)
                assert problem is None, problem
                found[record["paper_id"]] = record
    return found


def _docs(nlp: Language, papers: Sequence[Paper]) -> list[Doc]:
    return [make_doc(nlp, p.title, p.abstract) for p in papers]


def _piped(component: Any, docs: list[Doc]) -> list[Doc]:
    return list(component.pipe(docs)) if hasattr(component, "pipe") else [component(doc) for doc in docs]


def frame(path: Path, found: dict[str, Any]) -> Counter[str]:
    """Seconds of a build with records that are there already in place of the passes."""
    spent: Counter[str] = Counter()
    with (
        tempfile.TemporaryDirectory() as folder,
        patch.object(part, "records", lambda papers, with_text: (found[id_of(p)] for p in papers)),
        patch.object(whole, "make_part", clocked(spent, "tables", part.make_part)),
        patch.object(whole, "publish_parts", clocked(spent, "publish", whole.publish_parts)),
        clock(spent, "build"),
    ):
        build([str(path)], Path(folder) / "release")
    return spent


def measure(path: Path) -> dict[str, Any]:
    """Seconds of each station, with ``papers`` and ``words``."""
    with tempfile.TemporaryDirectory() as folder:  # warm up
        few = Path(folder) / "few.jsonl"
        with path.open("rb") as file:
            few.write_bytes(b"".join(islice(file, _BATCH)))
        frame(few, extraction(read_inputs([str(few)]).papers, Counter()))
    spent: Counter[str] = Counter(dict.fromkeys(STATIONS, 0.0))
    with clock(spent, "read"):
        for _ in entries([str(path)]):
            pass
    with clock(spent, "merge"):  # reads once more: taken off below
        papers = list(read_inputs([str(path)]).papers)
    spent["merge"] -= spent["read"]
    rest = frame(path, extraction(papers, spent))
    spent["tables of parts"] = rest["tables"]
    spent["join and publish"] = rest["publish"]
    before = spent["read"] + spent["merge"]
    spent["order, shards, work folder"] = rest["build"] - rest["tables"] - rest["publish"] - before
    words = sum(len(f"{p.title} {p.abstract}".split()) for p in papers)
    return {"papers": len(papers), "words": words, "seconds": dict(spent)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    print(json.dumps(measure(parser.parse_args().file)))


if __name__ == "__main__":
    main()
