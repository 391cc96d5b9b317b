# SPDX-License-Identifier: GPL-2.0-only
"""Only one job writes the files of a learning: a second one in the same folder is refused by name, and a claim whose process is gone
is taken over."""
import os
import re
import signal

import learning as l
from interrupted_runs import LONGER, InterruptedRuns

OWNER = r"process (\d+) on host \S+ since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d, started by \S+"
REFUSED = re.compile(r"ERROR.*: fix cgflow/al: mb\.state is in use by " + OWNER + r": wait until it has ended", re.S)


class TwoJobs(InterruptedRuns):
    def locks(self):
        return [path.name for path in self.folder.glob("*.lock")]

    def test_of_two_jobs_started_at_once_one_learns_and_the_other_is_refused(self):
        script = l.learning("run 20000\n")
        whole = self.uninterrupted(script)
        for attempt in range(3):
            with self.subTest(attempt=attempt):
                self.subfolder(f"both{attempt}")
                jobs = [self.start(script), self.start(script)]
                texts = [job.communicate(timeout=300)[0] for job in jobs]
                self.assertEqual(sorted(job.returncode != 0 for job in jobs), [False, True], texts)
                refused = texts[0 if jobs[0].returncode else 1]
                self.assertRegex(refused, REFUSED)
                self.assertNotIn("cgflow/al: wrote", refused)
                self.same_outputs(whole, self.outputs())
                self.assertEqual(self.locks(), [])

    def test_claim_of_a_killed_job_is_taken_over_and_said(self):
        script = l.learning("run 20000\n", options="checkpoint 40 sweeps")
        whole = self.uninterrupted(script, yaml=LONGER)
        self.subfolder("killed")
        self.write("mb.yaml", LONGER)
        job = self.start(script)
        self.assertTrue(self.wait_for_states(job, 2))
        owner = re.fullmatch(OWNER, (self.folder / "mb.state.lock").read_text())
        os.kill(int(owner[1]), signal.SIGSTOP)    # the job is there, and does not go on
        self.assertRegex(self.lammps(script, check=False, timeout=120).text, REFUSED)
        self.kill(job)
        result = self.lammps(script)
        self.assertIn(f"cgflow/al: mb.state is taken over from {owner[0]}, which has ended without removing its lock file", result.text)
        self.assertIn("cgflow/al: run resumed from mb.state", result.text)
        self.same_outputs(whole, self.outputs())
        self.assertEqual(self.locks(), [])

    def test_claim_from_another_host_says_so(self):
        self.write("mb.state.lock", "process 1 on host elsewhere since 2026-01-01 00:00:00, started by somebody")
        result = self.lammps(l.learning("run 5\n"))
        self.assertRegex(result.text, "mb.state is taken over from process 1 on host elsewhere since .*; this host cannot see whether it")
        self.assertEqual(self.locks(), [])

    def test_one_process_learns_as_often_as_it_likes(self):
        again = l.script(l.LEARN.splitlines()[2] + "\n" + l.THERMO)
        text = l.learning("run 5\nrun 5\nthermo_style one\nunfix learn\n") + again + "run 5\nclear\n" + l.learning("run 5\n")
        result = self.lammps(text)
        self.assertNotIn("taken over", result.text)
        self.assertEqual(self.locks(), [])

    def test_an_error_leaves_no_lock_file(self):
        self.write("file", "not a folder")
        for ranks in (1, 2):
            self.assert_error(l.learning("run 5\n", options="pmf file/mb.pmf"), "Cannot write file file/mb.pmf", ranks=ranks)
            self.assertEqual(self.locks(), [])
        self.assert_error(l.learning("run 5\nnonsense\n"), "nonsense")
        self.assertEqual(self.locks(), [])

    def test_pmf_that_another_learning_writes(self):
        """Two YAML files of different names, and one file for both PMFs."""
        self.write("a.yaml", LONGER)
        job = self.start(l.learning("run 20000\n", options="pmf same.pmf checkpoint 40 sweeps"))
        self.assertTrue(self.wait_for_states(job, 1))
        os.kill(int(re.match(OWNER, (self.folder / "mb.state.lock").read_text())[1]), signal.SIGSTOP)
        self.assert_error(l.learning("run 5\n", yaml="a.yaml", options="pmf same.pmf"), "same.pmf is in use by " + OWNER)
        self.kill(job)


if __name__ == "__main__":
    import unittest
    unittest.main()
