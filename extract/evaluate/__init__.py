"""Evaluate: precision, recall and F1 of records against annotations."""

from extract.evaluate.gold import GoldError, load_gold
from extract.evaluate.measure import Quality, evaluate

__all__ = ["GoldError", "Quality", "evaluate", "load_gold"]
