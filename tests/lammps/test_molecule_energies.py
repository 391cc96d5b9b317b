# SPDX-License-Identifier: GPL-2.0-only
"""Energies and forces of the converted dipeptides in LAMMPS against OpenMM's, term by term, strained conformers included.

The reference files are in tests/oracle. OpenMM's Coulomb constant differs from LAMMPS' in the ninth digit and is allowed for.
"""
import shutil
import subprocess
import unittest

import numpy as np

from harness import SOURCE, LammpsTest, read_dump

ORACLE = SOURCE / "tests" / "oracle"
EXAMPLES = SOURCE / "examples" / "USER-CGFLOW"
COULOMB = (138.935456 * 10.0 / 4.184) / 332.06371    # OpenMM's constant over LAMMPS', e^2 kcal Angstrom/mol
TERMS = {"bond": "E_bond", "angle": "E_angle", "torsion": "E_dihed", "lj": "E_vdwl", "coulomb": "E_coul"}

RERUN = """include {script}
thermo_style custom step ebond eangle edihed eimp evdwl ecoul pe
thermo_modify format float %.16g norm no
thermo 1
dump forces all custom 1 out.dump id fx fy fz
dump_modify forces sort id format float %.16g
rerun conformers.dump dump x y z box no
"""


def deviation(got, expected):
    """Largest difference against max(1 kcal/mol, |E|)."""
    return np.max(np.abs(got - expected) / np.maximum(1.0, np.abs(expected)))


class MoleculeTest(LammpsTest):
    def evaluate(self, folder, script, positions):
        """Thermo columns {name: [n]} and forces [n, atoms, 3] of conformers [n, atoms, 3]."""
        for path in (EXAMPLES / folder).glob("*"):
            if path.is_file():
                shutil.copy(path, self.folder)
        with open(self.folder / "conformers.dump", "w") as file:
            for step, x in enumerate(positions - positions.mean(axis=1, keepdims=True)):
                file.write(f"ITEM: TIMESTEP\n{step}\nITEM: NUMBER OF ATOMS\n{len(x)}\nITEM: BOX BOUNDS pp pp pp\n" +
                           "-25 25\n" * 3 + "ITEM: ATOMS id x y z\n")
                file.writelines(f"{i} {p[0]:.17g} {p[1]:.17g} {p[2]:.17g}\n" for i, p in enumerate(x, 1))
        thermo = self.lammps(RERUN.format(script=script)).thermo()
        frames = read_dump(self.folder / "out.dump")
        forces = np.array([[frame[f] for f in ("fx", "fy", "fz")] for _, frame in frames]).transpose(0, 2, 1)
        return {name: np.array(column) for name, column in thermo.items()}, forces

    def compare(self, thermo, reference):
        """Terms of the force field in vacuum; torsions have the topology's own phases."""
        self.assertEqual(len(thermo["Step"]), len(reference["bond"]))
        self.assertEqual(set(thermo["E_impro"]), {0.0}, "impropers are among the dihedrals")
        for term, column in TERMS.items():
            factor, tolerance = (COULOMB, 1e-6) if term == "coulomb" else (1.0, 1e-8)
            self.assertLess(deviation(factor * thermo[column], reference[term]), tolerance, term)

    def compare_forces(self, forces, expected):
        for k, (got, right) in enumerate(zip(forces, expected)):
            self.assertLess(np.max(np.abs(got - right)), 1e-6 * np.max(np.abs(right)), f"conformer {k}")


class Alanine(MoleculeTest):
    """All 201 conformers, of the topology that the paper's molecule has."""

    def test_vacuum_terms_and_forces_are_openmms(self):
        conformers, nonbonded = np.load(ORACLE / "ala2_conformers.npz"), np.load(ORACLE / "ala2_nonbonded.npz")
        reference = dict(zip(("bond", "angle", "torsion"), conformers["vacuum_energies"].T), **nonbonded)
        thermo, forces = self.evaluate("alanine-dipeptide", "in.vacuum", conformers["positions"])
        self.assertEqual(len(forces), 201)
        self.compare(thermo, reference)
        self.compare_forces(forces, conformers["vacuum_forces"])


class FromForceFieldFile(MoleculeTest):
    """Molecules that came from a PDB file and amber96.xml."""

    def check(self, folder, oracle):
        reference = np.load(ORACLE / oracle)
        thermo, forces = self.evaluate(folder, "in.vacuum", reference["positions"])
        self.compare(thermo, reference)
        self.compare_forces(forces, reference["vacuum_forces"])

    def test_glycine(self):
        self.check("glycine-dipeptide", "glycine_conformers.npz")

    def test_valine(self):
        self.check("valine-dipeptide", "valine_conformers.npz")

    def test_threonine(self):
        self.check("threonine-dipeptide", "threonine_conformers.npz")

    def test_phenylalanine(self):
        self.check("phenylalanine-dipeptide", "phenylalanine_conformers.npz")


class Scripts(MoleculeTest):
    def test_converted_scripts_run(self):
        """The first data: frames of the whole molecule, near 300 K, L and trans."""
        oracle = [str(ORACLE / f"ala2.{ending}") for ending in ("prmtop", "inpcrd")]
        subprocess.run([str(SOURCE / "tools" / "import-molecule"), "ala2", "--prmtop", oracle[0], "--inpcrd", oracle[1], "-o", "."],
                       cwd=self.folder, check=True, stdout=subprocess.DEVNULL)
        result = self.lammps(self.folder / "in.basin")
        self.assertEqual(result.warnings(), [])
        frames = read_dump(self.folder / "ala2_basin.dump")
        self.assertEqual(len(frames), 5001)
        x = np.array([[frame[c] for c in "xyz"] for _, frame in frames]).transpose(0, 2, 1)
        self.assertEqual(x.shape[1:], (22, 3))
        n, ca, cb, c = (x[:, i - 1] for i in (7, 9, 11, 15))
        self.assertGreater(np.einsum("ij,ij->i", np.cross(n - ca, c - ca), cb - ca).min(), 0.5, "L amino acid")
        temperature = np.mean(result.thermo()["Temp"][1:])
        self.assertLess(abs(temperature - 300.0), 100.0)


class Rules(MoleculeTest):
    """The comparison detects wrong force fields."""

    def test_a_wrong_mixing_rule_and_a_wrong_factor_are_seen(self):
        reference = np.load(ORACLE / "valine_conformers.npz")
        for old, new, term in (("mix arithmetic", "mix geometric", "lj"), ("lj 0 0 0.5", "lj 0 0 0.500001", "lj"),
                               ("coul 0 0 0.833333", "coul 0 0 0.83334", "coulomb")):
            text = (EXAMPLES / "valine-dipeptide" / "in.vacuum").read_text()
            self.assertIn(old, text)
            self.write("in.changed", text.replace(old, new))
            thermo, _ = self.evaluate("valine-dipeptide", "in.changed", reference["positions"])
            with self.assertRaisesRegex(AssertionError, term):
                self.compare(thermo, reference)


if __name__ == "__main__":
    unittest.main()
