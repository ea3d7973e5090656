"""Assemble: from what the passes found in a ``Doc`` to the paper's record.

surfaces   which names the paper holds, and of which type: all evidence of both passes, weighed
mentions   every place where an accepted name stands
entities   names of one thing together: aliases, roles
linking    ids that are the same over papers and releases
record     the record itself
"""

from extract.assemble.record import assemble

__all__ = ["assemble"]
