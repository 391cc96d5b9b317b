# SPDX-License-Identifier: GPL-2.0-only
"""The project's Python environment holds what the programs in Python need; any Python can begin them."""
import importlib.util
import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def use_environment(program, *packages):
    """Goes on with the environment's Python when this one lacks one of the packages; returns when it has them all."""
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    if not missing:
        return
    python = pathlib.Path(os.environ.get("CGFLOW_PYTHON_ENV", ROOT / "build" / "venv")) / "bin" / "python3"
    if sys.executable == str(python) or not python.exists():
        sys.exit(f"{program}: no {' and '.join(missing)} in {sys.executable}, expected it there or in {python.parent.parent}")
    os.execv(python, [str(python), *sys.argv])
