# SPDX-License-Identifier: GPL-2.0-only
"""The programs of tests/bench: their places, their environment, and how they are run."""
import json
import os
import pathlib
import subprocess
import tempfile

from ..checkout import build_folder, python_environment
from ..errors import ToolError


def environment():
    """Environment of a program: one thread, since the parallel mode is one rank per core, and the path of the plugin.
    Waiting ranks yield, as with tools/lmp."""
    return {**os.environ, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "LAMMPS_PLUGIN_PATH": str(build_folder() / "plugin"),
            "MPIR_CVAR_CH4_PROGRESS_THROTTLE": "1", "MPIR_CVAR_CH4_PROGRESS_THROTTLE_NO_PROGRESS_COUNT": "10"}


def program(name):
    """Path of a program of tests/bench, by the name of its build target."""
    path = build_folder() / "tests" / "bench" / name
    if not path.is_file():
        raise ToolError(f"no program {path}; build it with: tools/setup --target {name}")
    return path


def launcher():
    """Path of mpiexec."""
    path = python_environment() / "bin" / "mpiexec"
    if not path.is_file():
        raise ToolError(f"no {path}; run tools/setup")
    return path


def run(command, cwd=None, env=None, title=None):
    """Runs a command and returns its output. A failure is an error with its last lines; `title` names the command there."""
    command = list(map(str, command))
    done = subprocess.run(command, cwd=cwd, env=env or environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise ToolError(f"{title or ' '.join(command)} failed with code {done.returncode}:\n{done.stdout[-2000:]}")
    return done.stdout


def rows_of(command, cwd=None, env=None):
    """{row: {figure: number}} that a command writes with --json."""
    with tempfile.TemporaryDirectory(prefix="cgflow-bench-") as folder:
        path = pathlib.Path(folder) / "rows.json"
        run([*command, "--json", path], cwd, env)
        return json.loads(path.read_text())
