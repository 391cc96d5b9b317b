# SPDX-License-Identifier: GPL-2.0-only
"""The command cgflow/train on the Mueller-Brown example: what it writes, on how many ranks, and what it refuses. Each error must
leave the files as they were."""
import re

import numpy as np

from mueller_brown import EXAMPLE, KT
from trained_model import HEAD, TRAIN, CommandsTest


def evaluations(path):
    words = next(line for line in path.read_text().splitlines() if line.startswith("# evaluations")).split()[2:]
    return dict(zip(words[::2], map(int, words[1::2])))


class Train(CommandsTest):
    def test_says_what_it_did(self):
        text = self.made.text
        self.assertRegex(text, r"cgflow/train: trained by example on 80 frames, loss [\d.]+ \(test [\d.]+ on 20 frames\)")
        self.assertRegex(text, r"cgflow/train: wrote m.cgflow, 2500 energy evaluations so far")
        self.assertRegex(text, r"cgflow/train: iteration 1: \d+ new points")
        self.assertNotIn("cgflow/al", text)
        self.assertEqual(self.made.warnings(), [])

    def test_energy_adds_labels_and_fits_anew(self):
        before, labels = self.pmf()
        counts = evaluations(self.folder / "out.pmf")
        self.assertEqual(counts["md"], 2500)
        # Four samples of each of 256 points, then 32 labels of 16 fresh samples.
        self.assertEqual((counts["energy"], counts["labels"]), (4 * 256, 32 * 16))
        self.assertEqual(len(labels), 32)
        self.write("some.txt", "# two places\n-0.5\n0.6   # the wells on the right\n")
        self.lammps(HEAD + TRAIN + "points some.txt\n")
        after, more = self.pmf()
        np.testing.assert_array_equal(more[:len(labels), 0], labels[:, 0])
        # The two new points get 16 of 32 labels; the others are chosen by the std.
        new = more[len(labels):]
        self.assertEqual(len(new), 32)
        for s in (-0.5, 0.6):
            self.assertEqual((new[:16, 0] == s).sum(), 1)
        near = np.minimum(abs(new[:, 0] + 0.5), abs(new[:, 0] - 0.6)) <= 0.1 * 3.8 + 1e-9
        self.assertTrue(np.all(near[:16]))
        self.assertTrue(np.all(new[:, 3] == 16))
        self.assertGreater(abs(after[:, 1] - before[:, 1]).max(), 0.0)
        near = (after[:, 0] > -0.9) & (after[:, 0] < 0.9)
        self.assertLess(np.median(after[near, 2]), np.median(before[near, 2]))
        self.assertEqual(evaluations(self.folder / "out.pmf")["energy"], 4 * (256 + 128))

    def test_points_from_a_dump_of_walkers_are_those_of_a_text(self):
        self.write("some.txt", "-0.5\n0.625\n0.25\n")
        self.lammps(HEAD + """
boundary f p p
region cg block -2.6 1.2 -0.5 0.5 -0.5 0.5
create_box 1 cg
create_atoms 1 single -0.5 0 0
create_atoms 1 single 0.625 0.1 0
create_atoms 1 single 0.25 0 0
mass 1 1
pair_style zero 1.0
pair_coeff * *
shell cp m.cgflow n.cgflow
write_dump all custom walkers.dump id x modify sort id
write_dump all custom scaled.dump id xs modify sort id format float %.14g
shell cp m.cgflow k.cgflow
""" + TRAIN + "points some.txt\n" + TRAIN.replace("m.cgflow", "n.cgflow") + "points walkers.dump\n" +
                    TRAIN.replace("m.cgflow", "k.cgflow") + "points scaled.dump\n")
        for m, k in zip(self.pmf("m.cgflow"), self.pmf("k.cgflow")):
            np.testing.assert_allclose(m, k, rtol=1e-6, atol=1e-6)
        self.assertEqual((self.folder / "m.cgflow").read_bytes(), (self.folder / "n.cgflow").read_bytes())

    def test_epochs_and_settings_of_a_yaml_file(self):
        self.lammps(HEAD + TRAIN + "points minima.txt epochs 3\n")
        self.pmf()
        # Three new points get 192 labels.
        spent = 4 * (256 + 3 * 192)
        self.assertEqual(evaluations(self.folder / "out.pmf")["energy"], spent)
        self.write("other.yaml", (EXAMPLE / "mb.yaml").read_text() + "  energy: {points: 100}\n")
        self.lammps(HEAD + TRAIN + "points minima.txt from other.yaml\n" + TRAIN + "points minima.txt\n")
        self.pmf()
        self.assertEqual(evaluations(self.folder / "out.pmf")["energy"], spent + 2 * 4 * 100)

    def test_from_a_model_leaves_that_model(self):
        before = self.digest()["example.cgflow"]
        self.lammps(HEAD + "cgflow/train energy new.cgflow temp 10.0 seed 5 atomistic in.mb points all.txt from example.cgflow\n")
        self.assertEqual(self.digest()["example.cgflow"], before)
        self.assertEqual((self.folder / "new.cgflow").read_bytes(), (self.folder / "m.cgflow").read_bytes())

    def test_continuing_by_example_keeps_labels_and_pmf(self):
        before, labels = self.pmf()
        self.lammps(HEAD + "cgflow/train example m.cgflow temp 10.0 seed 5 epochs 2\n")
        after, same = self.pmf()
        np.testing.assert_array_equal(after, before)
        np.testing.assert_array_equal(same, labels)

    def test_energy_alone_takes_the_points_of_the_data(self):
        self.lammps(HEAD + "cgflow/train energy new.cgflow temp 10.0 seed 5 atomistic in.mb from mb.yaml\n")
        _, labels = self.pmf("new.cgflow")
        self.assertTrue(np.all(labels[:, 0] < -1.2))

    def test_two_ranks_learn_the_same_pmf(self):
        self.lammps(HEAD + "cgflow/train energy two.cgflow temp 10.0 seed 5 atomistic in.mb points all.txt from example.cgflow\n"
                    "cgflow/train energy again.cgflow temp 10.0 seed 5 atomistic in.mb points all.txt from example.cgflow\n", ranks=2)
        self.assertEqual((self.folder / "two.cgflow").read_bytes(), (self.folder / "again.cgflow").read_bytes())
        one, _ = self.pmf()
        two, _ = self.pmf("two.cgflow")
        known = (one[:, 3] == 1) & (two[:, 3] == 1)
        self.assertGreater(known.sum(), 25)
        difference = (one[:, 1] - two[:, 1])[known]
        self.assertLess(abs(difference - difference.mean()).max(), 0.4 * KT)

    def test_refuses_wrong_arguments(self):
        for arguments, pattern in (
                ("", "Illegal cgflow/train style MODEL temp T seed N ... command: missing"),
                ("forces m.cgflow temp 10 seed 1", "got forces, expected example or energy"),
                ("example m.cgflow seed 1", "keyword temp is missing"),
                ("example m.cgflow temp 10", "keyword seed is missing"),
                ("example m.cgflow temp -1 seed 1", "temp: got -1, expected a temperature > 0"),
                ("example m.cgflow temp 10 seed 0", "seed: got 0, expected an integer > 0"),
                ("example m.cgflow temp 10 seed 1 epoch 3", "unknown keyword epoch, expected temp, seed, from"),
                ("example m.cgflow temp 10 seed 1 epochs 0", "epochs: got 0, expected an integer > 0"),
                ("example m.cgflow temp 10 seed 1 epochs", "missing argument"),
                ("example m.cgflow temp 10 seed 1 points all.txt", "points belongs to training by energy"),
                ("energy m.cgflow temp 10 seed 1", "keyword atomistic is missing")):
            with self.subTest(arguments):
                self.refuse("cgflow/train " + arguments, pattern)

    def test_refuses_a_model_that_does_not_fit(self):
        rest = "seed 5 atomistic in.mb points all.txt"
        self.refuse(f"cgflow/train energy m.cgflow temp 11.0 {rest}", "m.cgflow was trained at T = 10, here temp is 11")
        self.refuse(f"cgflow/train energy m.cgflow temp 10.0 {rest}".replace("seed 5", "seed 6"),
                    "m.cgflow was made with the seed 5, here seed is 6")
        self.refuse("cgflow/train example m.cgflow temp 10.0 seed 5", "m.cgflow was trained in units lj, here they are real",
                    head="units real\n")
        self.refuse(f"cgflow/train energy new.cgflow temp 10.0 {rest} from mb.yaml",
                    "in.mb: units lj differ from the main script's units real",
                    head="units real\n")
        self.refuse(f"cgflow/train energy new.cgflow temp 10.0 {rest}", "new.cgflow does not exist yet; keyword from is missing")
        self.write("other.yaml", (EXAMPLE / "mb.yaml").read_text().replace("-2.6", "-2.7"))
        self.refuse(f"cgflow/train energy m.cgflow temp 10.0 {rest} from other.yaml", "range")
        self.write("two.mb", (EXAMPLE / "in.mb").read_text().replace("atomic", "molecular").replace(
            "mass ", "create_atoms 1 single 0 0 0\nset group all mol 1\nmass "))
        self.refuse("cgflow/train energy m.cgflow temp 10.0 seed 5 atomistic two.mb", "two.mb has 2 atoms, the model was made for 1")

    def test_refuses_files_that_are_no_models(self):
        whole = (self.folder / "m.cgflow").read_bytes()
        for name, content, pattern in (("short.cgflow", whole[:len(whole) // 2], "truncated|damaged|length"),
                                       ("foreign.cgflow", b"some text\n" * 40, "not a cgflow"),
                                       ("bent.cgflow", whole[:-200] + bytes(200), "damaged|checksum")):
            (self.folder / name).write_bytes(content)
            with self.subTest(name):
                self.refuse(f"cgflow/train example {name} temp 10 seed 5", name + ".*(" + pattern + ")")
                self.refuse(f"cgflow/train example new.cgflow temp 10 seed 5 from {name}", name + ".*(" + pattern + ")")
        self.refuse("cgflow/train example new.cgflow temp 10 seed 5 from none.yaml", "none.yaml")

    def test_refuses_bad_points_and_data(self):
        for content, pattern in (("0.1 0.2\n", "p.txt, line 1: got 2 columns, expected 1"), ("here\n", "got 'here', expected a number"),
                                 ("5.0\n", "outside the ranges"), ("# none\n", "got no point"),
                                 ("ITEM: TIMESTEP\n0\nITEM: NUMBER OF ATOMS\n0\nITEM: ATOMS id x\n", "got no walker")):
            with self.subTest(content):
                self.write("p.txt", content)
                self.refuse(TRAIN + "points p.txt", pattern)
        self.refuse(TRAIN + "points none.txt", "none.txt: No such file")
        self.write("two.dump", "ITEM: TIMESTEP\n0\nITEM: NUMBER OF ATOMS\n2\nITEM: BOX BOUNDS ff ff pp\n-5 5\n-5 5\n-1 1\n"
                   "ITEM: ATOMS id x y z\n1 0 0 0\n2 0 0 0\n")
        self.write("two.yaml", (EXAMPLE / "mb.yaml").read_text().replace("mb_basin.dump", "two.dump"))
        for kind in ("example", "energy"):
            self.refuse(f"cgflow/train {kind} m.cgflow temp 10 seed 5 from two.yaml atomistic in.mb",
                        "two.dump: got 2 atoms in a frame, expected the 1 of the molecule")
        self.write("none.yaml", re.sub("train:.*", "", (EXAMPLE / "mb.yaml").read_text(), flags=re.S))
        for kind in ("example", "energy"):
            self.refuse(f"cgflow/train {kind} new.cgflow temp 10 seed 5 from none.yaml atomistic in.mb", "example: dump is missing")

    def test_refuses_what_the_budget_does_not_hold(self):
        self.write("poor.yaml", (EXAMPLE / "mb.yaml").read_text() + "budget: 4500\n")
        self.refuse(TRAIN + "points all.txt from poor.yaml", "the budget of 4500 energy evaluations does not hold another training, \d+ are spent")

    def test_finds_a_target_that_cannot_be_written_before_it_trains(self):
        (self.folder / "folder.cgflow").mkdir()
        for target, reason in (("none/m.cgflow", "No such file or directory"), ("folder.cgflow", "Is a directory")):
            result = self.refuse(f"cgflow/train example {target} temp 10 seed 5 from mb.yaml", f"Cannot write file {target}: {reason}")
            self.assertNotIn("trained by example", result.text)
        self.refuse("cgflow/train example none/m.cgflow temp 10 seed 5 from mb.yaml", "Cannot write file none/m.cgflow", ranks=2)

    def test_passes_on_what_the_atomistic_script_says(self):
        self.write("in.bad", "units lj\npair_style nothing\n")
        self.refuse("cgflow/train energy m.cgflow temp 10 seed 5 atomistic in.bad", "Atomistic script in.bad: .*nothing")
        self.refuse("cgflow/train energy m.cgflow temp 10 seed 5 atomistic in.none", "Atomistic script in.none: cannot be opened")
        self.write("in.run", (EXAMPLE / "in.mb").read_text() + "run 0\n")
        self.refuse("cgflow/train energy m.cgflow temp 10 seed 5 atomistic in.run", "command 'run' .*not allowed")
