"""What the documentation shows is what comes out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.blocks import ROOT, PageError, commands, pages, parse, refreshed, run_page, same

README = (ROOT / "README.md").read_text(encoding="utf-8")
# run by tests of their own
ELSEWHERE = {ROOT / "docs" / "queries.md"}
# pages that `make docs` makes; its strict build follows the links to them
GENERATED = {ROOT / "docs" / uri for uri in re.findall(r'"(\S+\.md)": _', (ROOT / "docs" / "site.py").read_text())}


@pytest.mark.parametrize(
    "page", [p for p in pages() if p not in ELSEWHERE], ids=lambda p: p.relative_to(ROOT).as_posix()
)
def test_blocks_run_and_print_what_stands_behind_them(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    if next(parse(text), None) is not None:
        name = page.relative_to(ROOT)
        assert refreshed(text, run_page(page)) == text, f"`make refresh PAGES={name}` writes the outputs anew"


def test_blocks_are_there() -> None:
    assert sum(block.skipped is None for block in parse(README)) >= 4
    kinds = {block.kind for page in pages() for block in parse(page.read_text(encoding="utf-8"))}
    assert kinds >= {"python", "sql", "sh", "console", "json", "toml"}


@pytest.mark.parametrize(
    ("shown", "real", "alike"),
    [
        ("a\n", "a\n\n", True),
        ("a ... d\n", "a b c d\n", True),
        ("a\n...\nd\n", "a\nb\nc\nd\n", True),
        ("a ... d\n", "a b\nd\n", False),
        ("a.c\n", "abc\n", False),
    ],
)
def test_dots_stand_for_anything(shown: str, real: str, alike: bool) -> None:
    assert same(shown, real) == alike


def test_blocks_of_a_page(tmp_path: Path) -> None:
    """Kinds, markers, outputs; and a page whose outputs are wrong is written anew."""
    text = """# Page

```python
x = 1
x + 1
```

```text
3
```

<!-- exit 1 -->
```console
$ echo one \\
  two; false
```

<!-- not run: no such command -->
```sh
no-such-command
```

```sql
SELECT 1 AS one
```
"""
    page = tmp_path / "page.md"
    page.write_text(text)
    python, console, skipped, sql = run = run_page(page)
    assert python[1].text == "2\n" and python[0].output
    assert console[0].status == 1 and commands(console[0].code) == [("echo one \\\n  two; false", "")]
    assert skipped[0].skipped == "no such command"
    assert sql[1].table == {"one": [1]}
    new = refreshed(text, run)
    assert new == text.replace("\n3\n", "\n2\n").replace("two; false\n", "two; false\none two\n")
    page.write_text("```sh\nno-such-command\n```\n\n```python\n1 / 0\n```\n")
    with pytest.raises(PageError, match=r"(?s)line 1: exit status 127.*line 5: .*ZeroDivisionError"):
        refreshed(page.read_text(), run_page(page))
    with pytest.raises(PageError, match="line 2: no marker"):
        list(parse("<!-- not run -->\n```sh\nls\n```\n"))
    with pytest.raises(PageError, match=r"line 2: .* indented"):
        list(parse("- item\n  ```sh\n  ls\n  ```\n"))


@pytest.mark.parametrize("page", [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")], ids=lambda p: p.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        path = (page.parent / target).resolve()
        assert path.exists() or path in GENERATED or path.with_suffix(".ipynb").exists(), target


def test_readme_names_the_commands_that_are_there() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"(?:^|`)make (\w+)", README, re.MULTILINE):
        assert f"\n{target}:" in makefile
