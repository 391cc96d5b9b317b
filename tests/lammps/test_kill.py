# SPDX-License-Identifier: GPL-2.0-only
"""kill -9 at random points of two reduced examples, in sweeps, in training, in a file write: nothing is lost. tools/test-kill
takes twenty points of each of all eight."""
import unittest

import kill_points


class Kill(unittest.TestCase):
    def check(self, name, points):
        lines = []
        killed, resumed, lost = kill_points.run(name, points, report=lines.append)
        self.assertEqual(lost, [], "\n".join(lines))
        # Kills come at random moments, so a run may have ended before, or have no state file yet.
        self.assertGreaterEqual(killed, 1)
        self.assertGreaterEqual(resumed, 1)

    def test_mueller_brown(self):
        self.check("mueller-brown", 3)

    def test_a_molecule(self):
        self.check("alanine-dipeptide vacuum", 2)


if __name__ == "__main__":
    unittest.main()
