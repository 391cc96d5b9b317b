# SPDX-License-Identifier: GPL-2.0-only
"""A molecule on its way from an atomistic script through model and dumps to structures, and what is refused on it."""
import re
import shutil
import unittest

import numpy as np

from harness import SOURCE, LammpsTest, read_dump

EXAMPLE = SOURCE / "examples" / "USER-CGFLOW" / "alanine-dipeptide"
PHI, PSI = (5, 7, 9, 15), (7, 9, 15, 17)
POINTS = [(-80.0, 150.0), (-70.0, -30.0), (60.0, 40.0)]
HEAD = "units real\n"
TRAIN = "cgflow/train example m.cgflow temp 300.0 seed 5 from ala2.yaml atomistic in.vacuum epochs 2\n"


def dihedral(x, atoms):
    """Degrees, by projections on the plane across the middle bond."""
    a, b, c, d = (x[:, i - 1] for i in atoms)
    axis = (c - b) / np.linalg.norm(c - b, axis=1, keepdims=True)
    v = (a - b) - np.sum((a - b) * axis, axis=1, keepdims=True) * axis
    w = (d - c) - np.sum((d - c) * axis, axis=1, keepdims=True) * axis
    return np.degrees(np.arctan2(np.sum(np.cross(axis, v) * w, axis=1), np.sum(v * w, axis=1)))


def positions(frames):
    """[frames, atoms, 3] of a dump with rows in any order."""
    return np.array([[[f[k][i] for k in "xyz"] for i in np.argsort(f["id"])] for _, f in frames])


