"""The report of a release: one HTML file that works offline, for people to see, search and filter what is in it.

``data``     what the page shows, read from the release's tables
``quality``  measured quality in words, with intervals
``standing`` the report of a release that stands in a folder
``page``     the page: template, style, scripts, plots and data in one file
``client``   the page's own scripts, joined in the order of their names
``charts``   the plots, as Vega-Lite
"""

from extract.publish.report.data import ReportError, gather
from extract.publish.report.page import render
from extract.publish.report.standing import read_manifest, report_of, write_report

__all__ = ["REPORT", "ReportError", "gather", "read_manifest", "render", "report_of", "write_report"]

REPORT = "report.html"
