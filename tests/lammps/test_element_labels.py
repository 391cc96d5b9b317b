# SPDX-License-Identifier: GPL-2.0-only
"""Masses that tell no elements: the labels of atom types do, from comments in the Masses section or from a labelmap."""
import re
import shutil
import unittest

from harness import SOURCE, LammpsTest

EXAMPLE = SOURCE / "examples" / "USER-CGFLOW" / "alanine-dipeptide"
LABELS = ("HC", "CT", "C", "O", "N", "H", "H1")
PEPTIDE = "recognized conjugated C-N bonds, which stay planar: 5-7 (trans), 15-17 (trans)"
ELEMENTS = "recognized elements: C 2 5 9 11 15 19, H 1 3 4 8 10 12 13 14 18 20 21 22, N 7 17, O 6 16"


class Labels(LammpsTest):
    def setUp(self):
        super().setUp()
        for name in ("in.al", "in.vacuum"):
            shutil.copy(EXAMPLE / name, self.folder)
        (self.folder / "ala2.yaml").write_text((EXAMPLE / "ala2.yaml").read_text() + "budget: 5500\n")
        shutil.copy(EXAMPLE / "in.vacuum", self.folder / "in.ala2")

    def molecule(self, comments=[f"# {label}: of AMBER" for label in LABELS], extra=""):
        """All masses equal."""
        masses = "".join(f"{i} 12.0  {comment}\n" for i, comment in enumerate(comments, 1))
        text = (EXAMPLE / "ala2.data").read_text()
        self.write("ala2.data", re.sub(r"Masses\n\n.*?\n\n", f"Masses\n\n{masses}\n", text, flags=re.S))
        script = (EXAMPLE / "in.vacuum").read_text()
        self.write("in.ala2", script.replace("read_data       ala2.data\n", "read_data       ala2.data\n" + extra))

    def learn(self):
        (self.folder / "ala2.state").unlink(missing_ok=True)
        return self.lammps(self.folder / "in.al").text

    def test_comments_of_masses(self):
        self.molecule()
        text = self.learn()
        self.assertIn(PEPTIDE, text)
        self.assertIn(ELEMENTS, text)
        self.assertIn("recognized stereo centers, which are kept: 9 (L)", text)
        self.assertNotIn("WARNING", text)
        # The model keeps the elements: nothing else tells them to a command that reads it.
        drawn = self.lammps("units real\ncgflow/backmap ala2.cgflow 50 seed 1 points pmf dump d.lammpstrj\n").text
        self.assertIn("chirality: 100.00 % as in the model's own structure, stereo centers at atoms 9 (L)", drawn)
        self.assertIn("omega: 100.00 % with all of 2 peptide bonds trans", drawn)
        self.assertIn("learning has ended", self.lammps(self.folder / "in.al").text)

    def test_type_labels(self):
        self.molecule([""] * 7, extra="labelmap atom " + " ".join(f"{i} {label}" for i, label in enumerate(LABELS, 1)) + "\n")
        text = self.learn()
        self.assertIn(PEPTIDE, text)
        self.assertIn(ELEMENTS, text)

    def test_labels_that_name_nothing(self):
        for comment in ("", "# X", "#"):
            with self.subTest(comment=comment):
                self.molecule([comment] * 7)
                text = self.learn()
                self.assertNotIn(PEPTIDE, text)
                self.assertRegex(text, "WARNING.*all atoms have the mass 12, which tells no elements.*labels of atom types")

    def test_natural_masses_need_no_labels(self):
        """Wrong comments do no harm then."""
        text = re.sub(r"# [A-Z0-9]+: ", "# O ", (EXAMPLE / "ala2.data").read_text())
        self.write("ala2.data", text)
        text = self.learn()
        self.assertIn(PEPTIDE, text)
        self.assertNotIn("recognized elements", text)


if __name__ == "__main__":
    unittest.main()
