"""Coverage-guided fuzzing: ``python tests/fuzz/run.py FORM [--seconds N] [FOLDER]``.

FORM is one of ``extract.read.forms.FORMS``, or

``places``    whole files: compression, archives, recognition (``read_place``)
``entry``     entries made by hand, as YAML and as JSON
``auto``      recognition, and the reader that it leads to
``pipeline``  hostile titles and abstracts: what the passes make of them, and how they are shown
``release``   a release of hostile papers, in files whose names are hostile too

What ``tests/fuzz/checks.py`` and ``tests/fuzz/pipeline.py`` demand is checked for every input. FOLDER keeps the corpus
between runs. An input that breaks a check ends the run, and lies in ``tests/fuzz/cases/FORM/`` then: once it is mended,
it is kept there as a test (``tests/test_fuzz_cases.py``), made as small as it can be and named after what was wrong.
"""

from __future__ import annotations

import argparse
import gzip
import lzma
import random
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

import atheris  # type: ignore[import-not-found]  # noqa: E402

_INSTRUMENTED = [
    "extract.read",
    "extract.prepare",
    "extract.passes",
    "extract.assemble",
    "extract.validate",
    "extract.curate",
    "extract.record",
    "extract.publish",
    "bibtexparser",
    "tarfile",
    "zipfile",
]

with atheris.instrument_imports(include=_INSTRUMENTED, enable_loader_override=False):
    import tarfile  # noqa: F401  (what is imported later is not instrumented)
    import zipfile  # noqa: F401

    import bibtexparser.splitter  # noqa: F401

    import extract.assemble
    import extract.passes  # noqa: F401
    from tests.fuzz import checks, pipeline
from tests.fuzz.pieces import PAPER, PART, PIECES, TEXTS  # noqa: E402
from tests.fuzz.seeds import SEEDS, TOKENS, tarred, zipped, zstd  # noqa: E402

_HANG = 30  # seconds after which libFuzzer ends an input of readers that does not come to an end
_HANG_OF_TEXT = 300  # and one of the pipeline, which instruments slow down; its own limits are of processor time

_WRAPPERS: tuple[Callable[[bytes], bytes], ...] = (
    lambda data: gzip.compress(data, 1, mtime=0),
    lambda data: lzma.compress(data, preset=0),
    zstd,
    lambda data: zipped({"a": data, "b.csv": data[::2]}),
    lambda data: tarred({"a": data, "b.csv": data[::2]}),
)


def mutated(form: str, data: bytes, most: int, seed: int) -> bytes:
    """Another input: libFuzzer's own change; or a token put in, a piece repeated often, a wrapper around it."""
    chance = random.Random(seed)
    kind = chance.random()
    if kind < 0.6 or not data:
        changed: bytes = atheris.Mutate(data, most)
        return changed
    at = chance.randrange(len(data) + 1)
    if kind < 0.85:
        token = chance.choice(TOKENS)
        gone = chance.choice((0, 0, 1, len(token), chance.randrange(40)))
        data = data[:at] + token + data[at + gone :]
    elif kind < 0.93:
        end = min(len(data), at + chance.choice((1, 2, 3, 8, 40, 200)))
        piece = data[at:end] or chance.choice(TOKENS)
        if chance.random() < 0.5:
            piece += chance.choice(TOKENS)
        size = chance.choice((16, 80, 300, 1_000, most if chance.random() < 0.05 else 3_000))
        data = data[:end] + piece * (size // len(piece)) + data[end:]
    elif form == "places":
        data = chance.choice(_WRAPPERS)(data)
    else:
        other = chance.choice(SEEDS[form])
        data = data[:at] + other[chance.randrange(len(other)) :]
    return data[:most]


def mutated_text(data: bytes, most: int, seed: int) -> bytes:
    """Another case of texts: pieces put in, taken out or repeated, another paper's text; seldom libFuzzer's change."""
    chance = random.Random(seed)
    text = data.decode("utf-8", "surrogateescape")
    at = chance.randrange(len(text) + 1)
    kind = chance.random()
    if kind < 0.1:
        changed: bytes = atheris.Mutate(data, most)
        return changed
    if kind < 0.7:
        pieces = chance.choices(PIECES, k=chance.choice((1, 1, 2, 3, 8)))
        glue = chance.choice(("", " ", " "))
        gone = chance.choice((0, 0, 0, 1, 5, 30))
        text = text[:at] + glue + glue.join(pieces) + glue + text[at + gone :]
    elif kind < 0.8:
        end = at + chance.choice((1, 3, 10, 40))
        text = text[:end] + text[at:end] * chance.choice((1, 2, 10, 100)) + text[end:]
    elif kind < 0.9:
        text = text[:at] + text[at + chance.choice((1, 3, 10, 100)) :]
    else:
        text = text[:at] + chance.choice(("", PART, PAPER)) + chance.choice(TEXTS).decode() + text[at:]
    # a cut may part a character: what is left of it is a byte that is not UTF-8
    return text.encode("utf-8", "surrogateescape")[:most]


def main() -> None:
    """Fuzzes one form."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("form", choices=(*checks.NAMES, *pipeline.NAMES))
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("corpus", nargs="?", type=Path, help="folder that keeps the corpus between runs")
    options = parser.parse_intermixed_args()
    form: str = options.form
    is_text = form in pipeline.NAMES
    check = pipeline.check if is_text else checks.check
    most, hang = (pipeline.MAX_BYTES, _HANG_OF_TEXT) if is_text else (checks.MAX_BYTES, _HANG)

    if is_text:
        check(form, TEXTS[0])  # what is loaded once is no input's time
    cases = HERE / "cases" / form
    cases.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        seeds = Path(folder)
        for number, data in enumerate(TEXTS if is_text else SEEDS[form]):
            (seeds / str(number)).write_bytes(data)
        if options.corpus:
            options.corpus.mkdir(parents=True, exist_ok=True)
        arguments = [
            sys.argv[0],
            *([str(options.corpus)] if options.corpus else []),
            str(seeds),
            str(cases),
            f"-max_total_time={options.seconds}",
            f"-max_len={most}",
            f"-timeout={hang}",
            f"-report_slow_units={hang}",  # else each is kept as a case
            "-rss_limit_mb=3000",
            f"-artifact_prefix={cases}/",
            "-print_final_stats=1",
        ]
        atheris.Setup(
            arguments,
            lambda data: check(form, data),
            custom_mutator=lambda data, most, seed: (
                mutated_text(data, most, seed) if is_text else mutated(form, data, most, seed)
            ),
        )
        atheris.Fuzz()


if __name__ == "__main__":
    main()
