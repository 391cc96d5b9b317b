# SPDX-License-Identifier: GPL-2.0-only
"""tools/install-package on a stand-in for LAMMPS' tree: the files that it adds and removes, and those that it never
touches."""
import hashlib
import shutil
import subprocess
import sys
import unittest

from sandbox import SOURCE, Folder

CMAKE = "cmake_minimum_required(VERSION 3.16)\nproject(lammps CXX)\nset(SOVERSION 0)\n"
LINE = 'include("${CMAKE_CURRENT_SOURCE_DIR}/../src/USER-CGFLOW/lammps_package.cmake")'


class Tree(Folder):
    def setUp(self):
        super().setUp()
        self.lammps = self.folder / "my lammps"
        for name, text in {"cmake/CMakeLists.txt": CMAKE, "src/version.h": '#define LAMMPS_VERSION "4 Feb 2025"\n',
                           "src/MC/fix_gcmc.h": "theirs\n", "lib/README": "theirs\n"}.items():
            path = self.lammps / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        # A copy of parts of the repository that a test can change.
        self.source = self.folder / "cgflow"
        for part in ("src/USER-CGFLOW", "lib/cgflow", "python/cgflow"):
            shutil.copytree(SOURCE / part, self.source / part)
        (self.source / "tools").mkdir()
        shutil.copy(SOURCE / "tools" / "install-package", self.source / "tools")

    def run_it(self, *args, code=0):
        done = subprocess.run([sys.executable, str(self.source / "tools" / "install-package"), *map(str, args)], cwd=self.folder,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.assertEqual(done.returncode, code, done.stdout)
        self.assertNotIn("Traceback", done.stdout)
        return done.stdout

    def state(self):
        """{path: (digest, time of change)} of the tree; None for a folder."""
        return {p.relative_to(self.lammps).as_posix(): (hashlib.sha256(p.read_bytes()).hexdigest(), p.stat().st_mtime_ns)
                if p.is_file() else None for p in self.lammps.rglob("*")}

    def content(self):
        return {name: value and value[0] for name, value in self.state().items()}


class Install(Tree):
    def test_puts_the_package_where_lammps_builds_it(self):
        text = self.run_it(self.lammps)
        for name in ("src/USER-CGFLOW/fix_cgflow_al.cpp", "src/USER-CGFLOW/lammps_package.cmake", "src/USER-CGFLOW/README",
                     "lib/cgflow/src/flow/flow.cpp", "lib/cgflow/include/cgflow/learner.h", "lib/cgflow/src/kernels/rq_splines.cpp"):
            self.assertEqual((self.lammps / name).read_bytes(), (self.source / name).read_bytes(), name)
            self.assertIn(f"add {name}\n", text)
        self.assertFalse((self.lammps / "src/USER-CGFLOW/cgflowplugin.cpp").exists(), "the entry point of the plugin is not for LAMMPS' build")
        lines = (self.lammps / "cmake/CMakeLists.txt").read_text().splitlines()
        self.assertEqual(len(lines), 4)
        self.assertTrue(lines[2].startswith(LINE), lines)
        self.assertEqual(lines[:2] + lines[3:], CMAKE.splitlines())
        self.assertIn("add a line to cmake/CMakeLists.txt\n", text)
        self.assertIn("PKG_USER-CGFLOW=on", text)

    def test_a_second_call_changes_nothing(self):
        self.run_it(self.lammps)
        before = self.state()
        self.assertIn("nothing to do", self.run_it(self.lammps))
        self.assertEqual(self.state(), before)

    def test_brings_an_older_installation_up_to_date(self):
        self.run_it(self.lammps)
        before = self.state()
        (self.source / "lib/cgflow/src/flow/flow.cpp").write_text("// new\n")
        (self.source / "lib/cgflow/src/flow/newer.cpp").write_text("// new\n")
        (self.source / "lib/cgflow/src/base/adam.cpp").unlink()
        text = self.run_it(self.lammps)
        self.assertEqual(sorted(line for line in text.splitlines() if line.split()[0] in ("add", "replace", "remove")),
                         ["add lib/cgflow/src/flow/newer.cpp", "remove lib/cgflow/src/base/adam.cpp", "replace lib/cgflow/src/flow/flow.cpp"])
        self.assertEqual((self.lammps / "lib/cgflow/src/flow/flow.cpp").read_text(), "// new\n")
        self.assertFalse((self.lammps / "lib/cgflow/src/base/adam.cpp").exists())
        same = "lib/cgflow/src/pmf/ensemble.cpp"
        self.assertEqual(self.state()[same], before[same], "unchanged files are not written, since that would compile them again")

    def test_goes_on_after_an_interruption(self):
        self.run_it(self.lammps)
        whole = self.content()
        # The state after an interruption before the list is written.
        (self.lammps / "lib/cgflow/.installed").unlink()
        (self.lammps / "lib/cgflow/src/flow/flow.cpp").unlink()
        (self.lammps / "cmake/CMakeLists.txt").write_text(CMAKE)
        self.run_it(self.lammps)
        self.assertEqual(self.content(), whole)

    def test_the_list_is_one_for_sha256sum(self):
        self.run_it(self.lammps)
        done = subprocess.run(["sha256sum", "--check", "--quiet", "lib/cgflow/.installed"], cwd=self.lammps, capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))


