"""The NER pass: a trained spaCy ``ner`` component for METHOD, TASK, DATASET and METRIC.

The model is packaged (``model/``): floret vectors, a convolutional encoder and a transition-based tagger. It is
made by ``glean train`` (:mod:`extract.passes.ner.training`); ``config.cfg`` says how.
"""

from extract.passes.ner.model import MODEL, load_ner, model_name

__all__ = ["MODEL", "load_ner", "model_name"]
