# SPDX-License-Identifier: GPL-2.0-only
"""A model of the Mueller-Brown example that commands of LAMMPS train, for the tests of the commands."""
import hashlib
import pathlib
import shutil
import tempfile

import numpy as np

from harness import LammpsTest
from mueller_brown import EXAMPLE

HEAD = "units lj\ndimension 2\n"
TRAIN = "cgflow/train energy m.cgflow temp 10.0 seed 5 atomistic in.mb "
BACKMAP = "cgflow/backmap m.cgflow 4 seed 3 points minima.txt dump d.lammpstrj "


def table(path):
    return np.loadtxt(path, comments="#", ndmin=2)


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
