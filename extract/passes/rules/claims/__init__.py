"""The claims pass: speedups and results with all their fields, found by rules over quantities.

The way of a text: :mod:`.reading` (tokens without markup) → :mod:`.quantities` (numbers with their units,
ranges, lists) → :mod:`.cues` (the words that say what a number means) → :mod:`.features` (which rules fire
for a quantity) → :mod:`.linear` (small log-linear models over the rules, trained by :mod:`.training`) →
:mod:`.slots` (method, baseline, metric, dataset) → :mod:`.rows` (the claims). :mod:`.components` gives it all to
spaCy.
"""

from extract.passes.rules.claims.model import Claim

__all__ = ["Claim"]
