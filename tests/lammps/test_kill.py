"""kill -9 at three random points of each example, in sweeps, in training, in a file write: nothing is lost. tools/test-kill
takes twenty."""
import unittest

import kill_points


class Kill(unittest.TestCase):
    def check(self, *names):
        killed = resumed = 0
        for name in names:
            with self.subTest(name):
                lines = []
                got = kill_points.run(name, 3, report=lines.append)
                killed, resumed = killed + got[0], resumed + got[1]
                self.assertEqual(got[2], [], "\n".join(lines))
        # Points are random moments: now and then a run has ended before, or has no state yet.
        self.assertGreaterEqual(killed, len(names))
        self.assertGreaterEqual(resumed, 1)

    def test_mueller_brown(self):
        self.check("mueller-brown")

    def test_molecules_of_two_variables(self):
        self.check("alanine-dipeptide", "alanine-dipeptide vacuum", "glycine-dipeptide", "valine-dipeptide")

    def test_molecules_of_three_variables(self):
        self.check("valine-dipeptide chi1", "threonine-dipeptide", "phenylalanine-dipeptide")


if __name__ == "__main__":
    unittest.main()
