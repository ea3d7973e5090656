"""Curate: entries made by hand, merged into the records of a build.

``folder``    the entries of a folder, and which papers they are for (:class:`Curated`)
``merge``     an entry into a record (:func:`apply`): metadata here, ``entities`` and ``claims`` beside it
``template``  an entry to fill in (``glean new``)

A build reads the folder once, lets papers and records stream through, and asks at the end what was left over::

    curated = read_curated("curated")
    papers = curated.completed(papers)              # theirs, then new ones with title and abstract
    records = curated.corrected(extract_all(papers))  # each with its entry merged in, then new ones without extraction
    publish(records, ..., documents=[*documents, *curated.documents()])  # documents() once the records are through
    problems = [*curated.problems, *curated.unknown(ids)]  # a line each; ids: paper_ids of the release
    print(curated.text())

Papers and records may be any number in any order, in other processes in between; of the entries all are in memory.
:meth:`Curated.correct` takes one record where a generator does not fit.
"""

from extract.curate.folder import Curated, read_curated
from extract.curate.merge import apply
from extract.validate.entries import Entry

__all__ = ["Curated", "Entry", "apply", "read_curated"]
