# SPDX-License-Identifier: GPL-2.0-only
"""All shell programs of the repository: they parse, are executable, answer --help, and refuse unknown options."""
import os
import shutil
import subprocess
import unittest

from sandbox import SOURCE, Sandbox

PROGRAMS = sorted(p for folder in ("tools", ".ci") for p in (SOURCE / folder).iterdir()
                  if p.is_file() and p.read_bytes()[:40].splitlines()[:1] in ([b"#!/usr/bin/env bash"], [b"#!/bin/bash"]))
SHELL_FILES = PROGRAMS + sorted((SOURCE / "tools" / "parts").glob("*.sh"))


class Scripts(unittest.TestCase):
    def test_all_are_found(self):
        self.assertLessEqual({"demo", "test", "setup", "lmp", "run"}, {p.name for p in PROGRAMS})

    def test_they_parse(self):
        for path in SHELL_FILES:
            done = subprocess.run(["bash", "-n", str(path)], capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stderr), (0, ""), path)

    def test_they_are_executable(self):
        for path in PROGRAMS:
            self.assertTrue(os.access(path, os.X_OK), path)

    @unittest.skipUnless(shutil.which("shellcheck"), "shellcheck is not installed")
    def test_shellcheck_finds_nothing(self):
        done = subprocess.run(["shellcheck", "-x", *map(str, PROGRAMS)], capture_output=True, text=True, cwd=SOURCE)
        self.assertEqual(done.stdout, "")

    def test_every_pin_is_exact(self):
        lines = (SOURCE / "python" / "requirements.txt").read_text().splitlines()
        pins = [line for line in lines if line and not line.startswith("#")]
        self.assertGreater(len(pins), 5)
        for pin in pins:
            self.assertRegex(pin, r"^[a-z0-9-]+==[0-9][0-9.]*$")


class Options(Sandbox):
    def test_help_and_unknown_options(self):
        for name in ("demo", "test", "setup", "test-package"):
            code, text = self.run_tool(name, "--help")
            self.assertEqual(code, 0, text)
            self.assertTrue(text.startswith(f"tools/{name} ["), text)
        for args, pattern in ((["--fast"], "unknown option '--fast'; allowed are -np N, --seed N, --fresh, --help"),
                              (["-np", "x"], "-np needs a whole number, 1 to 999999999, but got 'x'"),
                              (["--seed"], "--seed needs a whole number, 1 to 999999999, but got 'nothing'")):
            code, text = self.run_tool("demo", *args)
            self.assertEqual(code, 1, text)
            self.assertIn(pattern, text)
        self.assertEqual(self.called(), "", "nothing starts before all options are checked")


if __name__ == "__main__":
    unittest.main()
