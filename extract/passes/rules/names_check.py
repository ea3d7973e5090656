"""``python -m extract.passes.rules.names_check``: checks the curated table of well-known names, the folder ``names``.

Schema, one thing a line, order, aliases that two things share, things with one ``entity_id``, everyday words. A sound
table is then prepared for a quick start (``prepared.json``).
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from jsonschema import Draft202012Validator

from extract.passes.rules.names_table import (
    FILES,
    FOLDER,
    PREPARED,
    entity_of,
    load_table,
    prepare,
    read_entries,
    variants,
)
from extract.record.ids import entity_slug
from extract.record.resources import PACKAGE, load_schema, load_toml

_ONE_LINE = re.compile(r'  \["(?:[^"\\]|\\.)+"(?:, "(?:[^"\\]|\\.)+")*\],')
_JOINT = re.compile(r"(?<!\d)-|-(?!\d)")


def folded(alias: str) -> str:
    """An alias without case, accents, joints and plural: two lines that meet here name the same thing, or clash."""
    return _JOINT.sub("", entity_slug(alias))


def clashes(table: Mapping[str, Iterable[Sequence[str]]], allowed: Iterable[Sequence[str]] = ()) -> list[str]:
    """Aliases that two lines share, as written or folded, and lines with one ``entity_id``.

    Args:
        table: the table.
        allowed: groups of aliases that may meet when folded, because their case tells them apart.
    """
    faults = []
    ids: dict[tuple[str, str], list[str]] = defaultdict(list)
    owners: dict[str, set[tuple[str, str]]] = defaultdict(set)
    written: dict[str, set[str]] = defaultdict(set)
    for kind, lines in table.items():
        for aliases in lines:
            entity = entity_of(kind, aliases)
            ids[entity].append(aliases[0])
            for alias in aliases:
                for form in variants(alias):
                    owners[folded(form)].add(entity)
                    written[folded(form)].add(alias)
    for entity, firsts in ids.items():
        if len(firsts) > 1:
            faults.append(f"one entity_id, {entity[1]}: {', '.join(firsts)}")
    groups = [set(group) for group in allowed]
    for key, entities in owners.items():
        if len(entities) > 1 and not any(written[key] <= group for group in groups):
            faults.append(f"one name, {sorted(written[key])}: {', '.join(sorted(e[1] for e in entities))}")
    return faults


def everyday(table: Mapping[str, Iterable[Sequence[str]]], allowed: Iterable[str], never: Iterable[str]) -> list[str]:
    """Aliases that are plain words: a single word in small letters that nobody has looked at, or an everyday word.

    Args:
        table: the table.
        allowed: single words in small letters that have been looked at.
        never: everyday words, which are no alias in small letters or with one capital.
    """
    known, words = set(allowed), set(never)
    faults = []
    for lines in table.values():
        for aliases in lines:
            for alias in aliases:
                if re.fullmatch(r"[A-Z]?[a-z]+", alias) and alias.casefold() in words:
                    faults.append(f"an everyday word: {alias!r}")
                elif re.fullmatch(r"[a-z]+", alias) and alias not in known:
                    faults.append(f"a plain word nobody has looked at (exceptions.toml): {alias!r}")
    return faults


def check() -> list[str]:
    """The faults of the curated table: schema, lines, order, clashes, everyday words; none if it is sound."""
    exceptions = load_toml(f"{FOLDER}/exceptions.toml")
    validator = Draft202012Validator(load_schema("names"))
    faults = [f"exceptions: {e.json_path}: {e.message}" for e in validator.iter_errors(exceptions)]
    for file in FILES:
        text = (PACKAGE / FOLDER / f"{file}.toml").read_text(encoding="utf-8")
        data = tomllib.loads(text)
        faults += [f"{file}: {error.json_path}: {error.message}" for error in validator.iter_errors(data)]
        if list(data) != [file[:-1]]:
            faults.append(f"{file}: holds {list(data)}, not {file[:-1]}")
            continue
        lines = [line for line in text.splitlines() if line.startswith(" ")]
        faults += [f"{file}: not one thing a line: {line[:60]}" for line in lines if not _ONE_LINE.fullmatch(line)]
        firsts = [aliases[0] for aliases in data[file[:-1]]]
        if len(lines) != len(firsts) or firsts != sorted(firsts, key=lambda name: (name.casefold(), name)):
            faults.append(f"{file}: not sorted, one thing a line")
    entries = read_entries()
    faults += clashes(entries, [group["names"] for group in exceptions["clash"]])
    looked_at = [word for group in exceptions["word"] for word in group["names"]]
    return faults + everyday(entries, looked_at, exceptions["never"])


def as_text(made: Mapping[str, Any]) -> str:
    """The prepared table as its file has it."""
    return json.dumps(made, ensure_ascii=False, separators=(",", ":")) + "\n"


def main() -> int:
    """Prints the faults of the table, or how many things and aliases it holds; prepares a sound one."""
    faults = check()
    for fault in faults:
        print(fault, file=sys.stderr)
    if not faults:
        PREPARED.write_text(as_text(prepare()), encoding="utf-8")
    sizes = {kind: [len(lines), sum(map(len, lines))] for kind, lines in load_table().entries.items()}
    print(json.dumps({"things_aliases": sizes, "forms": len(load_table().names), "faults": len(faults)}))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
