"""A record as people see it: its text with all spans, its entities, its claims with all their fields.

``marks``     the spans of a record, and texts that no terminal or page obeys
``terminal``  in colours, by rich
``page``      as HTML, by displaCy
"""

from extract.record.show.marks import LABELS, Mark, clean, marks, texts

__all__ = ["LABELS", "Mark", "clean", "marks", "texts"]