class Molecules(LammpsTest):
    @classmethod
    def setUpClass(cls):
        """A short run and a model trained by it, for all tests."""
        case = cls("test_structures_are_those_of_the_points")
        case.setUp()
        cls.cache = case.folder
        cls.addClassCleanup(case.doCleanups)
        case.copy_example()
        case.lammps("include in.vacuum\nvelocity all create 300 4711\nfix nve all nve\nfix bath all langevin 300 300 100 11\n"
                    "timestep 0.5\ndump 1 all custom 10 ala2_basin.dump id type x y z\nrun 2000\n")
        cls.training = case.lammps(HEAD + TRAIN)

    def copy_example(self):
        for name in ("ala2.data", "in.vacuum"):
            shutil.copy(EXAMPLE / name, self.folder)
        shutil.copy(EXAMPLE / "ala2_basin.yaml", self.folder / "ala2.yaml")

    def setUp(self):
        super().setUp()
        if hasattr(self, "cache"):
            shutil.copytree(self.cache, self.folder, dirs_exist_ok=True)
        self.write("points.txt", "".join(f"{a} {b}\n" for a, b in POINTS))

    def backmap(self, rest, ranks=1):
        return self.lammps(HEAD + "cgflow/backmap m.cgflow 20 seed 3 points points.txt dump out.dump " + rest + "\n", ranks=ranks)

    def test_structures_are_those_of_the_points(self):
        result = self.backmap("custom id type mol q x y z ix iy iz modify format float %.12g weights yes atomistic in.vacuum")
        frames = read_dump(self.folder / "out.dump")
        weights = np.loadtxt(self.folder / "out.dump.weights")
        self.assertEqual(len(frames), len(weights))
        self.assertGreater(len(frames), 50)
        x = positions(frames)
        for column, atoms in ((2, PHI), (3, PSI)):
            turn = dihedral(x, atoms) - weights[:, column]
            np.testing.assert_allclose(turn - 360.0 * np.round(turn / 360.0), 0.0, atol=1e-6)
        data = (self.folder / "ala2.data").read_text().split("Atoms # full")[1].split("Bonds")[0].split("\n")
        types = {int(w[0]): int(w[2]) for w in map(str.split, data) if len(w) >= 7}
        for _, frame in frames:
            for k in ("ix", "iy", "iz"):
                self.assertEqual(set(frame[k]), {0.0})
            self.assertEqual([types[int(i)] for i in frame["id"]], list(map(int, frame["type"])))
        self.assertRegex(result.text, r"chirality: 100.00 % as in the model's own structure, stereo centers at atoms 9 \(L\)")
        self.assertRegex(result.text, r"omega: 100.00 % with all of 2 peptide bonds trans")
        self.assertRegex(result.text, r"60 energy evaluations, \d+ rejected, ESS share [0-9.]+")

    def test_energies_of_the_dump_are_those_of_a_rerun(self):
        self.write("in.energies", (self.folder / "in.vacuum").read_text() + "compute e all pe/atom\n")
        self.backmap("custom id type x y z c_e modify format float %.14g weights yes atomistic in.energies")
        frames = read_dump(self.folder / "out.dump")
        sums = [sum(f["c_e"]) for _, f in frames]
        rerun = self.lammps("include in.vacuum\nthermo_style custom step pe\nthermo_modify format float %20.12g\nthermo 1\n"
                            "rerun out.dump dump x y z\n").thermo()
        np.testing.assert_allclose(rerun["PotEng"], sums, rtol=1e-8)

    def test_ranks_do_not_matter(self):
        texts = []
        for ranks in (1, 2):
            self.backmap("weights yes atomistic in.vacuum", ranks=ranks)
            texts.append((self.folder / "out.dump").read_text() + (self.folder / "out.dump.weights").read_text())
        numbers = [np.array([float(w) for w in re.findall(r"-?\d+\.?\d*(?:e[-+]\d+)?", t)]) for t in texts]
        np.testing.assert_allclose(numbers[0], numbers[1], rtol=1e-7, atol=1e-7)

    def test_a_wrapped_unsorted_dump_gives_the_same_model(self):
        text = (self.folder / "ala2_basin.dump").read_text().splitlines()
        draw, out, i = np.random.default_rng(3), [], 0
        while i < len(text):
            head, rows = text[i:i + 9], text[i + 9:i + 31]
            edges = [list(map(float, line.split())) for line in head[5:8]]
            shifted = []
            for row in rows:
                w = row.split()
                # Shifts across the faces by binary fractions, so that no digit is lost.
                x = [float(v) for v in w[2:5]]
                x = [lo + (v + 0.5 * (hi - lo) - lo) % (hi - lo) for v, (lo, hi) in zip(x, edges)]
                shifted.append(" ".join(w[:2] + [f"{v:.15g}" for v in x]))
            draw.shuffle(shifted)
            out += head + shifted
            i += 31
        self.write("wrapped.dump", "\n".join(out) + "\n")
        self.write("ala2.yaml", (self.folder / "ala2.yaml").read_text().replace("ala2_basin.dump", "wrapped.dump"))
        (self.folder / "m.cgflow").unlink()
        again = self.lammps(HEAD + TRAIN)
        line = r"trained by example on \d+ frames, loss (\S+)"
        first, second = (float(re.search(line, r.text).group(1)) for r in (self.training, again))
        self.assertAlmostEqual(first, second, delta=1e-3 * abs(first))

    def refuse(self, commands, pattern):
        result = self.assert_error(HEAD + commands + "\n", pattern)
        self.assertEqual(len(result.errors()), 1, result.text)

    def change(self, name, target, *changes):
        text = (self.folder / name).read_text()
        for old, new in changes:
            self.assertIn(old, text)
            text = text.replace(old, new)
        self.write(target, text)

    def other_script(self, *changes):
        """in.other, which reads a changed data file."""
        self.change("ala2.data", "other.data", *changes)
        self.change("in.vacuum", "in.other", ("ala2.data", "other.data"))

    def test_another_molecule_is_refused(self):
        self.other_script(("1 1.008   # HC", "1 2.014   # HC"))
        text = "in.other has the mass 2.014 for atom 1"
        self.refuse("cgflow/backmap m.cgflow 2 seed 3 points points.txt dump out.dump atomistic in.other", text)
        self.refuse("cgflow/train energy m.cgflow temp 300.0 seed 5 points points.txt atomistic in.other", text)
        self.other_script(("21 bonds", "20 bonds"), ("13 3 5 6\n", ""))
        self.refuse("cgflow/backmap m.cgflow 2 seed 3 points points.txt dump out.dump atomistic in.other",
                    "m.cgflow has the bond 5-6, in.other has not")

    def test_bad_molecules_are_refused(self):
        train = "cgflow/train example new.cgflow temp 300.0 seed 5 from {} atomistic {}"
        self.other_script(("21 bonds", "20 bonds"), ("13 3 5 6\n", ""))
        self.refuse(train.format("ala2.yaml", "in.other"), "no way leads from atom 1 to atom 6")
        self.change("ala2.yaml", "far.yaml", ("[5, 7, 9, 15]", "[5, 7, 9, 23]"))
        self.refuse(train.format("far.yaml", "in.vacuum"), "cg 'phi': got atom 23 in dihedral, expected atom IDs from 1 to 22")
        self.refuse("cgflow/train example new.cgflow temp 300.0 seed 5 from ala2.yaml",
                    "a new model with the dihedral 'phi' needs keyword atomistic")
        self.change("in.vacuum", "in.kspace", ("lj/cut/coul/cut 18", "lj/cut/coul/long 9"))
        self.write("in.kspace", (self.folder / "in.kspace").read_text() + "kspace_style ewald 1e-4\n")
        self.refuse(train.format("ala2.yaml", "in.kspace"), "kspace_style ewald is not allowed")
        for fix in ("shake 0.0001 20 0 b 1", "rigid/nve single"):
            self.write("in.fix", (self.folder / "in.vacuum").read_text() + f"fix f all {fix}\n")
            self.refuse(train.format("ala2.yaml", "in.fix"), "it constrains the molecule, whose coordinates must all be free")
        self.write("in.two", (self.folder / "in.vacuum").read_text() + "set atom 1*3 mol 2\n")
        self.refuse(train.format("ala2.yaml", "in.two"), "several molecule IDs")

    def test_dumps_that_do_not_fit_are_refused(self):
        self.change("ala2.yaml", "other.yaml", ("ala2_basin.dump", "other.dump"))
        dump = (self.folder / "ala2_basin.dump").read_text().splitlines()
        train = "cgflow/train example new.cgflow temp 300.0 seed 5 from other.yaml atomistic in.vacuum"
        self.write("other.dump", "\n".join(dump[:3] + ["21"] + dump[4:30]) + "\n")
        self.refuse(train, "other.dump: got 21 atoms in a frame, expected the 22 of the molecule")
        swapped = list(dump[:31])
        five, one = (next(k for k in range(9, 31) if swapped[k].split()[0] == i) for i in ("5", "1"))
        swapped[five], swapped[one] = "1 " + swapped[five].split(" ", 1)[1], "5 " + swapped[one].split(" ", 1)[1]
        self.write("other.dump", "\n".join(swapped) + "\n")
        self.refuse(train, "other.dump: timestep 0 has the length .* expected a dump of this molecule")


if __name__ == "__main__":
    unittest.main()