class Check(Tree):
    def test_prints_the_changes_and_makes_none(self):
        before = self.state()
        text = self.run_it(self.lammps, "--check", code=1)
        self.assertIn("would add src/USER-CGFLOW/fix_cgflow_al.cpp\n", text)
        self.assertIn("the package is missing or differs from the one here", text)
        self.assertEqual(self.state(), before)

    def test_is_content_after_the_installation_and_not_with_an_older_one(self):
        self.run_it(self.lammps)
        before = self.state()
        self.assertIn("the package is installed and up to date", self.run_it(self.lammps, "--check"))
        (self.source / "lib/cgflow/src/flow/flow.cpp").write_text("// new\n")
        self.assertIn("would replace lib/cgflow/src/flow/flow.cpp\n", self.run_it(self.lammps, "--check", code=1))
        self.assertEqual(self.state(), before)

    def test_sees_a_lost_line(self):
        self.run_it(self.lammps)
        (self.lammps / "cmake/CMakeLists.txt").write_text(CMAKE)
        self.assertIn("would add a line to cmake/CMakeLists.txt\n", self.run_it(self.lammps, "--check", code=1))


class Undo(Tree):
    def test_leaves_the_tree_as_it_was(self):
        before = self.content()
        (self.lammps / "cmake/CMakeLists.txt").chmod(0o640)
        self.run_it(self.lammps)
        text = self.run_it(self.lammps, "--undo")
        self.assertEqual(self.content(), before)
        self.assertEqual((self.lammps / "cmake/CMakeLists.txt").stat().st_mode & 0o777, 0o640)
        self.assertIn("take a line out of cmake/CMakeLists.txt\n", text)
        self.assertIn("nothing to do", self.run_it(self.lammps, "--undo"))

    def test_takes_out_an_older_installation_too(self):
        before = self.content()
        (self.source / "lib/cgflow/src/kernels/older").mkdir()
        (self.source / "lib/cgflow/src/kernels/older/gone.cpp").write_text("// old\n")
        self.run_it(self.lammps)
        shutil.rmtree(self.source / "lib/cgflow/src/kernels/older")
        self.run_it(self.lammps, "--undo")
        self.assertEqual(self.content(), before)


class Refusals(Tree):
    def test_a_folder_that_is_no_lammps(self):
        for damage in ("cmake/CMakeLists.txt", "src/version.h"):
            other = self.folder / "other"
            shutil.copytree(self.lammps, other)
            (other / damage).unlink()
            self.assertIn(f"{other} is not a LAMMPS source: expected cmake/CMakeLists.txt and src/version.h in it",
                          self.run_it(other, code=1))
            shutil.rmtree(other)
        self.assertIn("is not a LAMMPS source", self.run_it(self.folder / "nowhere", code=1))
        (self.lammps / "cmake/CMakeLists.txt").write_text("project(gromacs)\n")
        self.assertIn("expected a line project(lammps ...)", self.run_it(self.lammps, code=1))

    def test_edits_of_others_are_named_and_left(self):
        self.run_it(self.lammps)
        mine = self.lammps / "src/USER-CGFLOW/fix_cgflow_mc.cpp"
        mine.write_text("// a week of work\n")
        for args in ([], ["--check"], ["--undo"]):
            before = self.state()
            text = self.run_it(self.lammps, *args, code=1)
            self.assertIn("were changed since: src/USER-CGFLOW/fix_cgflow_mc.cpp. Nothing was done.", text)
            self.assertEqual(self.state(), before)

    def test_files_of_others_are_named_and_left(self):
        (self.lammps / "src/USER-CGFLOW").mkdir()
        for k in range(7):
            (self.lammps / f"src/USER-CGFLOW/fix_own{k}.cpp").write_text("// theirs\n")
        before = self.state()
        for args in ([], ["--undo"]):
            self.assertIn("fix_own4.cpp and 2 more. Nothing was done.", self.run_it(self.lammps, *args, code=1))
        self.assertEqual(self.state(), before)

    def test_a_damaged_list(self):
        self.run_it(self.lammps)
        (self.lammps / "lib/cgflow/.installed").write_text("nonsense\n")
        self.assertIn(".installed is damaged", self.run_it(self.lammps, code=1))

    def test_options(self):
        self.assertIn("not allowed with", self.run_it(self.lammps, "--check", "--undo", code=1))
        self.assertIn("required: LAMMPS", self.run_it(code=1))
        self.assertIn("unrecognized arguments: --fast", self.run_it(self.lammps, "--fast", code=1))


if __name__ == "__main__":
    unittest.main()
