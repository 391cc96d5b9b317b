# SPDX-License-Identifier: GPL-2.0-only
"""The folder tools/ and the Python package behind its programs: what a user finds there, and that the programs run from a
checkout."""
import os
import re
import subprocess
import sys
import unittest

from sandbox import SOURCE, Sandbox

SHELL = {"demo", "lmp", "setup", "test", "test-kill", "test-malformed", "test-package", "test-sanitized"}
PYTHON = {"bench", "compare", "compare-pmf", "import-molecule", "install-package", "plot-pmf"}


def run(*command, **options):
    """(exit code, its text)"""
    done = subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    return done.returncode, done.stdout


class Tools(unittest.TestCase):
    def test_the_folder_holds_programs_for_users_and_their_parts_alone(self):
        self.assertEqual({path.name for path in (SOURCE / "tools").iterdir()}, SHELL | PYTHON | {"parts"})
        for name in SHELL | PYTHON:
            self.assertTrue(os.access(SOURCE / "tools" / name, os.X_OK), name)

    def test_each_module_of_programs_has_its_starter(self):
        modules = {path.stem for path in (SOURCE / "python" / "cgflow" / "programs").glob("*.py")} - {"__init__"}
        self.assertEqual(modules, {name.replace("-", "_") for name in PYTHON})

    def test_each_answers_help(self):
        for name in (SHELL | PYTHON) - {"lmp"}:    # all arguments of lmp are LAMMPS' own
            code, text = run(SOURCE / "tools" / name, "--help")
            self.assertEqual(code, 0, text)
            self.assertRegex(text, rf"^(usage: |tools/){name} ", name)
            self.assertTrue(text.isascii(), name)

    def test_the_version_is_that_of_the_build(self):
        version = re.search(r"project\(cgflow VERSION (\S+)", (SOURCE / "CMakeLists.txt").read_text())[1]
        for name in PYTHON:
            self.assertEqual(run(SOURCE / "tools" / name, "--version"), (0, f"cgflow {version}\n"))


class Anywhere(Sandbox):
    def test_programs_run_through_links_and_leave_nothing_behind(self):
        links = [self.folder / "a link", self.folder / "its link"]
        environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH")}
        for name in PYTHON:
            links[0].symlink_to(self.tree / "tools" / name)
            links[1].symlink_to(links[0])
            code, text = run(sys.executable, links[1], "--help", cwd=self.programs, env=environment)
            self.assertEqual(code, 0, text)
            for link in links:
                link.unlink()
        self.assertEqual(sorted(self.tree.rglob("__pycache__")), [])


class Package(unittest.TestCase):
    def test_the_package_imports_no_more_than_it_needs(self):
        script = ("import sys; sys.path.insert(0, sys.argv[1]); import cgflow, cgflow.pmf, cgflow.compare, cgflow.programs; "
                  "print([m for m in ('numpy', 'matplotlib', 'argparse') if m in sys.modules])")
        self.assertEqual(run(sys.executable, "-c", script, SOURCE / "python"), (0, "[]\n"))

    def test_every_module_can_be_imported_without_effect(self):
        script = """
import importlib, pathlib, pkgutil, sys
sys.path.insert(0, sys.argv[1])
import cgflow
for module in pkgutil.walk_packages(cgflow.__path__, "cgflow."):
    importlib.import_module(module.name)
    print(module.name)
import matplotlib
print(matplotlib.rcParams["svg.hashsalt"], "matplotlib.pyplot" in sys.modules)
"""
        code, text = run(sys.executable, "-c", script, SOURCE / "python")
        self.assertEqual(code, 0, text)
        self.assertGreater(len(text.splitlines()), 30)
        self.assertEqual(text.splitlines()[-1], "None False", "no module sets matplotlib up for all of the process")


if __name__ == "__main__":
    unittest.main()
