# SPDX-License-Identifier: GPL-2.0-only
"""Active learning of a molecule in two dihedrals: alanine dipeptide with a small flow, half a minute per run."""
import os
import re
import shutil
import signal
import subprocess
import time
import unittest

import numpy as np

from harness import LMP, SOURCE, LammpsTest

EXAMPLE = SOURCE / "examples" / "USER-CGFLOW" / "alanine-dipeptide"
REFERENCE = SOURCE / "tests" / "oracle" / "ala2_obc1_pmf.csv"
BASINS = SOURCE / "tests" / "oracle" / "ala2_basins" / "ala2_basins.csv"
OUTPUTS = ("ala2.pmf", "ala2.cgflow", "ala2.state", "ala2.iterations")

YAML = """
cg:
  - {name: phi, dihedral: [5, 7, 9, 15]}
  - {name: psi, dihedral: [7, 9, 15, 17]}
flow: {layers: [rotor, affine], hidden: [48, 48], harmonics: 2}
pmf: {members: 5}
train:
  energy: {points: %(points)d, first_epochs: 4}
  consolidate: {points: 512}
  labels: {points: 32}
explore: {quiet: 2000, ceiling: 6, target: 0.12, reference: reference.csv}
budget: %(budget)d
"""

SCRIPT = """
units           real
dimension       2
boundary        p p p
region          cg block -180 180 -180 180 -0.5 0.5
create_box      1 cg
create_atoms    1 random 60 4711 NULL
mass            1 1.0
pair_style      cgflow/pmf
pair_coeff      * * ala2.yaml
reset_atoms     id sort yes
fix             walk all cgflow/mc 300.0 4711 8.0
fix             learn all cgflow/al 300.0 4711 ala2.yaml atomistic in.ala2 threshold 0.4 %(options)s
thermo_style    custom step f_walk[1] f_learn[1] f_learn[2] f_learn[4] f_learn[5] f_learn[8]
thermo          1000
run             20000
"""

BACKMAP = """
include         in.ala2
cgflow/backmap  ala2.cgflow 20000 seed 4711 points pmf dump ensemble.lammpstrj weights yes atomistic in.ala2
compute         cv all cgflow/cv ala2.yaml
variable        frame equal step
variable        energy equal pe
variable        phi equal c_cv[1][1]
variable        psi equal c_cv[1][2]
thermo_style    custom step pe c_cv[1][1] c_cv[1][2]
fix             print all print 1 "${frame} ${energy} ${phi} ${psi}" file energies screen no
rerun           ensemble.lammpstrj dump x y z
"""


