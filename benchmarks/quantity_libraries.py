"""What libraries for quantities and number words find of the annotated numbers, beside glean's own rules.

pip install quantulum3 text2num word2number numerizer
python benchmarks/quantity_libraries.py PAPERS GOLD

For each: in how many annotated rows the number (within 1 %) is among what is found inside the row's evidence (the
evidence is given to the library by itself, so that it cannot miss the place), and how many quantities it finds in all
the abstracts. None but glean says what a number means, so that there is nothing more to compare.
"""

from __future__ import annotations

import argparse
import contextlib
import re
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path

from extract.evaluate.gold import load_gold
from extract.passes.ner.data import read_texts
from extract.passes.rules.claims.quantities import quantities
from extract.passes.rules.claims.reading import Reading
from extract.prepare import blank, make_doc

Numbers = Callable[[str], Iterable[float]]


def glean_rules() -> Numbers:
    nlp = blank()

    def find(text: str) -> Iterable[float]:
        r = Reading(make_doc(nlp, "", text))
        for begin, end in r.sentences:
            for q in quantities(r, begin, end):
                yield q.value
                if q.value_high is not None:
                    yield q.value_high

    return find


def quantulum() -> Numbers:
    from quantulum3 import classifier, parser

    classifier.USE_CLF = False  # its classifier is pickled for one version of scikit-learn; its rules serve without

    return lambda text: [float(q.value) for q in parser.parse(text)]


def numerized() -> Numbers:
    from numerizer import numerize

    return lambda text: _digits(numerize(text))


def text_to_num() -> Numbers:
    from text_to_num import alpha2digit

    return lambda text: _digits(alpha2digit(text, "en"))


def words_to_number() -> Numbers:
    from word2number import w2n

    def find(text: str) -> Iterable[float]:
        found = _digits(text)
        with contextlib.suppress(ValueError, IndexError):
            found.append(float(w2n.word_to_num(re.sub(r"[^a-z -]", " ", text.lower()))))
        return found

    return find


def _digits(text: str) -> list[float]:
    return [float(number.replace(",", "")) for number in re.findall(r"\d[\d,]*(?:\.\d+)?", text)]


FINDERS: dict[str, Callable[[], Numbers]] = {
    "glean's rules": glean_rules,
    "quantulum3": quantulum,
    "numerizer + digits": numerized,
    "text2num + digits": text_to_num,
    "word2number + digits": words_to_number,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("papers", type=Path)
    parser.add_argument("gold", type=Path)
    args = parser.parse_args()
    warnings.filterwarnings("ignore")
    texts, gold = read_texts(args.papers), load_gold(args.gold)
    rows = [row for entry in gold.values() for row in (*entry["speedups"], *entry["results"])]
    print(f"{len(gold)} papers, {len(rows)} rows")
    for name, make in FINDERS.items():
        try:
            find = make()
        except ImportError as error:
            print(f"{name:22} not installed ({error.name})")
            continue
        low = high = ranges = failed = 0
        for row in rows:
            try:
                found = list(find(row["evidence"]))
            except Exception:  # a library that fails on a text has not found its number
                found, failed = [], failed + 1
            near = [v for v in (row["value"], row.get("value_high")) if v is not None]
            hits = [any(abs(v - x) <= 0.01 * abs(v) for x in found) for v in near]
            low += hits[0]
            ranges += len(near) == 2
            high += all(hits) and len(near) == 2
        total = 0
        for pid in gold:
            try:
                total += len(list(find(texts[pid][1])))
            except Exception:
                failed += 1
        print(
            f"{name:22} {low:4} of {len(rows)} rows, {high:3} of {ranges} ranges; {total:6} in all; {failed} failures"
        )


if __name__ == "__main__":
    main()
