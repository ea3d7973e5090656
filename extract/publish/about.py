"""What card and Croissant file say alike: names, licence, keywords, citation."""

from __future__ import annotations

NAME = "glean"
TITLE = "glean: what papers state in their abstracts, as data"
AUTHOR = "The glean authors"
LICENCE = "cc0-1.0"
LICENCE_URL = "https://creativecommons.org/publicdomain/zero/1.0/"
LANGUAGE = "en"
KEYWORDS = ("information-extraction", "scientific-papers", "leaderboards", "speedups", "meta-research")


def plain(text: object) -> str:
    """A text in one line of printable characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in str(text)).split())


def citation(version: str) -> str:
    """The BibTeX entry of a release."""
    shown = plain(version).translate({ord(c): None for c in "\\{}"})  # these would end the entry's field
    fields = {"title": TITLE, "author": f"{{{AUTHOR}}}", "version": shown, "note": "Data set, CC0-1.0"}
    return "@misc{glean,\n" + ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items()) + "\n}"
