"""Publish: records to a release, which is at once a dataset repository and a folder of Parquet files.

``place``     the release's folder: staged beside it, swapped in whole
``order``     rows sorted by id, on disk
``tables``    the tables of a release, joined from parts
``parquet``   the tables' files
``card``      the dataset card
``croissant`` the release described for machines
``about``     what both say alike
``report``    the page for people: plots, tables, every record
``release``   all of it together, with the manifest
``push``      a release to the Hugging Face Hub
``join``      texts back to records
``diff``      what changed between two releases
``find``      records that are there already: of a release, of a file
"""

from extract.publish.find import find_paper, holds_records, newest_release, read_records, rejects_of
from extract.publish.join import attach_text
from extract.publish.place import PublishError, check_output
from extract.publish.release import Summary, publish

__all__ = [
    "PublishError",
    "Summary",
    "attach_text",
    "check_output",
    "find_paper",
    "holds_records",
    "newest_release",
    "publish",
    "read_records",
    "rejects_of",
]
