# SPDX-License-Identifier: GPL-2.0-only
"""The runs of tools/compare, with a stand-in for LAMMPS: what is run, continued, counted and ended."""
import json
import os
import re
import time
import unittest
from unittest import mock

from sandbox import Folder
from cgflow.compare import jobs, methods
from cgflow.errors import ToolError

STAND_IN = """#!/bin/sh
echo "$*" >> calls
case "$*" in
  *in.slow*) echo "about 70 energy evaluations for the first iteration, 80 for each; budget 90"
             echo "iteration 1: 5 new points, 40 evaluations, RMS"; echo $$ >> pid; sleep 30;;
  *in.fail*) exit 3;;
  *"seed 1 "*in.x*|*in.x*"seed 1 "*) exit 3;;
esac
"""


class Jobs(Folder):
    def setUp(self):
        super().setUp()
        program = self.folder / "lmp"
        program.write_text(STAND_IN)
        program.chmod(0o755)
        patch = mock.patch.object(jobs, "LMP", program)
        patch.start()
        self.addCleanup(patch.stop)
        self.said = []

    def job(self, *scripts, **more):
        steps = [["-in", f"in.{name}", "-var", "seed", "1", "-log", f"log.{name}"] for name in scripts]
        return methods.Job("md", more.pop("seed", 1), {"in.a": "run 1\n"}, steps, 100, more.pop("wall", 60), **more)

    def run_all(self, *some, at_once=1):
        jobs.run_all(list(some), self.folder, at_once, self.said.append)

    def calls(self, seed=1):
        return (self.folder / "md" / str(seed) / "calls").read_text().splitlines()

    def mark(self):
        return json.loads((self.folder / "md" / "1" / "job.json").read_text())

    def test_what_has_ended_is_not_run_again(self):
        job = self.job("a", "b")
        self.run_all(job)
        self.run_all(job)
        self.assertEqual(len(self.calls()), 2)
        self.assertEqual((self.mark()["end"], self.mark()["step"]), ("finished", 2))
        self.assertIn("1 runs, 1 of them done already", self.said)
        # A changed script is run again.
        job.files["in.a"] = "run 2\n"
        self.run_all(job)
        self.assertEqual(len(self.calls()), 2)
        self.assertEqual((self.folder / "md" / "1" / "in.a").read_text(), "run 2\n")

    def test_learning_continues_and_dynamics_starts_again(self):
        for resumable in (True, False):
            job = self.job("a", "slow", resumable=resumable)
            job.files["in.a"] = f"{resumable}\n"
            folder = self.folder / "md" / "1"
            lock = jobs.lock_of(self.folder)
            work = jobs.Running(job, folder, lock)
            while not (folder / "pid").exists():
                work.poll()
                time.sleep(0.02)
            work.poll()
            with self.assertRaisesRegex(ToolError, "is still working there"):
                jobs.lock_of(self.folder)
            work.stop()
            os.close(lock)
            spent = self.mark()
            self.assertGreater(spent["wall"], 0)
            self.assertEqual([n for n, *_ in spent["marks"]], [40] if resumable else [])
            # This time the second step is short.
            jobs.LMP.write_text(STAND_IN.replace("sleep 30", "true"))
            self.run_all(job)
            self.assertEqual(len(self.calls()), 3 if resumable else 2)
            if resumable:
                self.assertGreater(self.mark()["wall"], spent["wall"])
            jobs.LMP.write_text(STAND_IN)

    def test_lines_of_learning(self):
        screen = self.folder / "screen.txt"
        self.assertEqual(jobs.counts_of(screen), (0, 0))
        screen.write_text("cgflow/al: about 9728 energy evaluations for the first iteration, 3584 for each later one; budget 60000\n"
                          "cgflow/al: starts from the structure at phi -180, psi 180, 123 energy evaluations for it\n")
        self.assertEqual(jobs.counts_of(screen), (0, 9728))
        with screen.open("a") as file:
            file.write("cgflow/al: iteration 1: 1 new points, rejected 0, 96 labels, 9933 evaluations, RMS std 0.105 kT\n"
                       "cgflow/al: consolidated the flow on 2048 points, flow KL 0.107 kT, 13844 evaluations\n"
                       "cgflow/al: the budget of 60000 energy evaluations is spent (51789 so far, the next step needs 16384)\n")
        self.assertEqual(jobs.counts_of(screen), (13844, 9728))

    def test_a_run_ends_when_its_wall_time_is_spent(self):
        job = self.job("slow", wall=0.3)
        self.run_all(job)
        self.assertEqual(self.mark()["end"], "wall time")
        self.assertLess(self.mark()["wall"], 20)
        self.run_all(job)
        self.assertEqual(len(self.calls()), 1)
        # The processes are gone.
        pid = int((self.folder / "md" / "1" / "pid").read_text())
        with self.assertRaises(ProcessLookupError):
            os.kill(pid, 0)

    def test_another_plugin_learns_again(self):
        for resumable in (True, False):
            job = self.job("a", resumable=resumable)
            before = jobs.fingerprint(job)
            with mock.patch.object(jobs, "plugin_digest", lambda: "another"):
                self.assertEqual(jobs.fingerprint(job) != before, resumable)

    def test_an_error_of_lammps(self):
        with self.assertRaisesRegex(ToolError, r"md, seed 1: LAMMPS ended with code 3; its output is in .*/md/1/screen.txt"):
            self.run_all(self.job("fail"), self.job("a", seed=2))
        self.assertNotIn("end", self.mark())
        self.assertEqual(len(self.calls(2)), 1, "the others are run all the same")

    def test_first_data_may_be_tried_twice(self):
        self.run_all(self.job("x", "a", retry=True))
        self.assertEqual([re.search(r"in\.\w seed|seed \d+", call)[0] for call in self.calls()], ["seed 1", "seed 1001", "seed 1"])
        with self.assertRaisesRegex(ToolError, "ended with code 3"):
            self.run_all(self.job("fail", "a", retry=True, seed=2))
        self.assertEqual(len(self.calls(2)), 2)

    def test_jobs_run_as_many_at_once_as_asked_and_a_large_one_alone(self):
        # Each run waits until the expected number of runs is there, or forever.
        jobs.LMP.write_text("#!/bin/sh\ntouch ../../here.$$\nwhile [ $(ls ../../here.* | wc -l) -lt $4 ]; do sleep 0.05; done\n"
                            "ls ../../here.* | wc -l >> ../../counts\nsleep 0.5\nrm ../../here.$$\n")
        several = [self.job("a", seed=seed) for seed in (1, 2)] + [self.job("a", seed=3, **{"ranks": 4})]
        for job, beside in zip(several, "221"):
            job.steps = [["-in", "in.a", "-var", beside]]
        self.run_all(*several, at_once=2)
        self.assertEqual((self.folder / "counts").read_text().split(), ["2", "2", "1"])

    def test_cpu_time_is_counted(self):
        jobs.LMP.write_text("#!/bin/sh\ni=0; while [ $i -lt 100000 ]; do i=$((i + 1)); done\n")
        self.run_all(self.job("a"))
        self.assertGreater(self.mark()["cpu"], 0.01)
        self.assertLess(self.mark()["cpu"], self.mark()["wall"] + 0.5)


if __name__ == "__main__":
    unittest.main()
