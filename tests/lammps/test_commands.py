# SPDX-License-Identifier: GPL-2.0-only
"""The commands cgflow/train, cgflow/pmf and cgflow/backmap on the Mueller-Brown example: what they write, on how many ranks,
and what they refuse. Each error must leave the files as they were."""
import hashlib
import os
import pathlib
import re
import shutil
import tempfile

import numpy as np

from harness import LammpsTest, read_dump
from mueller_brown import EXAMPLE, KT, mueller_brown

HEAD = "units lj\ndimension 2\n"
TRAIN = "cgflow/train energy m.cgflow temp 10.0 seed 5 atomistic in.mb "
BACKMAP = "cgflow/backmap m.cgflow 4 seed 3 points minima.txt dump d.lammpstrj "


def table(path):
    return np.loadtxt(path, comments="#", ndmin=2)


def evaluations(path):
    words = next(line for line in path.read_text().splitlines() if line.startswith("# evaluations")).split()[2:]
    return dict(zip(words[::2], map(int, words[1::2])))


def read_local(path):
    """The rows of a dump of style local with one row per frame."""
    lines = path.read_text().splitlines()
    return [list(map(float, lines[i + 1].split())) for i, line in enumerate(lines) if line.startswith("ITEM: ENTRIES")]


class CommandsTest(LammpsTest):
    """Working folder with in.mb, mb.yaml, mb_basin.dump, minima.txt and a trained model m.cgflow."""

    @classmethod
    def setUpClass(cls):
        cls.store = pathlib.Path(tempfile.mkdtemp(prefix="cgflow-test-"))
        cls.addClassCleanup(shutil.rmtree, cls.store, ignore_errors=True)
        maker = LammpsTest()
        maker.folder = cls.store
        for name in ("in.mb", "mb.yaml", "minima.txt"):
            shutil.copy(EXAMPLE / name, cls.store)
        maker.lammps(EXAMPLE / "in.basin")
        maker.write("all.txt", "".join(f"{s:.4f}\n" for s in np.linspace(-2.55, 1.15, 30)))
        cls.made = maker.lammps(HEAD + "cgflow/train example m.cgflow temp 10.0 seed 5 from mb.yaml\n"
                                "shell cp m.cgflow example.cgflow\n" + TRAIN + "points all.txt\n")

    def setUp(self):
        super().setUp()
        for path in self.store.iterdir():
            if path.name not in ("in.test", "log.lammps"):
                shutil.copy(path, self.folder)

    def digest(self):
        """Contents of the working folder, without script and log."""
        return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(self.folder.iterdir())
                if path.is_file() and path.name not in ("in.test", "log.lammps")}

    def refuse(self, commands, pattern, head=HEAD, ranks=1):
        before = self.digest()
        result = self.assert_error(head + commands + "\n", pattern, ranks=ranks)
        self.assertEqual(self.digest(), before, "an error has changed files")
        return result

    def pmf(self, model="m.cgflow", grid="39 -2.6 1.2"):
        self.lammps(HEAD + f"cgflow/pmf {model} grid {grid} file out.pmf labels out.labels\n")
        return table(self.folder / "out.pmf"), table(self.folder / "out.labels")


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


