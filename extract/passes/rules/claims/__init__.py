"""The claims pass: speedups and results with all their fields, found by rules over quantities.

The way of a text: :mod:`.reading` (tokens without markup), :mod:`.quantities` (numbers with their units,
ranges, lists), :mod:`.cues` (the words that say what a number means), :mod:`.grammar` (the constructions that
tie a number to its topic), :mod:`.verdict` (the decision table over them), :mod:`.features` (all rules that
fire, by name), :mod:`.linear` (small log-linear models over the rules), :mod:`.slots`, :mod:`.names` and
:mod:`.baselines` (candidates for the fields), :mod:`.fields` (bound, unit, hardware, phase, evidence), :mod:`.rows`
(the claims). :mod:`.components` gives it to spaCy; :mod:`.training` makes the weights.
"""

from extract.passes.rules.claims.model import Claim

__all__ = ["Claim"]
