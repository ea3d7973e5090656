"""One paper, many places: entries that are the same paper become one, in bounded memory.

``spool``     the entries on disk while everything is read
``same``      which entries are the same paper (DuckDB finds candidates, ``alike`` judges)
``alike``     whether two texts are those of one paper
``unite``     one paper from several entries, by an order of trust, and where they contradict
``gathering`` the whole way, from entries to papers
"""

from extract.read.merge.gathering import Gathering
from extract.read.merge.unite import Conflict

__all__ = ["Conflict", "Gathering"]