class Pmf(CommandsTest):
    def test_any_grid_shows_the_same_surface(self):
        whole, labels = self.pmf(grid="39 -2.6 1.2")
        np.testing.assert_allclose(whole[:, 0], np.linspace(-2.6, 1.2, 39), atol=1e-12)
        self.assertEqual(whole[:, 1].min(), 0.0)
        np.testing.assert_array_equal(whole[:, 3], whole[:, 2] <= 0.2 * KT)
        part, _ = self.pmf(grid="3 -0.6 0.4")
        np.testing.assert_allclose(part[:, 0], [-0.6, -0.1, 0.4], atol=1e-12)
        rows = [np.argmin(abs(whole[:, 0] - s)) for s in part[:, 0]]
        np.testing.assert_allclose(np.diff(part[:, 1]), np.diff(whole[rows, 1]), atol=1e-8)
        np.testing.assert_allclose(part[:, 2], whole[rows, 2], rtol=1e-8)
        outside, _ = self.pmf(grid="2 1.2 3.0")
        self.assertEqual(outside[1, 2], np.inf)
        self.assertEqual(outside[1, 3], 0)
        text = (self.folder / "out.pmf").read_text().splitlines()
        self.assertEqual(text[0], "# kT 10 units lj T 10 domain all")
        self.assertRegex(text[1], r"# evaluations md 2500 example 0 energy 1024 test \d+ labels \d+ total \d+")
        self.assertEqual(text[2], "# status 0")
        self.assertEqual(text[3], "# s F std known")

    def test_labels_lie_on_the_pmf(self):
        _, labels = self.pmf()
        self.assertEqual(labels.shape[1], 5)
        self.assertEqual(labels[:, 1].min(), 0.0)
        self.assertEqual(set(labels[:, 3]), {16})
        fine, _ = self.pmf(grid="2001 -2.6 1.2")
        difference = labels[:, 1] - np.interp(labels[:, 0], fine[:, 0], fine[:, 1])
        weight = 1 / (labels[:, 2]**2 + 0.01)
        difference -= (weight * difference).sum() / weight.sum()
        self.assertLess(np.sqrt(np.mean((difference / np.hypot(labels[:, 2], 0.1))**2)), 2.0)

    def test_one_and_two_ranks_write_the_same_files(self):
        self.pmf()
        one = self.digest()
        self.lammps(HEAD + "cgflow/pmf m.cgflow grid 39 -2.6 1.2 file out.pmf labels out.labels\n", ranks=2)
        self.assertEqual(self.digest(), one)

    def test_models_are_found_among_the_potentials(self):
        self.pmf()
        one = self.digest()
        (self.folder / "potentials").mkdir()
        shutil.move(self.folder / "m.cgflow", self.folder / "potentials" / "m.cgflow")
        command = HEAD + "cgflow/pmf m.cgflow grid 39 -2.6 1.2 file out.pmf labels out.labels\n"
        self.assert_error(command, "m.cgflow: No such file")
        os.environ["LAMMPS_POTENTIALS"] = str(self.folder / "potentials")
        self.addCleanup(os.environ.pop, "LAMMPS_POTENTIALS")
        self.lammps(command + BACKMAP + "\n" + "cgflow/train example n.cgflow temp 10 seed 5 epochs 1 from m.cgflow\n")
        self.assertEqual(self.digest()["out.pmf"], one["out.pmf"])
        self.assertTrue((self.folder / "d.lammpstrj").exists())
        self.assertTrue((self.folder / "n.cgflow").exists())

    def test_pair_style_reads_the_table(self):
        self.pmf(grid="201 -2.6 1.2")
        text = HEAD + """
boundary f p p
region cg block -2.6 1.2 -0.5 0.5 -0.5 0.5
create_box 1 cg
create_atoms 1 single 0.61 0 0
mass 1 1
pair_style cgflow/pmf
pair_coeff * * %s
thermo_style custom step pe fmax
thermo_modify norm no format float %%.10g
run 0
displace_atoms all move -2.5 0 0
run 0
"""
        differences = []
        for name in ("m.cgflow", "out.pmf"):
            result = self.lammps(text % name)
            differences.append(result.thermo(1)["PotEng"][0] - result.thermo(0)["PotEng"][0])
        self.assertAlmostEqual(differences[0], differences[1], delta=0.02)

    def test_refuses_wrong_arguments(self):
        for arguments, pattern in (
                ("", "missing"), ("m.cgflow", "missing"),
                ("m.cgflow grid 10 -2 1", "keyword file is missing"),
                ("m.cgflow file out.pmf", "keyword grid is missing"),
                ("m.cgflow file out.pmf grid", "missing argument"),
                ("m.cgflow grid file out.pmf", "keyword grid is missing, or no number follows it"),
                ("m.cgflow grid 10 -2 file out.pmf", "got 2 numbers, expected n lo hi for each of the 1 CG variables of m.cgflow"),
                ("m.cgflow grid 10 -2 1 10 -2 1 file out.pmf", "got 6 numbers"),
                ("m.cgflow grid 1 -2 1 file out.pmf", "got 1 -2 1 for s, expected at least 2 points and lo < hi"),
                ("m.cgflow grid 10 1 -2 file out.pmf", "got 10 1 -2 for s"),
                ("m.cgflow grid 100000000 -2 1 file out.pmf", "got 100000000 points in all, expected at most 10000000"),
                ("m.cgflow grid 10 -2 1 file out.pmf label l", "unknown keyword label, expected grid, file or labels"),
                ("m.cgflow grid 10 -2 1 fiel out.pmf", "unknown keyword fiel, expected grid, file or labels"),
                ("m.cgflow grid 10 -2 end file out.pmf", "Expected floating point parameter instead of 'end'"),
                ("none.cgflow grid 10 -2 1 file out.pmf", "none.cgflow: No such file"),
                ("minima.txt grid 10 -2 1 file out.pmf", "minima.txt.*not a cgflow"),
                ("example.cgflow grid 10 -2 1 file out.pmf", "example.cgflow holds no PMF yet, train it by energy"),
                ("m.cgflow grid 10 -2 1 file none/out.pmf", "Cannot write file none/out.pmf: No such file"),
                ("m.cgflow grid 10 -2 1 file out.pmf labels none/l", "Cannot write file none/l: No such file")):
            with self.subTest(arguments):
                self.refuse("cgflow/pmf " + arguments, pattern)
        self.refuse("cgflow/pmf m.cgflow grid 10 -2 1 file out.pmf", "trained in units lj, here they are metal", head="units metal\n")


