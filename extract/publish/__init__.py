"""Publish: records to a release, which is at once a dataset repository and a folder of Parquet files."""

from extract.publish.join import attach_text
from extract.publish.release import PublishError, Summary, check_output, publish

__all__ = ["PublishError", "Summary", "attach_text", "check_output", "publish"]
