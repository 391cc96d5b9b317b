# SPDX-License-Identifier: GPL-2.0-only
"""Every block of the README and of the Howto pages, as it stands, in the order of its page and in a fresh folder: shell lines, scripts,
YAML and Python are run, outputs are compared with the bundled logs or with the files of the run. A block that is not listed here makes
the test fail. Learning of a molecule ends early, by a `budget` in the YAML file that import-molecule has written."""
import importlib.util
import os
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

from harness import BUILD, LMP, PACKAGE, SERIAL, SOURCE, LammpsTest
from page_blocks import commands_missing_in, lines_missing_in, pages, shapes

EXAMPLES = SOURCE / "examples" / "USER-CGFLOW"
PAGES = pages()
OPENMM = importlib.util.find_spec("openmm") is not None
SMALL = "budget: 5500\n"

# Blocks that no test types: the first words of each, and why.
NOT_TYPED = {
    "README.md": {"tools/demo ": "tests/tools/test_demo.py; .ci/run calls tools/test", "cmake -S LAMMPS": "tools/test-package"},
    "Howto_cgflow_bench.rst": {"tools/bench ": "tests/tools/test_bench.py"},
    "Howto_cgflow_compare.rst": {"tools/compare ": "tests/tools/test_compare.py"},
    "Howto_cgflow_import.rst": {"build/venv/bin/python3 -m pip": "a download"},
    "Howto_cgflow_install.rst": {"tools/setup ": "tests/tools/test_setup.py", "cmake --preset default -B": "needs another LAMMPS",
                                 "cmake -S LAMMPS": "tools/test-package", "tools/install-package": "tests/tools/test_install_package.py",
                                 "cmake --install": "tests/consumer", "find_package": "tests/consumer"},
    "Howto_cgflow_molecule.rst": {"coordinates:\n  zmatrix:": "rows left out; tests/unit/test_zmatrix.cpp has whole ones"},
}


class Page(LammpsTest):
    """A reader of one page: `self.next()` is its next block that is typed."""

    def open(self, page):
        skipped = NOT_TYPED.get(page, {})
        self.left = [block for block in PAGES[page] if not any(block.startswith(words) for words in skipped)]
        for words in skipped:
            self.assertTrue(any(block.startswith(words) for block in PAGES[page]), f"{page} has no block '{words}' any more")
        (self.folder / "tools").symlink_to(SOURCE / "tools")
        programs = self.folder / "bin"
        programs.mkdir()
        (programs / "lmp").symlink_to(LMP)

    def next(self, begin=""):
        self.assertTrue(self.left, "the page has no further block")
        block = self.left.pop(0)
        self.assertTrue(block.startswith(begin), f"the next block begins with\n{block[:200]}\nexpected '{begin}'")
        return block

    def close(self):
        self.assertEqual(self.left, [], "blocks that are not listed in test_pages.py")

    def type(self, commands, timeout=300):
        """Shell lines; the first that fails ends the test."""
        without = {name: value for name, value in os.environ.items() if name != "LD_LIBRARY_PATH"}
        environment = dict(without, PATH=f"{self.folder / 'bin'}:{sys.prefix}/bin:{os.environ['PATH']}", CGFLOW_BUILD_DIR=str(BUILD),
                           MPIR_CVAR_CH4_PROGRESS_THROTTLE="1", MPIR_CVAR_CH4_PROGRESS_THROTTLE_NO_PROGRESS_COUNT="10")
        done = subprocess.run(["bash", "-e", "-c", commands], cwd=self.folder, env=environment, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, timeout=timeout, text=True)
        self.assertEqual(done.returncode, 0, commands + "\n" + done.stdout[-3000:])
        return done.stdout

    def type_python(self, program):
        self.write("program.py", program)
        return self.type(f"{sys.executable} program.py")

    def copy(self, example, *names):
        for name in names or [path.name for path in (EXAMPLES / example).iterdir() if not path.name.startswith("log.")]:
            shutil.copy(EXAMPLES / example / name, self.folder)

    def copy_prmtop(self):
        for name in ("ala2.prmtop", "ala2.inpcrd"):
            shutil.copy(SOURCE / "tests" / "oracle" / name, self.folder)

    def import_small(self, commands):
        """import-molecule, and a learning of some seconds."""
        self.type(commands)
        for path in self.folder.glob("*.yaml"):
            text = path.read_text()
            if "budget" not in text:
                path.write_text(text + SMALL)

    def accept_yaml(self, text, name="page.yaml"):
        """The YAML file is read without an error."""
        self.write(name, text)
        self.lammps(f"units real\ndimension 2\nregion b block -180 180 -180 180 -0.5 0.5\ncreate_box 1 b\n"
                    f"pair_style cgflow/pmf\npair_coeff * * {name}\n")

    def same_as_log(self, block, example, name):
        log = (EXAMPLES / example / f"log.22Jul25.{name}.g++.1").read_text()
        self.assertEqual(lines_missing_in(block, log), [])

    def learn_mueller_brown(self):
        self.copy("mueller-brown")
        self.type("lmp -in in.basin && lmp -in in.al")


