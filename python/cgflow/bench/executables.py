# SPDX-License-Identifier: GPL-2.0-only
"""Where the programs of tests/bench lie, and how one is run."""
import json
import os
import pathlib
import subprocess
import tempfile

from ..checkout import build_folder, python_environment
from ..errors import ToolError


def environment():
    """One thread each, as one rank a core is the parallel mode; the plugin where a script uses its styles."""
    return {**os.environ, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "LAMMPS_PLUGIN_PATH": str(build_folder() / "plugin"),
            "MPIR_CVAR_CH4_PROGRESS_THROTTLE": "1", "MPIR_CVAR_CH4_PROGRESS_THROTTLE_NO_PROGRESS_COUNT": "10"}


def program(name):
    """A program of tests/bench, by its target's name."""
    path = build_folder() / "tests" / "bench" / name
    if not path.is_file():
        raise ToolError(f"no program {path}; build it with: tools/setup --target {name}")
    return path


def launcher():
    path = python_environment() / "bin" / "mpiexec"
    if not path.is_file():
        raise ToolError(f"no {path}; run tools/setup")
    return path


def run(command, cwd=None, env=None):
    """Its text; ends with its last lines when it fails."""
    command = list(map(str, command))
    done = subprocess.run(command, cwd=cwd, env=env or environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise ToolError(f"{' '.join(command)} failed with code {done.returncode}:\n{done.stdout[-2000:]}")
    return done.stdout


def rows_of(command, cwd=None, env=None):
    """What it writes with --json: {row: {figure: number}}."""
    with tempfile.TemporaryDirectory(prefix="cgflow-bench-") as folder:
        path = pathlib.Path(folder) / "rows.json"
        run([*command, "--json", path], cwd, env)
        return json.loads(path.read_text())
