"""Read: from files to papers and rejects.

One module a form of input, behind one interface: a generator of :class:`Paper` and :class:`Reject`.
"""

from extract.read.base import Document, Paper, ReadError, Reject, Source
from extract.read.inputs import FORMATS, Reading, id_of, merge, read_inputs, read_one

__all__ = [
    "FORMATS",
    "Document",
    "Paper",
    "ReadError",
    "Reading",
    "Reject",
    "Source",
    "id_of",
    "merge",
    "read_inputs",
    "read_one",
]
