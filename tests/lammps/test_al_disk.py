# SPDX-License-Identifier: GPL-2.0-only
"""A full or read-only disk, and energies that fail in the middle of a training: fix cgflow/al ends with one error and whole files, and
the same command line continues later."""
import os
import pathlib
import subprocess
import tempfile
import time
import unittest

import learning as l
from interrupted_runs import LONGER, InterruptedRuns


class SmallDisk(InterruptedRuns):
    """The working folder is a file system of its own, of four megabytes."""

    def setUp(self):
        super().setUp()
        self.disk = pathlib.Path(tempfile.mkdtemp(prefix="cgflow-disk-"))
        self.addCleanup(self.disk.rmdir)
        if self.mount("-t", "tmpfs", "-o", "size=4m", "tmpfs"):
            self.skipTest("no right to mount a file system")
        self.addCleanup(subprocess.run, ["umount", str(self.disk)], check=True)

    def mount(self, *options):
        return subprocess.run(["mount", *options, str(self.disk)], capture_output=True).returncode

    def lost_space(self, takes_space, gives_it_back, reason):
        """A run whose disk can no longer be written from some moment on, and the run that goes on."""
        script = l.learning("run 20000\n", options="checkpoint 20 sweeps")
        self.write("mb.yaml", LONGER)
        self.lammps(script)
        whole = self.outputs()
        self.folder = self.disk
        self.furnish(self.folder)
        self.write("mb.yaml", LONGER)
        process = self.start(script)
        self.addCleanup(lambda: process.poll() is None and self.kill(process))
        self.assertTrue(self.wait_for_states(process, 3))
        takes_space()
        output, _ = process.communicate(timeout=200)
        self.assertNotEqual(process.returncode, 0, output[-2000:])
        errors = [line for line in output.splitlines() if "ERROR" in line]
        self.assertEqual(len(errors), 1, errors)
        self.assertRegex(errors[0], "fix cgflow/al: Cannot write file mb.*" + reason)
        self.assertEqual([p for p in os.listdir(self.folder) if p.endswith(".tmp")], [])
        gives_it_back()
        result = self.lammps(script)
        self.assertIn("run resumed from mb.state", result.text)
        self.same_outputs(whole, self.outputs())

    def test_full_disk(self):
        def fill():
            with open(self.disk / "filler", "wb", buffering=0) as file:
                try:
                    while True:
                        file.write(bytes(4096))
                except OSError:
                    pass

        self.lost_space(fill, (self.disk / "filler").unlink, "No space left on device.*is as it was")

    def test_disk_that_becomes_read_only(self):
        # LAMMPS holds its log file open for writing.
        script = "log none\n"
        learning, l.learning = l.learning, lambda *parts, **values: script + learning(*parts, **values)
        self.addCleanup(setattr, l, "learning", learning)

        def protect():
            # The system refuses this while the run has a file open for writing, sometimes for some milliseconds.
            for _ in range(1000):
                done = subprocess.run(["mount", "-o", "remount,ro", str(self.disk)], stderr=subprocess.DEVNULL)
                if done.returncode == 0:
                    return
                time.sleep(0.003)
            self.fail("the disk is busy all the time")

        self.lost_space(protect, lambda: self.mount("-o", "remount,rw"), "Read-only file system")


class FailingChild(l.LearningTest):
    def test_child_that_fails_in_the_middle_of_a_training(self):
        """It divides by zero in a part of the plane that the first walkers reach and the structure does not."""
        surface = ("variable e atom 500*(x+0.55)^2+500*(y-1.44)^2+0.0/(x<-0.4)\nvariable fx atom -1000*(x+0.55)\n"
                   "variable fy atom -1000*(y-1.44)\nfix surface all addforce v_fx v_fy 0.0 energy v_e\nfix_modify surface energy yes\n")
        self.write("in.mb", l.SYSTEM.replace("fix             surface all mueller/brown\n", surface))
        before = set(os.listdir(self.folder)) | {"in.test", "log.lammps"}
        for ranks in (1, 2):
            with self.subTest(ranks=ranks):
                result = self.assert_error(l.learning("run 100\n"), "fix cgflow/al: Atomistic script in.mb: Divide by 0 in variable formula", ranks=ranks)
                self.assertIn("trained by example", result.text)
                self.assertEqual(len(result.errors()), 1, result.errors())
                self.assertEqual(set(os.listdir(self.folder)) - before, set())


if __name__ == "__main__":
    unittest.main()
