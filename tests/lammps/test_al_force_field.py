# SPDX-License-Identifier: GPL-2.0-only
"""State and model keep the energies of probe conformers: what was learned with one force field is not mixed with energies of another."""
import shutil
import struct
import unittest

import learning as l
from harness import LammpsTest, SOURCE
from test_al_errors import crc64

HEAD = "units lj\ndimension 2\n"
TRAIN = HEAD + "cgflow/train energy %s temp 10.0 seed 4711 atomistic in.mb points points.txt%s\n"
BACKMAP = HEAD + "cgflow/backmap mb.cgflow 5 seed 1 points pmf dump out.dump%s\n"
NUMBERS = r"at a probe conformer its energy is -?[\d.]+, with in\.mb it is -?[\d.]+; "
OTHER = "it was made with another force field or system: " + NUMBERS


class ForceField(l.LearningTest):
    def setUp(self):
        super().setUp()
        self.lammps(l.learning("run 5\n"))
        self.before = self.outputs()
        self.write("points.txt", "0.0\n")

    def change(self, energy):
        """Adds an energy to the system, a constant included: labels of two offsets cannot be mixed, either."""
        self.write("in.mb", l.SYSTEM + f"variable e atom {energy}\nvariable none atom 0.0\n"
                   "fix more all addforce v_none v_none v_none energy v_e\nfix_modify more energy yes\n")

    def rewrite(self, name, old, new):
        content = (self.folder / name).read_bytes()[:-8]
        self.assertEqual(content.count(old), 1)
        content = content.replace(old, new)
        (self.folder / name).write_bytes(content + crc64(content))

    def forget(self, name):
        """Makes the file one of an older version, without probes."""
        self.rewrite(name, b"probes.energies", b"probes.unknown!")
        self.rewrite(name, b"probes.x", b"probes.y")

    def energies(self, name):
        """Where the four probe energies are in the file, and their values: after a byte for the type and two words."""
        content = (self.folder / name).read_bytes()
        at = content.index(b"probes.energies") + len(b"probes.energies") + 1 + 2 * 8
        return content[at:at + 32], struct.unpack("<4d", content[at:at + 32])

    def test_resume(self):
        self.change("0.5")
        for ranks in (1, 2):
            result = self.assert_error(l.learning("run 9\n"), "mb.state: " + OTHER + "use the same atomistic script, or fresh yes", ranks=ranks)
            self.assertEqual(len(result.errors()), 1)
        self.same_files()
        self.lammps(l.learning("run 9\n", options="fresh yes"))

    def same_files(self):
        for name, content in self.outputs().items():
            self.assertEqual(content, self.before[name], name)

    def test_last_digits_may_differ(self):
        # A thousandth of kT, and what another machine may change.
        self.change("0.009")
        self.assertIn("is complete in mb.state", self.lammps(l.learning("run 5\n")).text)
        place, values = self.energies("mb.state")
        self.rewrite("mb.state", place, struct.pack("<4d", *(value * (1 + 1e-9) + 1e-6 for value in values)))
        self.assertIn("is complete in mb.state", self.lammps(l.learning("run 5\n")).text)
        self.rewrite("mb.state", self.energies("mb.state")[0], struct.pack("<4d", *values[:3], values[3] + 0.03))
        self.assert_error(l.learning("run 5\n"), "mb.state: " + OTHER)

    def test_trained_model(self):
        shutil.copy(self.folder / "mb.cgflow", self.folder / "other.cgflow")
        self.lammps(BACKMAP % " weights yes atomistic in.mb")
        self.change("0.5")
        (self.folder / "mb.state").rename(self.folder / "away")
        self.assert_error(l.learning("run 5\n", model="other.cgflow"), "other.cgflow: " + OTHER + "a model keeps its force field")
        self.assert_error(TRAIN % ("mb.cgflow", ""), "mb.cgflow: " + OTHER + "a model keeps its force field")
        self.assert_error(TRAIN % ("new.cgflow", " from mb.cgflow"), "mb.cgflow: " + OTHER)
        self.assert_error(BACKMAP % " weights yes atomistic in.mb", "mb.cgflow: " + OTHER + "weights need the energies of")
        self.assertFalse((self.folder / "out.dump.weights").read_text() == "")
        self.lammps(BACKMAP % " atomistic in.mb")    # needs no energy
        (self.folder / "away").rename(self.folder / "mb.state")
        self.same_files()

    def test_model_of_the_command_keeps_probes_too(self):
        """Also one that had no energies before, since its training by example knew no script."""
        self.lammps(HEAD + "cgflow/train example m.cgflow temp 10.0 seed 4711 from mb.yaml\n")
        self.assertNotIn(b"probes", (self.folder / "m.cgflow").read_bytes())
        text = self.lammps(TRAIN % ("m.cgflow", "")).text
        self.assertNotIn("holds no probe energies", text)
        self.assertEqual(self.energies("m.cgflow")[1], self.energies("mb.state")[1])
        self.change("0.5")
        self.assert_error(TRAIN % ("m.cgflow", ""), "m.cgflow: " + OTHER)

    def test_files_of_older_versions_are_read_and_said(self):
        says = "%s holds no probe energies, as files of older versions: whether in.mb has its force field is not checked"
        shutil.copy(self.folder / "mb.cgflow", self.folder / "old.cgflow")
        self.forget("mb.state")
        self.forget("mb.cgflow")
        self.forget("old.cgflow")
        self.assertIn(says % "mb.cgflow", self.lammps(BACKMAP % " weights yes atomistic in.mb").text)
        self.assertIn(says % "mb.cgflow", self.lammps(TRAIN % ("mb.cgflow", "")).text)
        self.assertNotIn("holds no probe", self.lammps(TRAIN % ("mb.cgflow", "")).text)
        result = self.lammps(l.learning("run 5\n")).text
        self.assertIn(says % "mb.state", result)
        self.assertIn("is complete in mb.state", result)
        (self.folder / "mb.state").unlink()
        self.assertIn(says % "old.cgflow", self.lammps(l.learning("run 9\n", model="old.cgflow")).text)
        self.assertEqual(len(self.energies("mb.cgflow")[1]), 4)    # the new model has them

    def test_probes_that_do_not_fit_are_one_error(self):
        self.rewrite("mb.cgflow", self.energies("mb.cgflow")[0], struct.pack("<4d", 1.0, 2.0, float("nan"), 3.0))
        self.assert_error(BACKMAP % " weights yes atomistic in.mb", "mb.cgflow: item 'probes.energies': number 3 is -?nan, expected a finite number")


