# SPDX-License-Identifier: GPL-2.0-only
"""Converted dipeptides with pair_style gb/obc against OpenMM: solvation energies and total forces, strained conformers included."""
import unittest

import numpy as np

from test_molecule_energies import EXAMPLES, ORACLE, MoleculeTest, deviation

# OpenMM's Coulomb constant over LAMMPS'. OBC1 is a custom force in OpenMM and has its own constant; OBC2 has the usual one.
BORN = {model: constant * 10.0 / 4.184 / 332.06371 for model, constant in (("obc1", 138.935485), ("obc2", 138.935456))}


class Solvated(MoleculeTest):
    def solvation(self, folder, script, positions):
        """The energy that the solvent adds [n], and the total forces."""
        bare, _ = self.evaluate(folder, "in.vacuum", positions)
        whole, forces = self.evaluate(folder, script, positions)
        return whole["PotEng"] - bare["PotEng"], forces

    def test_alanine_with_obc1(self):
        c = np.load(ORACLE / "ala2_conformers.npz")
        added, forces = self.solvation("alanine-dipeptide", "in.ala2", c["positions"])
        # The reference has polar and surface energy as one: the constants differ by 2e-7.
        self.assertLess(deviation(added, c["obc1_energies"][:, 4]), 1e-6)
        self.compare_forces(forces, c["obc1_forces"])

    def test_four_residues_with_both_models(self):
        for folder, oracle, script in (("glycine-dipeptide", "glycine_conformers.npz", "in.gly2"),
                                       ("valine-dipeptide", "valine_conformers.npz", "in.val2"),
                                       ("threonine-dipeptide", "threonine_conformers.npz", "in.thr2"),
                                       ("phenylalanine-dipeptide", "phenylalanine_conformers.npz", "in.phe2")):
            c, text = np.load(ORACLE / oracle), (EXAMPLES / folder / script).read_text()
            self.assertIn("gb/obc obc1\n", text)
            self.write("in.obc2", text.replace("gb/obc obc1\n", "gb/obc obc2\n"))
            for model, name in (("obc1", script), ("obc2", "in.obc2")):
                with self.subTest(folder=folder, model=model):
                    added, forces = self.solvation(folder, name, c["positions"])
                    expected = c[f"{model}_polar"] / BORN[model] + c[f"{model}_surface"]
                    self.assertLess(deviation(added, expected), 1e-6)
                    polar, surface = c[f"{model}_polar_forces"], c[f"{model}_surface_forces"]
                    self.compare_forces(forces, c["vacuum_forces"] + polar / BORN[model] + surface)


if __name__ == "__main__":
    unittest.main()
