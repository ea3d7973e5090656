"""Publish: records to a release, which is at once a dataset repository and a folder of Parquet files.

``place``     the release's folder: staged beside it, swapped in whole
``order``     records sorted by id, on disk
``parquet``   the tables' files
``card``      the dataset card
``release``   all of it together, with the manifest
``join``      texts back to records
"""

from extract.publish.join import attach_text
from extract.publish.place import PublishError, check_output
from extract.publish.release import Summary, publish

__all__ = ["PublishError", "Summary", "attach_text", "check_output", "publish"]
