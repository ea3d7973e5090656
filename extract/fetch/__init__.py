"""Fetch: from the public services to a folder of their answers, as they are, which ``glean build`` reads.

One module a service (``daily_papers``, ``arxiv``) says what is to be asked and when an answer is whole; ``client``
asks, politely and again where that helps; ``folder`` keeps what came and knows what is there already.

There is no HTTP cache (such as hishel) beside the folder: the answers are what the user wants to have anyway, so a
cache would keep them twice, and what makes one final (a day that is over, a range of dates that is closed) is no matter
of HTTP.
"""

from extract.fetch.arxiv import Query, fetch_arxiv
from extract.fetch.client import Client
from extract.fetch.daily_papers import fetch_daily_papers
from extract.fetch.errors import FetchError
from extract.fetch.folder import Folder
from extract.fetch.report import Report

__all__ = ["Client", "FetchError", "Folder", "Query", "Report", "fetch_arxiv", "fetch_daily_papers"]