class Readme(Page):
    def test_typed(self):
        self.open("README.md")
        self.same_as_log(self.next("Step Atoms"), "mueller-brown", "al")
        self.copy_prmtop()
        lines = self.next("tools/import-molecule").splitlines()
        self.import_small(lines[0])
        text = self.type("\n".join(lines[1:]) if not SERIAL else "\n".join(lines[1:]).replace(" -np 2", ""))
        self.assertIn("cgflow/backmap: wrote 2000 structures", text)
        self.assertTrue((self.folder / "ala2.png").is_file())
        self.assertEqual(commands_missing_in(self.next("cg:"), (self.folder / "ala2.yaml").read_text()), [])
        self.copy("mueller-brown", "in.mb", "in.basin")
        self.write("mb.yaml", self.next("cg:"))
        self.write("in.al", self.next("units"))
        self.assertIn("status 1", self.type("lmp -in in.basin && lmp -in in.al"))
        self.close()

    def test_evaluations_of_the_default_seed(self):
        log = (EXAMPLES / "mueller-brown" / "log.22Jul25.al.g++.1").read_text()
        total = re.search(r"total (\d+)", log)[1]
        self.assertIn(f"The default seed, 4711, takes\n{total} energy evaluations", (SOURCE / "README.md").read_text())


class Howto(Page):
    def test_all_atom_script_to_pmf(self):
        self.open("Howto_cgflow.rst")
        self.copy("mueller-brown")
        self.type(self.next("lmp"))
        first = (self.folder / "mb.pmf").read_bytes()
        (self.folder / "mb.state").unlink()
        self.write("mb.yaml", self.next("cg:"))
        self.write("in.typed", "variable seed index 4711\n" + self.next("units"))
        self.type("lmp -in in.typed")
        self.assertEqual((self.folder / "mb.pmf").read_bytes(), first)
        self.same_as_log(self.next("cgflow/al:"), "mueller-brown", "al")
        self.close()

    def test_atomistic_scripts(self):
        self.open("Howto_cgflow_atomistic.rst")
        self.copy("mueller-brown", "mb.yaml", "in.basin", "in.al")
        self.write("in.mb", self.next("# in.mb"))
        self.assertIn("status 1", self.type("lmp -in in.basin && lmp -in in.al"))
        script = (EXAMPLES / "alanine-dipeptide" / "in.ala2").read_text()
        wrong = [line for line in commands_missing_in(self.next("# in.ala2"), script) if not line.startswith(("pair_coeff", "pair_style"))]
        self.assertEqual(wrong, [])
        self.write_h2o2()
        reactive = self.next("# in.h2o2") + "run 0\n"
        if "reaxff" in self.lammps("", "-h").text.split():
            self.lammps(reactive)
        field = "variable fx atom -x\nvariable fy atom -y\nvariable e atom 0.5*(x*x+y*y)\n"
        self.lammps("include in.mb\n" + field + self.next("fix        pull") + "run 0\n")
        self.close()

    def write_h2o2(self):
        from test_reaxff import ATOMS, BONDS, DATA
        self.write("data.h2o2", DATA % ("3 bonds\n", "1 bond types") + ATOMS + BONDS)

    def test_file_formats(self):
        self.open("Howto_cgflow_files.rst")
        self.learn_mueller_brown()
        self.type("lmp -in in.backmap")
        self.lammps("units lj\ncgflow/pmf mb.cgflow grid 10 -2 1 file x.pmf labels x.labels\n")
        reference = SOURCE / "tests" / "oracle" / "ala2_obc1_pmf.csv"
        for file in ("mb.pmf", "mb.iterations", reference, "x.labels", None, "mb_minima.lammpstrj.weights"):
            block = self.next()
            if file is None:    # points
                self.write("points.txt", block)
                self.lammps("units lj\ncgflow/backmap mb.cgflow 3 seed 1 points points.txt dump points.lammpstrj\n")
                continue
            have = shapes((self.folder / file).read_text())
            self.assertEqual(shapes(block) - have, set(), file)
        self.close()

    def test_import(self):
        self.open("Howto_cgflow_import.rst")
        self.copy_prmtop()
        shutil.copy(EXAMPLES / "valine-dipeptide" / "val2.pdb", self.folder)
        lines = self.next("tools/import-molecule").splitlines()
        self.import_small(lines[0])
        self.assertIn("status", self.type(self.next("lmp")))
        again = self.next("tools/import-molecule")
        if OPENMM:
            self.type(lines[1] + " --force")
            self.type("rm in.* val2.data val2.yaml\n" + again)
        self.close()

    def test_molecule(self):
        self.open("Howto_cgflow_molecule.rst")
        self.copy_prmtop()
        lines = self.next("tools/import-molecule").splitlines()
        self.import_small(lines[0])
        self.type("\n".join(lines[1:]))
        self.assertEqual(commands_missing_in(self.next("# ala2.yaml"), (self.folder / "ala2.yaml").read_text()), [])
        self.assertEqual(commands_missing_in(self.next("fix   walk"), (self.folder / "in.al").read_text()), [])
        self.same_as_log(self.next("cgflow/al:"), "alanine-dipeptide", "al")
        shutil.copy(SOURCE / "tests" / "oracle" / "ala2_obc1_pmf.csv", self.folder)
        cg = "cg:\n  - {name: phi, dihedral: [5, 7, 9, 15]}\n  - {name: psi, dihedral: [7, 9, 15, 17]}\n"
        self.accept_yaml(cg + self.next("explore:"))
        self.lammps(self.next("units real"))
        self.same_as_log(self.next("cgflow/backmap:"), "alanine-dipeptide", "backmap")
        shutil.copy(self.folder / "ala2.cgflow", self.folder / "val2.cgflow")
        self.lammps("units real\n" + self.next("cgflow/pmf val2.cgflow"))
        self.accept_yaml(cg + self.next("train:"))
        self.close()

    @unittest.skipIf(SERIAL, "this LAMMPS is built without MPI")
    def test_parallel(self):
        self.open("Howto_cgflow_parallel.rst")
        self.copy_prmtop()
        self.import_small("tools/import-molecule ala2 --prmtop ala2.prmtop --inpcrd ala2.inpcrd --implicit obc1")
        learn = re.compile(r"fix +walk.*\nfix +learn.*\n")
        script = (self.folder / "in.al").read_text()
        self.write("in.al", learn.sub(lambda _: self.next("fix"), script))
        for line in self.next("mpiexec").splitlines():
            self.type("rm -f ala2.state\n" + line)
            self.assertIn("cgflow/al: status 2", (self.folder / "log.lammps.0").read_text())
        self.accept_yaml("cg:\n  - {name: phi, dihedral: [5, 7, 9, 15]}\n" + self.next("train:"))
        apart = self.next("variable        n world")
        self.write("in.al", re.sub(r"fix +learn.*\n", lambda _: apart, script).replace("${yaml}", "ala2.yaml"))
        self.type("mpiexec -n 3 lmp -partition 3x1 -in in.al")
        self.assertEqual([(self.folder / f"ala2_{n}.pmf").is_file() for n in (1, 2, 3)], [True] * 3)
        self.close()

    @unittest.skipIf(PACKAGE, "the page loads the plugin")
    @unittest.skipUnless(list(pathlib.Path(sys.prefix).glob("lib/python3*/site-packages/lammps.libs/libmpi.so.12")),
                         "an environment that tools/setup did not make")
    def test_python(self):
        self.open("Howto_cgflow_python.rst")
        self.copy("mueller-brown")
        (self.folder / "CGFLOW" / "build").mkdir(parents=True)
        (self.folder / "CGFLOW" / "build" / "default").symlink_to(BUILD)
        (self.folder / "CGFLOW" / "build" / "venv").symlink_to(sys.prefix)
        self.assertRegex(self.type(self.next("CGFLOW/build/venv/bin/python3")), r"\n20\d{6}\n")
        self.assertRegex(self.type_python(self.next("import lammps")), r"iterations \d.* energy evaluations 9180.0 status 1.0")
        self.assertRegex(self.type_python(self.next("import numpy")), r"points are known; the minimum is at -[12]")
        self.assertRegex(self.type_python(self.next("import lammps")), r"mean of s in the ensemble: -\d.*, effective sample size 9\d\d")
        self.close()

    def test_use(self):
        self.open("Howto_cgflow_use.rst")
        self.learn_mueller_brown()
        self.lammps(self.next("units"))
        self.lammps("units lj\nvariable seed index 4711\n" + self.next("cgflow/backmap") + self.next("clear"))
        program = self.next("import numpy")
        average, ess = map(float, self.type_python(program + "print(average, ess)\n").split())
        self.assertAlmostEqual(average, -134.93, delta=1.0)    # by quadrature
        self.assertGreater(ess, 1000)
        watch = re.sub(r" +", " ", (self.folder / "in.watch").read_text())
        self.assertEqual(commands_missing_in(self.next("compute     std"), watch), [])
        self.lammps("units lj\ndimension 2\nvariable seed index 4711\n" + self.next("cgflow/train"))
        self.close()


