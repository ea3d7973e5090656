"""The NER pass: a trained spaCy ``ner`` component for METHOD, TASK, DATASET and METRIC.

The model is packaged (``trained/``): floret vectors, a convolutional encoder, a transition-based tagger, and a network
that scores tokens (:mod:`extract.passes.ner.scores`). It is made by ``glean train``
(:mod:`extract.passes.ner.training`); ``config.cfg`` says how.
"""

from extract.passes.ner.model import MODEL, load_ner, model_name

__all__ = ["MODEL", "load_ner", "model_name"]