class Backmap(CommandsTest):
    def weights(self, name="d.lammpstrj.weights"):
        path = self.folder / name
        self.assertEqual(path.read_text().splitlines()[0], "# frame point s lnw lnW")
        return table(path)

    def test_points_with_weights(self):
        result = self.lammps(HEAD + BACKMAP + "weights yes atomistic in.mb\n")
        self.assertRegex(result.text, r"cgflow/backmap: wrote 12 structures to d.lammpstrj")
        self.assertRegex(result.text, r"cgflow/backmap: 12 energy evaluations, 0 rejected, ESS share [01]\.\d+")
        frames = read_dump(self.folder / "d.lammpstrj")
        weights = self.weights()
        self.assertEqual([step for step, _ in frames], list(range(1, 13)))
        np.testing.assert_array_equal(weights[:, 0], np.arange(1, 13))
        np.testing.assert_array_equal(weights[:, 1], np.repeat([1, 2, 3], 4))
        s = np.array([f["x"][0] - f["y"][0] for _, f in frames])
        np.testing.assert_allclose(s, weights[:, 2], atol=1e-8)
        np.testing.assert_allclose(s, np.repeat([-2.01, -0.48, 0.58], 4), atol=1e-8)
        self.assertEqual(list(frames[0][1]), ["id", "type", "x", "y", "z"])
        self.assertTrue(np.all(np.isfinite(weights[:, 3])))
        self.assertTrue(np.all(np.isnan(weights[:, 4])))
        self.assertEqual(len(set(s + 1e3 * np.array([f["x"][0] for _, f in frames]))), 12)

    def test_mean_weight_gives_the_pmf_back(self):
        self.lammps(HEAD + "cgflow/backmap m.cgflow 400 seed 3 points minima.txt dump d.lammpstrj weights yes atomistic in.mb\n")
        w = np.exp(self.weights()[:, 3]).reshape(3, 400)
        f = -np.log(w.mean(axis=1))
        error = w.std(axis=1) / w.mean(axis=1) / 20
        t = np.linspace(-4, 4, 8001)
        # dx dy = ds dt / 2 for s = x - y, t = x + y.
        exact = [-np.log(np.exp(-mueller_brown((s + t) / 2, (t - s) / 2) / KT).sum() * 1e-3 / 2) for s in (-2.01, -0.48, 0.58)]
        for k in range(3):
            self.assertLess(error[k], 0.1)
            self.assertAlmostEqual(f[k], exact[k], delta=5 * error[k])

    def test_ensemble_of_the_pmf(self):
        self.lammps(HEAD + "cgflow/backmap m.cgflow 3000 seed 3 points pmf dump d.lammpstrj weights yes atomistic in.mb\n")
        weights = self.weights()
        np.testing.assert_array_equal(weights[:, 1], np.arange(1, 3001))
        frames = read_dump(self.folder / "d.lammpstrj")
        x, y = (np.array([f[c][0] for _, f in frames]) for c in "xy")
        np.testing.assert_allclose(x - y, weights[:, 2], atol=1e-8)
        W, U = np.exp(weights[:, 4] - weights[:, 4].max()), mueller_brown(x, y)
        mean = (W * U).sum() / W.sum()
        error = np.sqrt(((W / W.sum() * (U - mean))**2).sum())
        s, t = np.meshgrid(np.linspace(-2.6, 1.2, 1501), np.linspace(-4, 4, 1501))
        exact = mueller_brown((s + t) / 2, (t - s) / 2)
        p = np.exp(-(exact - exact.min()) / KT)
        self.assertLess(error, 0.05 * KT)
        self.assertAlmostEqual(mean, (p * exact).sum() / p.sum(), delta=5 * error)

    def test_rejected_structures_have_no_weight_and_stay_in_the_dump(self):
        self.write("in.half", (EXAMPLE / "in.mb").read_text().replace("-5 5 -5 5", "-0.55 5 -5 5").replace("-0.55 1.44", "-0.5 1.44"))
        result = self.lammps(HEAD + "cgflow/backmap m.cgflow 100 seed 3 points one.txt dump d.lammpstrj weights yes atomistic in.half\n"
                             "cgflow/backmap m.cgflow 100 seed 3 points one.txt dump e.lammpstrj custom id x fx weights yes "
                             "atomistic in.half\n".replace("one.txt", self.write("one.txt", "-2.01\n").name))
        frames = read_dump(self.folder / "d.lammpstrj")
        x = np.array([f["x"][0] for _, f in frames])
        rejected = np.isneginf(self.weights()[:, 3])
        self.assertEqual(len(x), 100)
        np.testing.assert_array_equal(rejected, x < -0.55)
        self.assertGreater(rejected.sum(), 10)
        self.assertIn(f"100 energy evaluations, {rejected.sum()} rejected", result.text)
        other = read_dump(self.folder / "e.lammpstrj")
        np.testing.assert_allclose([f["x"][0] for _, f in other], x, rtol=1e-5)

    def test_other_columns_belong_to_their_frame(self):
        self.write("in.cv", (EXAMPLE / "in.mb").read_text() + "compute pe all pe/atom\n")
        self.lammps(HEAD + "cgflow/backmap m.cgflow 5 seed 3 points minima.txt dump d.custom custom id x y fx c_pe modify format float "
                    "%.10g weights yes atomistic in.cv\n")
        frames = read_dump(self.folder / "d.custom")
        self.assertEqual(len(frames), 15)
        for _, f in frames:
            x, y, h = f["x"][0], f["y"][0], 1e-5
            self.assertAlmostEqual(f["c_pe"][0], mueller_brown(x, y), delta=1e-5)
            self.assertAlmostEqual(f["fx"][0], -(mueller_brown(x + h, y) - mueller_brown(x - h, y)) / (2 * h), delta=1e-3)

    def test_other_styles_hold_the_same_structures(self):
        self.lammps(HEAD + BACKMAP + "atomistic in.mb\n" + BACKMAP.replace("d.lammpstrj", "d.xyz xyz") + "atomistic in.mb\n" +
                    BACKMAP.replace("d.lammpstrj", "d.atom atom") + "atomistic in.mb\n" +
                    BACKMAP.replace("d.lammpstrj", "d.yaml yaml id x y z") + "atomistic in.mb\n")
        frames = [[f[c][0] for c in "xyz"] for _, f in read_dump(self.folder / "d.lammpstrj")]
        lines = (self.folder / "d.xyz").read_text().splitlines()
        self.assertEqual(len(lines), 3 * 12)
        np.testing.assert_allclose([list(map(float, line.split()[1:])) for line in lines[2::3]], frames, rtol=1e-5)
        scaled = np.array([[f[c][0] for c in ("xs", "ys", "zs")] for _, f in read_dump(self.folder / "d.atom")])
        np.testing.assert_allclose(scaled * [10, 10, 1] + [-5, -5, -0.5], frames, atol=2e-5)
        rows = re.findall(r"^  - \[ 1 , (\S+) , (\S+) , (\S+), \]$", (self.folder / "d.yaml").read_text(), re.M)
        np.testing.assert_allclose(np.array(rows, float), frames, rtol=1e-5)
        self.assertFalse(list(self.folder.glob("*.weights")))
        self.assertFalse(list(self.folder.glob("tmp.*")))

    def test_rerun_reads_the_dumps(self):
        result = self.lammps("include in.mb\n" + BACKMAP + "atomistic in.mb\n" + BACKMAP.replace("d.l", "e.l") + """
thermo_style custom step pe
thermo_modify format float %.10g
thermo 1
rerun d.lammpstrj dump x y
rerun e.lammpstrj dump x y box no
""")
        frames = read_dump(self.folder / "d.lammpstrj")
        expected = [mueller_brown(f["x"][0], f["y"][0]) for _, f in frames]
        for run in (0, 1):
            np.testing.assert_allclose(result.thermo(run)["PotEng"], expected, rtol=1e-6)

    def test_without_atomistic_the_structures_are_the_same(self):
        self.lammps(HEAD + BACKMAP + "\n" + BACKMAP.replace("d.l", "e.l") + "atomistic in.mb weights yes\n")
        a, b = (read_dump(self.folder / name) for name in ("d.lammpstrj", "e.lammpstrj"))
        self.assertEqual(list(a[0][1]), ["id", "x", "y", "z"])
        for (_, f), (_, g) in zip(a, b):
            for c in "xyz":
                np.testing.assert_allclose(f[c], g[c], rtol=1e-9, atol=1e-12)

    def test_one_and_two_ranks_write_the_same_files(self):
        commands = HEAD + BACKMAP + "weights yes atomistic in.mb\n" + BACKMAP.replace("minima.txt", "pmf").replace(
            "d.l", "e.l").replace("m.cgflow 4", "m.cgflow 35") + "weights yes atomistic in.mb\n"
        self.lammps(commands)
        one = self.digest()
        self.assertIn("e.lammpstrj.weights", one)
        self.lammps(commands, ranks=2)
        self.assertEqual(self.digest(), one)

    def test_seed_decides(self):
        self.lammps(HEAD + BACKMAP + "\n" + BACKMAP.replace("d.l", "e.l") + "\n" + BACKMAP.replace("d.l", "f.l").replace("seed 3", "seed 4"))
        d, e, f = ((self.folder / f"{name}.lammpstrj").read_text() for name in "def")
        self.assertEqual(d, e)
        self.assertNotEqual(d, f)

    def test_variables_of_the_script_reach_the_system(self):
        self.write("in.var", (EXAMPLE / "in.mb").read_text().replace("mass            1 1.0", "mass 1 ${m}"))
        self.lammps("variable m index 2.5\n" + HEAD + BACKMAP.replace("d.l", "d.x custom id mass x modify sort id format float %.3f ").replace(
            "ammpstrj", "") + "atomistic in.var\n")
        self.assertEqual(read_dump(self.folder / "d.x")[0][1]["mass"], [2.5])

    def test_refuses_wrong_arguments(self):
        for arguments, pattern in (
                ("", "missing"),
                ("m.cgflow 20000000 seed 3 points pmf dump d", r"got 20000000 structures in all \(20000000 for each of 1 points\), "
                 "expected at most 10000000"),
                ("m.cgflow 0 seed 3 points pmf dump d", "got 0 structures, expected an integer > 0"),
                ("m.cgflow 4 points pmf dump d", "keyword seed is missing"),
                ("m.cgflow 4 seed 3 dump d", "keyword points is missing"),
                ("m.cgflow 4 seed 3 points pmf", "keyword dump is missing"),
                ("m.cgflow 4 seed 0 points pmf dump d", "seed: got 0, expected an integer > 0"),
                ("m.cgflow 4 sed 3 points pmf dump d", "unknown keyword sed, expected seed, points, dump, weights or atomistic"),
                ("m.cgflow 4 seed 3 points pmf dump d weights yes", "weights yes needs keyword atomistic"),
                ("m.cgflow 4 seed 3 points pmf dump d weights", "missing argument"),
                ("m.cgflow 4 seed 3 points pmf dump d xyz", "dump style xyz needs keyword atomistic"),
                ("m.cgflow 4 seed 3 points none.txt dump d", "none.txt: No such file"),
                ("none.cgflow 4 seed 3 points pmf dump d", "none.cgflow: No such file"),
                ("example.cgflow 4 seed 3 points pmf dump d", "example.cgflow holds no PMF yet"),
                ("m.cgflow 4 seed 3 points pmf dump none/d", "Cannot write file none/d: No such file"),
                ("m.cgflow 4 seed 3 points pmf dump d.*.x", "a name with \\* or %, expected one file for all frames")):
            with self.subTest(arguments):
                self.refuse("cgflow/backmap " + arguments, pattern)
        self.refuse(BACKMAP, "trained in units lj, here they are real", head="units real\n")

    def test_refuses_systems_that_do_not_fit(self):
        self.write("two.mb", (EXAMPLE / "in.mb").read_text().replace("atomic", "molecular").replace(
            "mass ", "create_atoms 1 single 0 0 0\nset group all mol 1\nmass "))
        for weights in ("yes", "no"):
            self.refuse(BACKMAP + f"weights {weights} atomistic two.mb", "two.mb has 2 atoms, the model m.cgflow was made for 1")
        self.write("in.metal", (EXAMPLE / "in.mb").read_text().replace("units           lj", "units metal"))
        for weights in ("yes", "no"):
            self.refuse(BACKMAP + f"weights {weights} atomistic in.metal", "units metal differ from the main script's units lj")

    def test_a_dump_that_fails_leaves_the_old_files(self):
        self.lammps(HEAD + BACKMAP + "weights yes atomistic in.mb\n")
        other = BACKMAP.replace("seed 3", "seed 4")
        for style, pattern in (("nostyle", "dump d.lammpstrj: .*nostyle"),
                               ("custom id nocolumn", "nocolumn"),
                               ("custom id c_none", "none"),
                               ("custom id x modify nokeyword 3", "nokeyword"),
                               ("cfg mass type xs ys zs", "[Dd]ump cfg"),
                               ("image type type", "[Dd]ump image|wildcard")):
            with self.subTest(style):
                self.refuse(other.replace("dump d.lammpstrj", f"dump d.lammpstrj {style}") + "weights yes atomistic in.mb", pattern)
        (self.folder / "e.lammpstrj.weights").mkdir()
        self.refuse(other.replace("d.l", "e.l") + "weights yes atomistic in.mb", "Cannot write file e.lammpstrj.weights: Is a directory")
        self.refuse(other.replace("d.lammpstrj", "d.lammpstrj nostyle") + "weights yes atomistic in.mb", "nostyle", ranks=2)


