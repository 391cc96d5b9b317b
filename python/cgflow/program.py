# SPDX-License-Identifier: GPL-2.0-only
"""The behavior that all programs share: options, `--version`, and errors in one line with exit code 1."""
import argparse
import contextlib
import sys

from .checkout import version
from .errors import ToolError


class ShowVersion(argparse.Action):
    """Looks the version up only when it is asked for."""

    def __init__(self, option_strings, dest, **options):
        super().__init__(option_strings, dest, nargs=0, **options)

    def __call__(self, parser, namespace, values, option_string=None):
        print(f"cgflow {version()}")
        parser.exit()


class Parser(argparse.ArgumentParser):
    """A parser that reports a wrong option in one line."""

    def __init__(self, prog, **options):
        super().__init__(prog=prog, formatter_class=argparse.RawDescriptionHelpFormatter, **options)
        self.add_argument("--version", action=ShowVersion, help="print the version of cgflow and exit")

    def error(self, message):
        self.exit(1, f"{self.prog}: {message}; see {self.prog} --help\n")

    def some_of(self, option, text, allowed):
        """The names in the text of an option, 'A,B', each of which must be allowed."""
        names = text.split(",")
        for name in names:
            if name not in allowed:
                self.error(f"{option}: got '{name}', expected some of {','.join(allowed)}")
        return names

    def from_one(self, option, number):
        """Requires a number of 1 or more."""
        if number < 1:
            self.error(f"{option}: got {number}, expected a number from 1")


@contextlib.contextmanager
def errors_in_one_line(name):
    """Ends the program with one line for an error that its user can correct. Other exceptions are defects and keep their
    traceback."""
    try:
        yield
    except ToolError as error:
        sys.exit(f"{name}: {error}")
    except OSError as error:
        sys.exit(f"{name}: {error.filename}: {error.strerror}" if error.filename else f"{name}: {error}")