class Coverage(unittest.TestCase):
    """Each page with blocks has a test above, and those that are not typed are named with the reason."""

    def test_each_page_is_typed(self):
        opened = set(re.findall(r'self\.open\("([^"]+)"\)', pathlib.Path(__file__).read_text()))
        for page, blocks in PAGES.items():
            if page not in opened:
                for block in blocks:
                    self.assertTrue(any(block.startswith(words) for words in NOT_TYPED.get(page, {})),
                                    f"{page}: no test types the block\n{block}")

    def test_lines_of_the_log_in_all_pages_are_those_of_the_bundled_logs(self):
        logs = "\n".join(path.read_text() for path in EXAMPLES.glob("*/log.*"))
        for path in [SOURCE / "README.md", *(SOURCE / "doc").glob("*.rst")]:
            quoted = "\n".join(line for line in path.read_text().splitlines() if re.match(r" +cgflow/(al|backmap|train): ", line))
            self.assertEqual(lines_missing_in(quoted, logs), [], path.name)

    def test_a_block_that_nobody_lists_is_seen(self):
        self.assertEqual(lines_missing_in("cgflow/al: 12 evaluations\n...\nother ...\n", "cgflow/al: 13 evaluations\nother line\n"),
                         ["cgflow/al: 12 evaluations"])
        self.assertEqual(commands_missing_in("run 100  # long\nrun 200\n", "run   100\n"), ["run 200"])
        self.assertEqual(shapes("# kT 10 x\n-2.6 1e-5 nan\n"), {"# kT # x", "# # #"})


if __name__ == "__main__":
    unittest.main()
