# SPDX-License-Identifier: GPL-2.0-only
"""Folders for tests: an empty one, and a copy of the tools with stand-ins for the system's programs that they call. All
tests here import this, which also makes the package python/cgflow known."""
import os
import pathlib
import shutil
import stat
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ.get("CGFLOW_SOURCE_DIR", pathlib.Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(SOURCE / "python"))

# Programs that the set-up asks whether something is installed, with the answers of a machine where everything is.
HEALTHY = {
    "dpkg-query": "printf installed",
    "g++": "echo 12",
    "ninja": "echo 1.11",
    "ccache": "echo 4.7",
    "cmake": 'case "$1" in --version) echo "cmake version 3.25.1";; *) echo "cmake $*" >> "$CALLS";; esac',
    "apt-get": 'echo "apt-get $*" >> "$CALLS"',
    "apt-cache": "exit 0",
    "id": 'if [ "$1" = -u ]; then echo 1000; else echo user; fi',
    "df": 'printf "head\\ndisk 1 1 99000000 1%% /\\n"',
}


class Folder(unittest.TestCase):
    """`self.folder` is an empty folder, with a blank in its path."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="cgflow test "))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def write(self, name, text):
        (self.folder / name).write_text(text)
        return name

    def run_program(self, name, *args, code=0):
        """Runs a Python program of tools/ in the folder; returns its output, or its error, which must be one line."""
        without_screen = {k: v for k, v in os.environ.items() if k != "DISPLAY"}
        done = subprocess.run([sys.executable, str(SOURCE / "tools" / name), *args], cwd=self.folder, env=without_screen, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        if code:
            self.assertEqual((done.stdout, len(done.stderr.splitlines())), ("", 1), done.stderr)
            return done.stderr.strip()
        self.assertEqual(done.stderr, "")
        return done.stdout.strip()


class Sandbox(Folder):
    """`self.tree` is a repository with the real tools and nothing built; `self.stand_in` replaces a program of the
    system."""

    def setUp(self):
        super().setUp()
        self.tree = self.folder / "my repository"
        for part in ("tools", "python"):
            shutil.copytree(SOURCE / part, self.tree / part, ignore=shutil.ignore_patterns("__pycache__"))
        self.programs = self.folder / "programs"
        self.programs.mkdir()
        self.calls = self.folder / "calls"
        for name, text in HEALTHY.items():
            self.stand_in(name, text)

    def stand_in(self, name, text):
        path = self.programs / name
        path.write_text("#!/bin/sh\n" + text + "\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
        return path

    def run_tool(self, name, *args, environment=None, timeout=120):
        """Runs a tool of the copy; returns (exit code, output)."""
        clean = {k: v for k, v in os.environ.items() if not k.startswith("CGFLOW_")}
        clean.update(PATH=f"{self.programs}:{clean['PATH']}", CALLS=str(self.calls), **(environment or {}))
        done = subprocess.run([str(self.tree / "tools" / name), *args], env=clean, cwd=self.folder, timeout=timeout,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True)
        return done.returncode, done.stdout

    def called(self):
        return self.calls.read_text() if self.calls.exists() else ""
