"""The command ``glean``. Commands are imported when they are called, so that help is instant."""

from __future__ import annotations

import errno
import importlib
import sys
from typing import Any, NoReturn

import click

import extract

# name -> (module, one-line help); the module defines `command`
COMMANDS = {
    "fetch": "Download papers' metadata from Daily Papers or arXiv.",
    "build": "Read, extract, validate, publish: a whole release.",
    "extract": "Records as JSON Lines on standard output.",
    "validate": "Check JSON, JSON Lines, Parquet or release folders against the schema.",
    "new": "A template for an entry made by hand.",
    "report": "The HTML report of a release: plots, tables, every record.",
    "push": "Upload a release to the Hugging Face Hub.",
    "show": "A paper in its own text: names and claims coloured, all fields below.",
    "diff": "What changed between two releases.",
    "evaluate": "Precision, recall and F1 against annotations.",
    "train": "Train the NER pass and the scores from annotations.",
}


class Failure(click.ClickException):
    """The data has errors: one line on standard error, exit status 1."""

    exit_code = 1

    def show(self, file: Any = None) -> None:
        """Prints the line."""
        click.echo(f"glean: {printable(self.message)}", err=True)


def printable(text: str) -> str:
    """``text`` in one line, without control characters that a terminal would obey."""
    return "".join(c if c.isprintable() else " " for c in text)


def wrong_call(message: str) -> NoReturn:
    """Ends the command with exit status 2 and one line."""
    raise click.UsageError(message)


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"extract.cli.{name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(extract.__version__, prog_name="glean")
def cli() -> None:
    """Turns paper abstracts into a structured, validated, citable dataset."""


def main() -> None:
    """Runs the command: exit status 0 done, 1 the data has errors, 2 the call is wrong."""
    try:
        cli.main(prog_name="glean", standalone_mode=False)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.UsageError as error:
        hint = f" (see '{error.ctx.command_path} --help')" if error.ctx else ""
        click.echo(f"glean: {printable(error.format_message())}{hint}", err=True)
        sys.exit(2)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("glean: stopped", err=True)
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output has gone: nothing to say
        sys.exit(0)
    except Exception as error:
        if not _is_one_line(error):
            raise
        click.echo(f"glean: {printable(str(error))}", err=True)
        sys.exit(1)


# errors whose message is one line, whatever the command: the model is not the known one, processes cannot be had
_ONE_LINE = {"extract.passes.ner.model": "ModelError", "extract.run.engines.local": "RunError"}


_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def _is_one_line(error: Exception) -> bool:
    """Whether an error is for people as it is; the modules take a second to import, so they are not."""
    if isinstance(error, OSError) and error.errno in _FULL:  # wherever it happens, temporary files among it
        return True
    modules = {name: sys.modules.get(name) for name in _ONE_LINE}
    return any(isinstance(error, getattr(module, _ONE_LINE[name])) for name, module in modules.items() if module)