class TwoParticles(LammpsTest):
    """Cases that need more than one particle: a bonded pair on the surface, with two CG variables."""

    SYSTEM = """
units lj
dimension 2
atom_style bond
boundary f f p
comm_modify cutoff 12
region box block -5 5 -5 5 -0.5 0.5
create_box 1 box bond/types 1 extra/bond/per/atom 1
create_atoms 1 single -0.55 1.44 0
create_atoms 1 single 0.6 0.03 0
mass 1 1
set group all mol 1
pair_style zero 1.0 nocoeff
pair_coeff * *
bond_style harmonic
bond_coeff 1 20 1.82
create_bonds single/bond 1 1 2
fix surface all mueller/brown
"""
    YAML = """
cg:
  - {name: a, linear: {x1: 1, y1: -1}, range: [-3, 0]}
  - {name: b, linear: {x2: 1, y2: -1}, range: [-1, 2]}
fine: [{name: ta, linear: {x1: 1, y1: 1}}, {name: tb, linear: {x2: 1, y2: 1}}]
train: {example: {dump: two.dump}}
"""

    def setUp(self):
        super().setUp()
        self.write("in.two", self.SYSTEM)
        self.write("two.yaml", self.YAML)
        random = np.random.default_rng(3)
        frames = random.normal([-0.55, 1.44, 0.6, 0.03], 0.08, (60, 4))
        self.write("two.dump", "".join(
            f"ITEM: TIMESTEP\n{i}\nITEM: NUMBER OF ATOMS\n2\nITEM: BOX BOUNDS ff ff pp\n-5 5\n-5 5\n-0.5 0.5\nITEM: ATOMS id x y z\n"
            f"2 {f[2]} {f[3]} 0\n1 {f[0]} {f[1]} 0\n" for i, f in enumerate(frames)))
        self.write("points.txt", "# a b\n-2.0 0.57\n-1.9 0.5\n")

    def test_every_command_on_two_atoms_and_two_variables(self):
        self.lammps(HEAD + """
cgflow/train example two.cgflow temp 10 seed 5 from two.yaml
cgflow/train energy two.cgflow temp 10 seed 5 atomistic in.two points points.txt
cgflow/pmf two.cgflow grid 5 -2.2 -1.8 4 0.4 0.7 file two.pmf labels two.labels
cgflow/backmap two.cgflow 6 seed 3 points points.txt dump d.lammpstrj weights yes atomistic in.two
cgflow/backmap two.cgflow 40 seed 3 points pmf dump e.lammpstrj weights yes atomistic in.two
cgflow/backmap two.cgflow 6 seed 3 points points.txt dump d.dcd dcd atomistic in.two
cgflow/backmap two.cgflow 6 seed 3 points points.txt dump d.bonds local c_bond[1] c_bond[2] atomistic in.bonds
""".replace("in.bonds", self.write("in.bonds", self.SYSTEM + "compute bond all bond/local dist engpot\n").name))
        pmf = table(self.folder / "two.pmf")
        self.assertEqual(pmf.shape, (20, 5))
        np.testing.assert_allclose(pmf[:4, 1], [0.4, 0.5, 0.6, 0.7])
        np.testing.assert_allclose(pmf[::4, 0], [-2.2, -2.1, -2.0, -1.9, -1.8])
        self.assertEqual((self.folder / "two.labels").read_text().split("\n")[0].split()[:6], "# label points: a b F".split())
        for name, count in (("d", 12), ("e", 40)):
            frames = read_dump(self.folder / f"{name}.lammpstrj")
            weights = table(self.folder / f"{name}.lammpstrj.weights")
            self.assertEqual((len(frames), weights.shape), (count, (count, 6)))
            for (_, f), row in zip(frames, weights):
                self.assertEqual(f["id"], [1, 2])
                s = np.array(f["x"]) - np.array(f["y"])
                np.testing.assert_allclose(s, row[2:4], atol=1e-8)
        frames = read_dump(self.folder / "d.lammpstrj")
        rows = read_local(self.folder / "d.bonds")
        for (_, f), row in zip(frames, rows):
            r = np.hypot(f["x"][0] - f["x"][1], f["y"][0] - f["y"][1])
            np.testing.assert_allclose(row, [r, 20 * (r - 1.82)**2], rtol=1e-4, atol=1e-8)
        content = (self.folder / "d.dcd").read_bytes()
        self.assertEqual(int.from_bytes(content[8:12], "little"), 12)
        last = np.frombuffer(content[-3 * 16:], "<f4").reshape(3, 4)[:, 1:3]
        np.testing.assert_allclose(last, [frames[-1][1][c] for c in "xyz"], rtol=1e-5, atol=1e-6)

    def test_weights_hold_the_energy_of_the_pair(self):
        """With the same flow and point, ln w differs by -U/kT and ln q. Structures that differ in one bond differ by the energy of that bond."""
        self.write("in.soft", self.SYSTEM.replace("bond_coeff 1 20", "bond_coeff 1 5"))
        self.lammps(HEAD + "cgflow/train example two.cgflow temp 10 seed 5 from two.yaml\n" + "\n".join(
            f"cgflow/backmap two.cgflow 20 seed 3 points points.txt dump {name}.lammpstrj weights yes atomistic in.{name}"
            for name in ("two", "soft")) + "\n")
        one, two = (read_dump(self.folder / f"{name}.lammpstrj") for name in ("two", "soft"))
        w_one, w_two = (table(self.folder / f"{name}.lammpstrj.weights") for name in ("two", "soft"))
        for i, ((_, f), (_, g)) in enumerate(zip(one, two)):
            np.testing.assert_array_equal(f["x"], g["x"])
            r = np.hypot(f["x"][0] - f["x"][1], f["y"][0] - f["y"][1])
            self.assertAlmostEqual(w_one[i, 4] - w_two[i, 4], -15 * (r - 1.82)**2 / KT, delta=1e-6)
