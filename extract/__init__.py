"""glean: paper abstracts in, a structured, validated, citable dataset out.

>>> import extract
>>> record = extract.extract("FastFoo: Faster Decoding", "We propose FastFoo, which is 2x faster than Bar.")
>>> record["speedups"][0]["factor"]
2.0
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from extract.validate import validate

__version__ = "0.1.0"

if TYPE_CHECKING:
    from extract.api import extract, extract_all, pipeline
    from extract.publish import attach_text
    from extract.publish.diff import diff
    from extract.record.migrate import migrate
    from extract.record.model import Record
    from extract.run.whole import build

__all__ = [
    "Record",
    "__version__",
    "attach_text",
    "build",
    "diff",
    "extract",
    "extract_all",
    "migrate",
    "pipeline",
    "validate",
]

# spaCy takes a second to import, so names are looked up when they are first used (PEP 562).
_WHERE = {
    "build": "extract.run.whole",
    "extract": "extract.api",
    "extract_all": "extract.api",
    "pipeline": "extract.api",
    "attach_text": "extract.publish",
    "Record": "extract.record.model",
    "diff": "extract.publish.diff",
    "migrate": "extract.record.migrate",
}


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        from importlib import import_module

        value = getattr(import_module(_WHERE[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'extract' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