class Molecule(LammpsTest):
    EXAMPLE = SOURCE / "examples" / "USER-CGFLOW" / "alanine-dipeptide"

    def test_a_changed_line_of_the_force_field(self):
        """Charges, a cutoff, a term less: whatever is changed, the molecule and its structure are the same."""
        for name in ("ala2.data", "in.vacuum", "vacuum.yaml"):
            shutil.copy(self.EXAMPLE / name, self.folder)
        self.write("vacuum.yaml", (self.folder / "vacuum.yaml").read_text() +
                   "\nflow: {layers: [rotor], hidden: [8]}\npmf: {members: 2}\ntrain: {energy: {points: 16, first_epochs: 1}, labels: {points: 8}}\n")
        train = ("units real\ncgflow/train energy m.cgflow temp 300.0 seed 1 atomistic in.vacuum from vacuum.yaml\n")
        self.lammps(train)
        text = (self.folder / "in.vacuum").read_text()
        self.assertEqual(text.count("read_data       ala2.data\n"), 1)
        for old, new in (("read_data ", "dielectric 4.0\nread_data "), ("lj/cut/coul/cut 18", "lj/cut/coul/cut 6"),
                         ("special_bonds   amber", "special_bonds charmm"), ("pair_modify     mix arithmetic", "pair_modify mix geometric")):
            with self.subTest(new):
                self.assertIn(old, text)
                self.write("in.vacuum", text.replace(old, new))
                self.assert_error(train, r"m\.cgflow: it was made with another force field or system: .* with in\.vacuum it is")


if __name__ == "__main__":
    unittest.main()
