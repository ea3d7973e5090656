"""Names that the stations share when they speak of a record."""

from __future__ import annotations

from typing import Any

from extract.record.resources import load_schema

# record field -> type word, as in entity_id and in the entities table
ENTITY_FIELDS = {"methods": "method", "tasks": "task", "datasets": "dataset", "metrics": "metric"}
CLAIM_FIELDS = ("speedups", "results")

SCHEMA_VERSION: str = load_schema()["$defs"]["extractor"]["properties"]["schema_version"]["const"]


class Record(dict[str, Any]):
    """One paper's record: a plain ``dict`` in the shape of ``paper.schema.json``, with the text it came from.

    The text is kept beside the dictionary (``title_text``, ``abstract_text``), never in it, so that a record
    can be written out without the abstract and still show its spans.
    """

    abstract_text: str | None = None

    def surface(self, span: dict[str, Any]) -> str:
        """The surface form of a mention, speedup or result.

        Raises:
            ValueError: the span is in the abstract and the abstract is not at hand.
        """
        text = self["title"] if span["field"] == "title" else (self["abstract"] or self.abstract_text)
        if text is None:
            raise ValueError("the record is without its abstract; see extract.attach_text")
        piece: str = text[span["start"] : span["end"]]
        return piece

    def _repr_html_(self) -> str:
        """How notebooks show the record: its text with all spans, its entities and claims."""
        from extract.record.show.page import fragment  # imports spaCy's displaCy

        return fragment(self)
