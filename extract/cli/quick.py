"""A quicker start of commands that do little."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from types import ModuleType
from typing import Any

_CLI, _INFO = "spacy.cli", "spacy.cli.info"


def without_spacys_commands() -> None:
    """Keeps ``import spacy`` from importing spaCy's command line, which takes a third of a second and is not used.

    spaCy needs one function of it, ``spacy.info``. Until that is called, a module that holds it stands there instead;
    other modules of the command line can be imported as ever.
    """
    found = importlib.util.find_spec("spacy")
    if "spacy" in sys.modules or found is None or not found.submodule_search_locations:
        return
    cli, info = ModuleType(_CLI), ModuleType(_INFO)
    cli.__path__ = [f"{folder}/cli" for folder in found.submodule_search_locations]
    info.info = _info  # type: ignore[attr-defined]
    sys.modules |= {_CLI: cli, _INFO: info}


def _info(*args: Any, **kwargs: Any) -> Any:
    for name in (_CLI, _INFO):
        sys.modules.pop(name, None)
    return importlib.import_module(_INFO).info(*args, **kwargs)
