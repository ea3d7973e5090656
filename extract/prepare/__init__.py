"""Prepare text: tokens, their normal forms and sentence boundaries.

Preparation never rewrites a text. A paper becomes one spaCy ``Doc`` whose text is the paper's own,
character by character; what LaTeX, Unicode or a lost blank hides is told by the tokens' boundaries and
by their ``norm_`` (``\\times``, ``×`` and a ``times`` glued to a number all have the norm ``×``). The
tokens are the map from the normal forms back to the text.
"""

from extract.prepare.blank import blank
from extract.prepare.fields import make_doc, make_text, to_field
from extract.prepare.language import language_of
from extract.prepare.tokenizer import Tokenizer

__all__ = ["Tokenizer", "blank", "language_of", "make_doc", "make_text", "to_field"]
