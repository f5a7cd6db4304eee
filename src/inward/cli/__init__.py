"""The command: parses, calls, prints."""

import sys

import typer

from inward.cli import data, demo, doctor, inspect, serve, train
from inward.cli.app import INTERRUPTED, app, fail
from inward.errors import InwardError

for _command in (demo.demo, data.data, train.train, inspect.inspect, doctor.doctor, serve.serve):
    app.command()(_command)


def main(arguments: list[str] | None = None) -> None:
    """Run the command; a user's mistake is one line and exit code 2."""
    try:
        code = app(arguments or sys.argv[1:] or ["--help"], standalone_mode=False)
    except InwardError as error:
        fail(str(error), 2)
    except typer.TyperException as error:
        fail(error.format_message(), 2)
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    except BrokenPipeError:
        sys.exit(1)
    except OSError as error:
        fail(f"{error.filename or 'the system'}: {error.strerror or error}", 2)
    except MemoryError:
        fail("out of memory; use fewer images or steps", 2)
    if code == INTERRUPTED:  # Typer makes this of Ctrl-C
        fail("interrupted; what was there before is as it was", INTERRUPTED)
    sys.exit(code if isinstance(code, int) else 0)
