# SPDX-License-Identifier: GPL-2.0-only
"""tools/compare: its systems and their scripts, its errors for wrong options, and a reduced comparison with LAMMPS."""
import json
import unittest

from sandbox import Folder
from cgflow.compare import methods, systems
from cgflow.errors import ToolError

IN_AL = "fix learn all cgflow/al 300.0 1 mol.yaml atomistic in.mol threshold 0.2\n"
CG = "cg:\n  - {name: phi, dihedral: [5, 7, 9, 15]}   # A-B\n  - {name: psi, dihedral: [7, 9, 15, 17]}\ncoordinates: {omega: full}\n"
YAML = "# What is learned\n" + CG


class Systems(Folder):
    def imported(self):
        for name, text in (("in.al", IN_AL), ("in.mol", "units real\nread_data mol.data\n"), ("mol.data", "data\n"),
                           ("mol.yaml", YAML), ("in.basin", "dump frames all custom 10 mol_basin.dump id x\n")):
            (self.folder / name).write_text(text)
        return systems.find(str(self.folder))

    def test_those_of_the_repository(self):
        for name, system in systems.SYSTEMS.items():
            self.assertIs(systems.find(name), system)
            self.assertEqual(len(system.variables()), 1 if name == "mueller-brown" else 2)
            for method in methods.METHODS.values():
                for job in methods.jobs(system, method, 2, None, None, True):
                    text = "".join(job.files.values())
                    self.assertIn(system.script, text + " ".join(job.files))
        vacuum = systems.SYSTEMS["alanine-dipeptide-vacuum"]
        self.assertIn("include         in.vacuum", vacuum.text("in.basin"))
        self.assertEqual(vacuum.dump, "ala2_basin.dump")

    def test_a_folder_of_import_molecule(self):
        system = self.imported()
        self.assertEqual([v.atoms for v in system.variables()], [(5, 7, 9, 15), (7, 9, 15, 17)])
        job, = methods.jobs(system, methods.METHODS["paper"], 1, 500, None, False)
        self.assertEqual(job.files["paper.yaml"], CG + "paper: true\ntrain: {example: {dump: mol_basin.dump}}\nbudget: 500\n")
        self.assertEqual(set(job.files), {"in.mol", "mol.data", "paper.yaml", "in.al", "in.basin"})
        self.assertEqual([step[step.index("-in") + 1] for step in job.steps], ["in.basin", "in.al"])
        job, = methods.jobs(system, methods.METHODS["ours"], 1, None, None, False)
        self.assertEqual(job.files["mol.yaml"], YAML)
        job, = methods.jobs(system, methods.METHODS["metad"], 1, 1000, 60, False)
        self.assertIn("group4 { atomNumbers 17 }", job.files["bias.colvars"])
        self.assertRegex(job.files["in.metad"],
                         r"(?s)langevin 300 300 1000 \$\{seed\} gjf vfull\nfix +move all nve\n.*fix +bias all colvars")
        for name in job.files:
            self.assertNotIn("zero yes", job.files[name])
        job, = methods.jobs(system, methods.METHODS["temper"], 1, 9000, None, False)
        self.assertRegex(job.files["in.temper"], r"world 300 378 477 600\n(?s:.*)temper +2000 1000 \$T bath \$\{seed\} \$\{seed\}\n")
        self.assertEqual(job.steps[0][:2] + job.steps[0][-2:], ["-np", "4", "-partition", "4x1"])

    def test_what_is_no_system(self):
        with self.assertRaisesRegex(ToolError, "SYSTEM is 'none', expected mueller-brown, .* or a folder of tools/import-molecule"):
            systems.find("none")
        with self.assertRaisesRegex(ToolError, "no in.al with 'atomistic in.NAME' in it"):
            systems.find(str(self.folder))
        system = self.imported()
        (self.folder / "mol.yaml").write_text("cg:\n  - {name: d, bond: [1, 2]}\n")
        with self.assertRaisesRegex(ToolError, "mol.yaml: got 'name: d, bond: .1, 2.', expected 'name: N, dihedral: .I, J, K, L.'"):
            system.variables()
        (self.folder / "mol.yaml").unlink()
        with self.assertRaisesRegex(ToolError, "no mol.yaml in it"):
            systems.find(str(self.folder))


class Program(Folder):
    def run_compare(self, *args, code=0):
        return self.run_program("compare", *args, "--results", str(self.folder / "out"), code=code)

    def test_bad_usage_is_one_line(self):
        methods = "md,metad,temper,grid,paper,ours"
        for args, message in [
                (["nobody"], "SYSTEM is 'nobody', expected mueller-brown, alanine-dipeptide, alanine-dipeptide-vacuum or a folder of "
                             "tools/import-molecule"),
                (["mueller-brown", "--methods", "md,x"], f"--methods: got 'x', expected some of {methods}; see compare --help"),
                (["mueller-brown", "--seeds", "md=0"],
                 f"argument --seeds: got 'md=0', expected METHOD=N, N from 1, METHOD one of {methods}; see compare --help"),
                (["mueller-brown", "--jobs", "0"], "--jobs: got 0, expected a number from 1; see compare --help"),
                (["mueller-brown", "--target", "0"], "--target: got 0, expected numbers above 0; see compare --help"),
                (["mueller-brown", "--reference", "none.csv"], "none.csv: No such file or directory")]:
            self.assertEqual(self.run_compare(*args, code=1), "compare: " + message)
        self.assertFalse((self.folder / "out").exists(), "nothing starts before all options are checked")

    def test_reduced_comparison(self):
        args = ["mueller-brown", "--reduced", "--jobs", "1", "--methods", "md,metad,ours", "--target", "0.01"]
        text = self.run_compare(*args)
        out = self.folder / "out" / "mueller-brown"
        for name in ("table.txt", "table.rst", "curves.json", "evaluations.png", "time.png"):
            self.assertGreater((out / name).stat().st_size, 100, name)
        self.assertEqual((out / "evaluations.png").read_bytes()[:4], b"\x89PNG")
        curves = {c["method"]: c for c in json.loads((out / "curves.json").read_text())["curves"]}
        self.assertEqual(set(curves), {"md", "metad", "metad-mean", "metad-weights", "ours"})
        for name, some in curves.items():
            self.assertGreaterEqual(len(some["points"]), 3, name)
            counts = [point["evaluations"] for point in some["points"]]
            self.assertEqual(counts, sorted(counts))
            self.assertGreater(some["cpu"], 0.0)
        self.assertEqual(curves["md"]["evaluations"], 200000)
        self.assertLessEqual(curves["ours"]["evaluations"], 20000)
        # In so few steps MD stays in one basin; learning and metadynamics leave it.
        final = {name: some["points"][-1] for name, some in curves.items()}
        self.assertLess(final["ours"]["kld"], 1e-3)
        self.assertLess(final["ours"]["rms"], 0.05)
        self.assertLess(final["metad"]["kld"], 0.1)
        self.assertGreater(final["md"]["rms"], final["metad"]["rms"])
        self.assertIn("active learning", text)
        again = self.run_compare(*args)
        self.assertIn("3 runs, 3 of them done already", again)
        self.assertEqual(again.split("\n\n", 1)[1], text.split("\n\n", 1)[1])


if __name__ == "__main__":
    unittest.main()
