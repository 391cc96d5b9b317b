# SPDX-License-Identifier: GPL-2.0-only
"""Points where all samples of a label are rejected: fix cgflow/al leaves them and their neighborhoods out, says so, and converges."""
import re
import unittest

import learning as l

WARNING = r"WARNING: cgflow/al: the neighborhoods of (\d+) rejected points?, where all samples of a label were rejected, are not learned"
FLAT = l.SYSTEM.replace("fix             surface all mueller/brown\n",
                        "variable e atom 0.0*x\nfix surface all addforce v_e v_e 0.0 energy v_e\nfix_modify surface energy yes\n")
# No structure has s > -0.8.
WALL = FLAT.replace("block -5 5 -5 5", "block -5 0.0 0.8 5")


class Rejected(l.LearningTest):
    def converges(self, system, ranks=1):
        self.assertNotEqual(system, l.SYSTEM)
        self.write("in.mb", system)
        text = self.lammps(l.learning("run 20000\n"), ranks=ranks).text
        self.assertRegex(text, "cgflow/al: converged: .*\n" + WARNING)
        self.assertIn(b"# status 1\n", self.outputs()["mb.pmf"])
        said = sum(int(n) for n in re.findall(r"PMF labels: (\d+) of \d+ points are rejected points", text))
        self.assertEqual(int(re.search(WARNING, text)[1]), said)
        return text, said

    def test_half_of_the_range_that_the_box_of_the_script_excludes(self):
        for ranks in (1, 2):
            text, rejected = self.converges(WALL, ranks)
            self.assertLess(rejected, 40)
            # A new start of the script finds it converged, too.
            self.assertIn("learning has ended with status 1", self.lammps(l.learning("run 20000\n"), ranks=ranks).text)
            (self.folder / "mb.state").unlink()

    def test_flat_potential_that_ends_at_the_box(self):
        _, rejected = self.converges(FLAT)
        self.assertLess(rejected, 40)

    def test_stopped_walkers_there_write_no_files(self):
        """Only iterations that learn write the model; each adds a record to the history."""
        text, _ = self.converges(WALL)
        iterations = [int(n) for n in re.findall(r"cgflow/al: iteration (\d+):", text)]
        self.assertEqual(iterations, list(range(1, len(iterations) + 1)))
        self.assertLess(len(iterations), 40)


if __name__ == "__main__":
    unittest.main()
