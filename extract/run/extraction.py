"""Papers to records, in one process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from threadpoolctl import ThreadpoolController

from extract.read import Paper, Reject, Source
from extract.record.batches import batches
from extract.record.ids import sha256_text
from extract.record.model import CLAIM_FIELDS, ENTITY_FIELDS, Record

if TYPE_CHECKING:
    from spacy.language import Language

_BATCH = 32  # documents that pass the network together
_FOUND = (*ENTITY_FIELDS, *CLAIM_FIELDS, "extractor")  # what the passes say of a text


def pipeline(*, ner: bool = True) -> Language:
    """A new spaCy pipeline with all passes; its components can be used in anyone's pipeline.

    Args:
        ner: whether to load the trained NER pass; without it the rules work alone.

    Its ``Doc`` carries ``doc.ents`` (NER pass), ``doc.spans["glean_names"]``, ``["glean_proposed"]``,
    ``["glean_speedups"]`` and ``["glean_results"]`` (rule pass; ``span._.claim`` has the fields of a claim).
    """
    from extract.passes import build_pipeline

    return build_pipeline(ner=ner)


@cache
def shared_pipeline() -> Language:
    """The pipeline of this process."""
    return pipeline()


@cache
def _blas() -> ThreadpoolController:
    return ThreadpoolController()


def records(papers: Iterable[Paper], *, with_text: bool = False) -> Iterator[Record | Reject]:
    """Yields a valid record for each paper, in order, in this process, or the reason why there is none.

    A paper whose text makes a pass fail, or whose record breaks the schema, is a defect of glean: it is set aside
    and told, and the rest goes on.

    Args:
        papers: what to read.
        with_text: whether the records carry their abstracts.
    """
    from extract.passes import model_name

    nlp = shared_pipeline()
    model = model_name(nlp)
    for batch in batches(papers, _BATCH):
        # the vocabulary forgets the words of a batch: else it grows with every new one; and one thread multiplies
        # the matrices, which are so small that more would wait for one another
        with nlp.memory_zone(), _blas().limit(limits=1, user_api="blas"):
            found = list(_records(nlp, batch, model, with_text))
        yield from found


def _records(nlp: Language, papers: Sequence[Paper], model: str | None, with_text: bool) -> Iterator[Record | Reject]:
    from extract.assemble import assemble
    from extract.prepare import make_doc
    from extract.validate import errors

    docs: list[Any] = [make_doc(nlp, p.title, p.abstract) for p in papers]
    try:
        docs = list(nlp.pipe(docs, batch_size=_BATCH))
    except Exception:  # one text among them: each by itself tells which
        docs = [None] * len(papers)
    for doc, paper in zip(docs, papers, strict=True):
        try:
            ready = doc if doc is not None else nlp(make_doc(nlp, paper.title, paper.abstract))
            record = assemble(ready, paper, model=model, with_text=with_text)
        except Exception as error:
            yield set_aside(paper, f"a pass failed on the text: {type(error).__name__}: {error}")
            continue
        problem = next(errors({**record, "abstract": paper.abstract}, file=record["paper_id"]), None)
        yield record if problem is None else set_aside(paper, f"the record is not valid: {problem}")


def set_aside(paper: Paper, reason: str) -> Reject:
    """The reject of a paper that was read well and has no record."""
    source = paper.sources[0] if paper.sources else Source("input", 0)
    digest = sha256_text(paper.title + paper.abstract)
    return Reject(source.document, source.position, " ".join(reason.split())[:300], digest)


def renewed(old: dict[str, Any], paper: Paper, with_text: bool) -> Record | None:
    """The record of a paper with what was found in its text before; ``None`` if the text is another.

    Args:
        old: a record of the same ``paper_id``, extracted by the same code and model.
        paper: the paper as it is read now, with the metadata of now.
        with_text: whether the record carries the abstract.
    """
    from extract.assemble.record import described

    if old["title"] != paper.title or old["abstract_sha256"] != sha256_text(paper.abstract):
        return None
    record = described(paper, with_text=with_text)
    record |= {field: old[field] for field in _FOUND}
    return record