class MoleculeLearning(LammpsTest):
    def furnish(self, points=256, budget=60000):
        for name in ("ala2.data", "in.ala2"):
            shutil.copy(EXAMPLE / name, self.folder)
        shutil.copy(REFERENCE, self.folder / "reference.csv")
        self.write("ala2.yaml", YAML % {"points": points, "budget": budget})

    def outputs(self):
        return {name: (self.folder / name).read_bytes() for name in OUTPUTS}

    def test_learns_both_sides_of_the_torus_from_one_structure(self):
        self.furnish()
        result = self.lammps(SCRIPT % {"options": ""}, timeout=900)
        self.assertRegex(result.text, r"starts from the structure at phi -180, psi 180, \d+ energy evaluations for it")
        figures = re.findall(r"against the reference KLD ([0-9.e+-]+), RMS error ([0-9.e+-]+) kT", result.text)
        # The first PMF knows one basin; the last one knows all basins of noticeable probability.
        self.assertGreater(float(figures[0][0]), 0.3)
        self.assertLess(float(figures[-1][0]), 0.05)
        header = (self.folder / "ala2.pmf").read_text().split("\n")
        self.assertRegex(header[0], r"# kT 0\.596\d* units real T 300 domain L, trans, one labelling")
        counts = {k: int(v) for k, v in re.findall(r"(\w+) (\d+)", header[1])}
        self.assertEqual(counts["md"], 0)
        self.assertGreater(counts["example"], 110)
        self.assertEqual(counts["total"], sum(v for k, v in counts.items() if k != "total"))
        self.assertLessEqual(counts["total"], 60000)
        # F of the known points against the reference; the lowest value of both is 0.
        table = np.loadtxt(self.folder / "ala2.pmf")
        reference = {(p, q): f for p, q, f in np.loadtxt(REFERENCE, delimiter=",", usecols=(0, 1, 2))}
        cells = [(f / 0.5962, std / 0.5962, reference.get((6 * np.floor(p / 6) + 3, 6 * np.floor(q / 6) + 3)))
                 for p, q, f, std, known in table if known]
        error = np.array([f - r for f, std, r in cells if r is not None and r < 5.0])
        self.assertGreater(len(error), 500)
        self.assertLess(np.sqrt(np.mean((error - np.mean(error))**2)), 0.4)
        self.check_energies_in_basins()

    def check_energies_in_basins(self):
        """Reweighted structures against dynamics that started in each basin: mean, std and distribution of the energy."""
        result = self.lammps(BACKMAP, timeout=600)
        self.assertRegex(result.text, r"chirality: 100\.00 %.*\(L\)")
        self.assertRegex(result.text, r"omega: 100\.00 % with all of 2 peptide bonds trans")
        self.assertRegex(result.text, r"\d+ energy evaluations, 0 rejected")
        ln_w = np.loadtxt(self.folder / "ensemble.lammpstrj.weights")[:, -1]
        energy, phi, psi = np.loadtxt(self.folder / "energies")[:, 1:].T
        self.assertEqual(len(energy), len(ln_w))
        weight = np.exp(ln_w - ln_w.max())
        for row in np.loadtxt(BASINS, delimiter=","):
            centre, (mean, mean_error, std, std_error, low, low_error, high, high_error) = row[:2], row[3:]
            off = (np.column_stack([phi, psi]) - centre + 180.0) % 360.0 - 180.0
            here = np.all(np.abs(off) < 20.0, axis=1)
            w, u = weight[here] / weight[here].sum(), energy[here]
            self.assertGreater(1.0 / np.sum(w**2), 50, centre)
            for quantity, expected, error in (
                    (u, mean, mean_error), ((u - mean)**2, std**2, 2 * std * std_error),
                    (u < mean - std, low, low_error), (u < mean + std, high, high_error)):
                got = np.sum(w * quantity)
                ours = np.sqrt(np.sum((w * (quantity - got))**2))
                self.assertLess(abs(got - expected), 4.0 * np.hypot(ours, error), (centre, got, ours, expected, error))

    def test_a_killed_run_goes_on_as_if_nothing_had_happened(self):
        self.furnish(points=64, budget=15000)
        self.lammps(SCRIPT % {"options": ""}, timeout=300)
        first = self.outputs()
        for name in OUTPUTS:
            (self.folder / name).unlink()
        process = subprocess.Popen([str(LMP), "-in", "in.test", "-log", "none"], cwd=self.folder, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT, start_new_session=True,
                                   env=dict(os.environ, CGFLOW_BUILD_DIR=str(self.build)))
        end = time.monotonic() + 200
        # The first state is written after the first of many iterations.
        while not (self.folder / "ala2.state").exists() and process.poll() is None and time.monotonic() < end:
            time.sleep(0.01)
        self.assertIsNone(process.poll(), "the run has ended before it could be killed")
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        again = self.lammps(SCRIPT % {"options": ""}, timeout=300)
        self.assertRegex(again.text, "run resumed from ala2.state")
        self.assertEqual(self.outputs(), first)

    def test_two_ranks_learn_one_model(self):
        self.furnish(points=64, budget=6000)
        one = self.lammps(SCRIPT % {"options": ""}, ranks=2, timeout=300)
        first = self.outputs()
        self.assertIn("starts from the structure", one.text)
        self.lammps(SCRIPT % {"options": "fresh yes"}, ranks=2, timeout=300)
        self.assertEqual(self.outputs(), first)

    def test_a_state_of_another_molecule_is_refused(self):
        self.furnish(points=64, budget=6000)
        self.lammps(SCRIPT % {"options": ""}, timeout=300)
        data = (self.folder / "ala2.data").read_text()
        self.write("ala2.data", data.replace("\n1 1.008 ", "\n1 2.014 "))
        self.assert_error(SCRIPT % {"options": ""}, "ala2.state: it is of another molecule: .*mass.*fresh yes")


if __name__ == "__main__":
    unittest.main()
