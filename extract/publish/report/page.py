"""The page: template, style, scripts, plots and data in one file.

The page's policy (Content-Security-Policy) lets nothing in but its own three texts, known by their hashes, and no
request out: a title that carries markup is text, and a page that somebody opens says so to nobody.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import vl_convert
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

_FOLDER = Path(__file__).resolve().parent
_VEGA_LITE = "6.4"  # the plots' version; vl-convert ships the scripts of several


def render(data: dict[str, Any]) -> str:
    """The report of what :func:`extract.publish.report.data.gather` found; the same data give the same text."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    # the filter `tojson` escapes <, >, &, ' and all that is not ASCII, so that no text can end its script element
    environment.policies["json.dumps_kwargs"] = {"separators": (",", ":"), "allow_nan": False}
    environment.filters["count"] = lambda number: f"{number:,}"
    environment.filters["share"] = lambda number: f"{number:.2f}"
    template = environment.from_string(_read("report.html.jinja"))
    parts = {"style": _read("report.css"), "vega": _vega(), "script": _script()}
    text: str = template.render(
        data=data,
        charts=_charts(),
        policy=_policy(parts),
        **{name: Markup(part) for name, part in parts.items()},
    )
    return text.rstrip() + "\n"


def _policy(parts: dict[str, str]) -> str:
    """Allows the page's own style and scripts, and no other thing."""
    digests = {n: base64.b64encode(hashlib.sha256(t.encode()).digest()).decode() for n, t in parts.items()}
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'sha256-{digests['vega']}' 'sha256-{digests['script']}'",
            f"style-src 'sha256-{digests['style']}'",
            "connect-src 'none'",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def _script() -> str:
    """The page's own scripts as one text."""
    return _inline("\n".join(_read(f"client/{path.name}") for path in sorted((_FOLDER / "client").glob("*.js"))))


def _charts() -> dict[str, Any]:
    return {path.stem: json.loads(path.read_bytes()) for path in sorted((_FOLDER / "charts").glob("*.json"))}


@cache
def _vega() -> str:
    """Vega, Vega-Lite and Vega-Embed, as vl-convert ships them."""
    return _inline(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", vl_version=_VEGA_LITE))


def _read(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def _inline(script: str) -> str:
    """A script that a parser of HTML takes as it is, to its end, so that its hash holds."""
    return re.sub(r"<(?=/?script|!--)", r"\\u003c", script.replace("\r\n", "\n"), flags=re.IGNORECASE)
