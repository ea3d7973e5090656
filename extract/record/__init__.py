"""The record model: what a record is, derived from ``schema/paper.schema.json`` and from nowhere else."""

from extract.record.arrow import arrow_schema, features
from extract.record.factor import factor
from extract.record.ids import fold_title, paper_id, sha256_text
from extract.record.model import ENTITY_FIELDS, SCHEMA_VERSION, Record
from extract.record.resources import load_schema, schema_folder
from extract.record.tables import TABLES, table_schema

__all__ = [
    "ENTITY_FIELDS",
    "SCHEMA_VERSION",
    "TABLES",
    "Record",
    "arrow_schema",
    "factor",
    "features",
    "fold_title",
    "load_schema",
    "paper_id",
    "schema_folder",
    "sha256_text",
    "table_schema",
]
