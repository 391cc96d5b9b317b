# SPDX-License-Identifier: GPL-2.0-only
"""A small learning run of fix cgflow/al on the Mueller-Brown particle, for the tests of that fix: about two seconds of work."""
import pathlib
import random

import harness

OUTPUTS = ("mb.pmf", "mb.cgflow", "mb.state", "mb.iterations")

SYSTEM = """
units           lj
dimension       2
atom_style      atomic
atom_modify     map array
comm_modify     cutoff 1.0
boundary        f f p
region          box block -5 5 -5 5 -0.5 0.5
create_box      1 box
create_atoms    1 single -0.55 1.44 0.0
mass            1 1.0
fix             surface all mueller/brown
"""

YAML = """
cg:
  - {name: s, linear: {x: 1, y: -1}, range: [-2.6, 1.2]}
fine:
  - {name: t, linear: {x: 1, y: 1}}
flow: {hidden: [16], layers: [affine]}
pmf: {members: 4}
train:
  example: {dump: mb_basin.dump, epochs: 10}
  energy: {points: 64, batch: 16}
  consolidate: {points: 64}
  labels: {from: both, points: 32, latent: 8}
explore: {quiet: 400, find: 30, wait: 50, target: 0.15}
budget: 20000
"""

WALKERS = """
variable        seed index 4711
units           lj
dimension       2
boundary        f p p
processors      ${processors}
region          cg block -2.6 1.2 -0.5 0.5 -0.5 0.5
create_box      1 cg
create_atoms    1 random ${walkers} 4711 NULL
mass            1 1.0
pair_style      cgflow/pmf
pair_coeff      * * ${model}
reset_atoms     id sort yes
"""

LEARN = """
fix             walk all cgflow/mc 20.0 ${seed} 0.1
fix             learn all cgflow/al ${T} ${seed} ${yaml} atomistic in.mb threshold ${threshold} ${options}
"""

THERMO = """
thermo_style    custom step atoms pe f_walk[1] f_learn[1] f_learn[2] f_learn[3] f_learn[4] f_learn[5] f_learn[6] f_learn[7] f_learn[8]
thermo_modify   format float %.15g
thermo          100
"""


def script(*parts, **values):
    """LAMMPS script of parts with ${...} filled in; ${seed} stays a LAMMPS variable."""
    values = {"processors": "* 1 1", "walkers": 50, "model": "mb.yaml", "T": "10.0", "yaml": "mb.yaml", "threshold": 0.5,
              "options": "", **values}
    text = "".join(parts)
    for name, value in values.items():
        text = text.replace("${%s}" % name, str(value))
    return text


def learning(*parts, **values):
    """The whole script up to the runs, which `parts` hold."""
    return script(WALKERS, LEARN, THERMO, *parts, **values)


def basin_dump(frames=100):
    """Frames of the particle around the deepest minimum, as a LAMMPS dump."""
    generator = random.Random(7)
    text = ""
    for k in range(frames):
        along, across = generator.gauss(0.0, 0.16), generator.gauss(0.0, 0.05)
        x, y = -0.558 + 0.7 * (along + across), 1.442 + 0.7 * (along - across)
        text += (f"ITEM: TIMESTEP\n{20 * k}\nITEM: NUMBER OF ATOMS\n1\nITEM: BOX BOUNDS ff ff pp\n-5 5\n-5 5\n-0.5 0.5\n"
                 f"ITEM: ATOMS id type x y z\n1 1 {x:.6f} {y:.6f} 0\n")
    return text


class LearningTest(harness.LammpsTest):
    """A test case whose folder holds what a small learning run needs."""

    def setUp(self):
        super().setUp()
        self.furnish(self.folder)

    def furnish(self, folder):
        (folder / "in.mb").write_text(SYSTEM)
        (folder / "mb.yaml").write_text(YAML)
        (folder / "mb_basin.dump").write_text(basin_dump())

    def outputs(self, folder=None):
        """The files that the run has written, by name."""
        folder = pathlib.Path(folder or self.folder)
        return {name: (folder / name).read_bytes() for name in OUTPUTS}

    def subfolder(self, name):
        """Another furnished working folder; `self.folder` is this one from now on."""
        self.folder = self.folder / name if not hasattr(self, "root") else self.root / name
        self.root = self.folder.parent
        self.folder.mkdir()
        self.furnish(self.folder)
        return self.folder
