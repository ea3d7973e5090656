"""Read: from files to papers and rejects.

``places``  from what a person names to inputs: files, folders, archives, compression
``forms``   one module a form of input, behind one interface: a generator of :class:`Paper` and :class:`Reject`
``fields``  identifiers, dates and names in one form
``merge``   the same paper from several places becomes one
``inputs``  the whole way
"""

from extract.read.base import Document, Paper, ReadError, Reject, Source
from extract.read.inputs import FORMATS, Reading, entries, id_of, read_inputs
from extract.read.merge import Conflict

__all__ = [
    "FORMATS",
    "Conflict",
    "Document",
    "Paper",
    "ReadError",
    "Reading",
    "Reject",
    "Source",
    "entries",
    "id_of",
    "read_inputs",
]
