"""glean: paper abstracts in, a structured, validated, citable dataset out."""

__version__ = "0.1.0"
