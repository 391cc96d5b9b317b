# SPDX-License-Identifier: GPL-2.0-only
"""SIGTERM and SIGUSR1 of a queue system: fix cgflow/al ends the run, the state is written, and the same command line goes on to
the same bits. A killed rank ends the job, and files stay whole."""
import contextlib
import os
import pathlib
import signal
import time
import unittest

import learning as l
from interrupted_runs import LONGER, InterruptedRuns

END = "run 20000\nprint 'ended at $(step)'\nrun 10\nprint 'second ended at $(step)'\n"
# The first training takes many minutes.
SLOW = l.YAML.replace("energy: {points: 64", "energy: {points: 1000000").replace("budget: 20000", "budget: 20000000")


def processes(folder):
    """IDs of the lmp processes whose working folder is this one."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and os.readlink(entry / "cwd") == str(folder) and os.readlink(entry / "exe").endswith("/lmp"):
                found.append(int(entry.name))
        except OSError:
            pass
    return sorted(found)


def processor_seconds(pids):
    """Processor time of all of them together, which tells the progress of a run on a busy machine too."""
    ticks = 0
    for pid in pids:
        try:
            words = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ticks += int(words[11]) + int(words[12])
    return ticks / os.sysconf("SC_CLK_TCK")


class Signals(InterruptedRuns):
    def wait_for(self, what, process, seconds=120):
        end = time.monotonic() + seconds
        while not what():
            self.assertLess(time.monotonic(), end, "it did not come")
            self.assertIsNone(process.poll(), "the run has ended before")
            time.sleep(0.005)

    def started(self, script, ranks, yaml):
        self.need_ranks(ranks)
        self.write("mb.yaml", yaml)
        process = self.start(script, ranks)
        self.addCleanup(process.communicate)
        self.addCleanup(lambda: process.poll() is None and self.kill(process))
        return process

    def signalled(self, script, number, ranks=1, which=0):
        """During the sweeps one rank gets the signal, or mpiexec (None). Returns the output."""
        process = self.started(script, ranks, LONGER)
        self.assertTrue(self.wait_for_states(process, 3))
        self.wait_for(lambda: len(processes(self.folder)) == ranks, process)
        os.kill(process.pid if which is None else processes(self.folder)[which], number)
        output, _ = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 0, output[-3000:])
        return output

    def check(self, number, ranks=1, which=0):
        script = l.learning(END, options="checkpoint 40 sweeps")
        whole = self.uninterrupted(script, ranks=ranks, yaml=LONGER)
        self.subfolder("signalled")
        output = self.signalled(script, number, ranks, which)
        first = output.split("ended at ")[1].split()[0]
        self.assertIn("second ended at " + first, output, "the runs that follow are skipped")
        resumed = self.lammps(script, ranks=ranks)
        # On a slow machine the signal may arrive during a training.
        if "in a training, which is given up; the same command line goes on from mb.state" not in output:
            self.assertIn("cgflow/al: status 3", output)
            self.assertIn("cgflow/al: a signal asked this run to end; the same command line goes on with it", output)
            self.assertIn(f"run resumed from mb.state at step {first}, it ends at step 20000", resumed.text)
        self.assertRegex(resumed.text, r"run resumed from mb\.state at step \d+, it ends at step 20000")
        self.same_outputs(whole, self.outputs())

    def test_sigterm_in_sweeps(self):
        self.check(signal.SIGTERM)

    def test_sigusr1_to_one_of_two_ranks(self):
        self.check(signal.SIGUSR1, ranks=2, which=1)

    def test_sigterm_to_mpiexec(self):
        """mpiexec forwards the signal to all ranks."""
        self.check(signal.SIGTERM, ranks=2, which=None)

    def test_signal_in_a_training_gives_it_up(self):
        """A signal before the first state file leaves no file, and only time is lost."""
        for ranks in (1, 2):
            with self.subTest(ranks=ranks):
                self.subfolder(f"training{ranks}")
                before = set(os.listdir(self.folder)) | {"in.test", "log.lammps"}
                process = self.started(l.learning("run 100\nprint 'ended at $(step)'\n"), ranks, SLOW)
                self.wait_for(lambda: len(processes(self.folder)) == ranks and processor_seconds(processes(self.folder)) > 2.0 * ranks, process)
                os.kill(processes(self.folder)[-1], signal.SIGTERM)
                output, _ = process.communicate(timeout=120)
                self.assertEqual(process.returncode, 0, output[-3000:])
                self.assertIn("cgflow/al: a signal asked this run to end, in a training, which is given up; the same command line "
                              "begins again, there was no state yet", output)
                self.assertIn("ended at 0", output)
                self.assertEqual(set(os.listdir(self.folder)) - before, set())

    def test_signal_in_a_later_training_keeps_the_state_before_it(self):
        script = l.learning("run 20000\n")
        more = l.YAML.replace("target: 0.15", "target: 0.001").replace("budget: 20000", "budget: 2000000").replace(
            "consolidate: {points: 64}", "consolidate: {points: 100000}").replace("quiet: 400", "quiet: 60")
        process = self.started(script, 1, more)
        self.wait_for(lambda: (self.folder / "mb.state").exists(), process)
        # Sweeps and trainings before the refinement take milliseconds; the training of the refinement takes a minute.
        since = [None, 0.0]

        def is_busy():
            now, seconds = os.stat(self.folder / "mb.state").st_ino, processor_seconds(processes(self.folder))
            if now != since[0]:
                since[:] = now, seconds
            return seconds > since[1] + 1.5

        self.wait_for(is_busy, process)
        state = (self.folder / "mb.state").read_bytes()
        os.kill(processes(self.folder)[0], signal.SIGTERM)
        output, _ = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 0, output[-3000:])
        self.assertIn("in a training, which is given up; the same command line goes on from mb.state", output)
        self.assertEqual((self.folder / "mb.state").read_bytes(), state)

    def test_outside_of_runs_signals_do_what_they_did(self):
        process = self.started(l.learning("run 5\nshell touch done\nshell sleep 60\n"), 1, l.YAML)
        self.wait_for(lambda: (self.folder / "done").exists(), process)
        os.kill(process.pid, signal.SIGTERM)
        self.assertEqual(process.wait(timeout=60), -signal.SIGTERM)
        with contextlib.suppress(ProcessLookupError):    # the sleep of the shell, which may have ended already
            os.killpg(process.pid, signal.SIGKILL)

    def test_a_signal_that_is_ignored_stays_ignored(self):
        self.write("mb.yaml", LONGER)
        process = self.start(l.learning("run 20000\n", options="checkpoint 40 sweeps"), prefix=("sh", "-c", "trap '' TERM; exec \"$@\"", "sh"))
        self.addCleanup(process.communicate)
        self.assertTrue(self.wait_for_states(process, 3))
        os.kill(process.pid, signal.SIGTERM)
        output, _ = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 0, output[-2000:])
        self.assertNotIn("a signal asked", output)
        self.assertIn("cgflow/al: status 1", output)

    def test_a_killed_rank_ends_the_job_and_files_stay_whole(self):
        script = l.learning("run 20000\n", options="checkpoint 40 sweeps")
        whole = self.uninterrupted(script, ranks=2, yaml=LONGER)
        self.subfolder("killed")
        process = self.started(script, 2, LONGER)
        self.assertTrue(self.wait_for_states(process, 4))
        os.kill(processes(self.folder)[1], signal.SIGKILL)
        process.communicate(timeout=60)
        self.assertNotEqual(process.returncode, 0)
        self.wait_until_gone()
        self.lammps(script, ranks=2)
        self.same_outputs(whole, self.outputs())

    def wait_until_gone(self):
        end = time.monotonic() + 30
        while processes(self.folder):
            self.assertLess(time.monotonic(), end, "ranks were left behind")
            time.sleep(0.05)


if __name__ == "__main__":
    unittest.main()
