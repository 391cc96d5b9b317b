# SPDX-License-Identifier: GPL-2.0-only
"""fix cgflow/al and its state file: a run that was killed ends with the bits of one that was not; what does not fit is refused."""
import os
import re
import shutil
import subprocess
import unittest

import numpy as np

import learning as l
from interrupted_runs import LONGER, InterruptedRuns

END = "run 20000\n"


class Resume(InterruptedRuns):
    def test_killed_runs_end_with_the_same_bits(self):
        script = l.learning(END, options="checkpoint 40 sweeps")
        whole = self.uninterrupted(script, yaml=LONGER)
        self.subfolder("killed")
        self.write("mb.yaml", LONGER)
        kills, output = self.run_killed_again_and_again(script)
        self.assertGreater(kills, 3)
        self.assertRegex(output, r"cgflow/al: run resumed from mb\.state at step \d+, it ends at step 20000|has ended with status 1")
        self.same_outputs(whole, self.outputs())

    def test_killed_runs_end_with_the_same_bits_on_two_ranks(self):
        script = l.learning(END, options="checkpoint 40 sweeps")
        whole = self.uninterrupted(script, ranks=2, yaml=LONGER)
        self.subfolder("killed")
        self.write("mb.yaml", LONGER)
        kills, _ = self.run_killed_again_and_again(script, ranks=2, most=5)
        self.assertGreater(kills, 1)
        self.same_outputs(whole, self.outputs())

    def test_killed_in_a_file_write(self):
        """Each kill comes at another system call: before the sync of a file or of its folder, or before a file is renamed."""
        strace = shutil.which("strace")
        if not strace or subprocess.run([strace, "-o", os.devnull, "true"], capture_output=True).returncode != 0:
            self.skipTest("no strace that may trace")
        script = l.learning(END)
        whole = self.uninterrupted(script, yaml=LONGER)
        self.subfolder("killed")
        self.write("mb.yaml", LONGER)
        # Files come in the order state, PMF, iterations, model; each is synced, renamed, and then its folder is synced.
        kills = 0
        for call, when in (("rename", 1), ("fsync", 8), ("rename", 4), ("fsync", 2), ("rename", 5), ("fsync", 7), ("rename", 6),
                           ("fsync", 5), ("rename", 3), ("fsync", 9), ("rename", 2), ("fsync", 6), ("rename", 2), ("rename", 2)):
            process = self.start(script, prefix=(strace, "-f", "-o", os.devnull, "-e", f"trace={call}", "-e",
                                                 f"inject={call}:signal=KILL:when={when}"))
            output, _ = process.communicate(timeout=120)
            if process.returncode == 0:    # the end came before the call
                break
            kills += 1
        self.assertGreater(kills, 7)
        self.lammps(script)
        self.same_outputs(whole, self.outputs())

    def goes_on_with_other_ranks(self, first, then):
        """Learning that has begun on some ranks ends on others, converged and as accurate."""
        self.subfolder(f"from{first}to{then}")
        self.write("mb.yaml", LONGER)
        halted = l.learning("variable now equal step\nfix stop all halt 1 v_now >= 100 error continue\n" + END)
        self.lammps(halted, ranks=first)
        result = self.lammps(l.learning(END), ranks=then)
        self.assertIn(f"cgflow/al: mb.state: the number of ranks was {first} and is {then} here; learning goes on with the same accuracy, "
                      "not bit for bit", result.text)
        self.assertIn("run resumed from mb.state at step 100", result.text)
        self.assertIn(b"# status 1\n", self.outputs()["mb.pmf"])
        self.assertNotIn("number of ranks was", self.lammps(l.learning(END), ranks=then).text)
        return np.loadtxt(self.folder / "mb.pmf")

    def test_another_number_of_ranks_goes_on_with_the_same_accuracy(self):
        self.uninterrupted(l.learning(END), yaml=LONGER)
        whole = np.loadtxt(self.folder / "mb.pmf")
        for first, then in ((1, 2), (2, 1), (2, 3)):
            with self.subTest(first=first, then=then):
                other = self.goes_on_with_other_ranks(first, then)
                known = (whole[:, 2] < 5.0) & (other[:, 2] < 5.0) & (whole[:, 1] < whole[:, 1].min() + 60)    # half a kT, 6 kT
                self.assertGreater(known.sum(), 40)
                difference = (other[:, 1] - whole[:, 1])[known]
                difference -= difference.mean()
                # The target of the std is 0.8 in energy units.
                self.assertLess(np.sqrt(np.mean(difference**2)), 0.8)

    def test_when_checkpoints_are_written_changes_nothing(self):
        whole = self.uninterrupted(l.learning(END))
        self.subfolder("often")
        self.lammps(l.learning(END, options="checkpoint 1 sweeps"))
        self.same_outputs(whole, self.outputs())

    def kill_at_step(self, script, step):
        """Starts the run and kills it when its last checkpoint is at `step` or later."""
        process = self.start(script)
        while self.step_of_state() < step:
            self.assertTrue(self.wait_for_states(process, 1), "the run ended before it could be killed")
        self.kill(process)

    def test_complete_runs_are_skipped(self):
        script = l.learning("run 150\nrun 250\nprint 'ended at $(step)'\n", options="checkpoint 10 sweeps")
        whole = self.uninterrupted(script)
        self.subfolder("killed")
        self.kill_at_step(script, 200)
        output = self.lammps(script).text
        self.assertIn("cgflow/al: this run is complete in mb.state, skipped", output)
        self.assertRegex(output, r"cgflow/al: run resumed from mb\.state at step \d+, it ends at step 400")
        self.assertIn("ended at 400", output)
        self.same_outputs(whole, self.outputs())
        # Both runs are complete now, so nothing changes.
        again = self.lammps(script).text
        self.assertEqual(again.count("is complete in mb.state, skipped"), 2)
        self.assertIn("ended at 400", again)
        self.same_outputs(whole, self.outputs())

    def test_longer_run_goes_on(self):
        whole = self.uninterrupted(l.learning("run 400\n"))
        self.subfolder("halted")
        self.lammps(l.learning("variable now equal step\nfix stop all halt 1 v_now >= 150 error continue\nrun 400\n"))
        self.assertIn(b"# status 3\n", self.outputs()["mb.pmf"])
        output = self.lammps(l.learning("run 400\n")).text
        self.assertIn("run resumed from mb.state at step 150, it ends at step 400", output)
        self.same_outputs(whole, self.outputs())

    def test_run_that_was_halted_ends_there_when_the_script_goes_on(self):
        script = l.learning("variable now equal step\nfix stop all halt 1 v_now == 120 error continue message no\nrun 300\n"
                            "run 200\nprint 'ended at $(step)'\n", options="checkpoint 10 sweeps")
        whole = self.uninterrupted(script)
        self.subfolder("killed")
        self.kill_at_step(script, 200)
        output = self.lammps(script).text
        self.assertIn("is complete in mb.state, skipped", output)
        self.assertIn("it ends at step 320", output)
        self.assertIn("ended at 320", output)
        self.same_outputs(whole, self.outputs())

    def step_of_state(self):
        """The step of the last checkpoint, read from the record of runs in the state file."""
        try:
            state = (self.folder / "mb.state").read_bytes()
        except FileNotFoundError:
            return -1
        # A byte for the type, a word each for the number of dimensions and the length, then the first step and the present one.
        at = state.index(b"runs.present") + len(b"runs.present") + 1 + 3 * 8
        return int.from_bytes(state[at:at + 8], "little")

    def test_wall_time_limit_ends_the_run_and_it_goes_on(self):
        runs = "run 400000\nprint 'first ended at $(step)'\nrun 10\nprint 'second ended at $(step)'\n"
        script = l.learning(runs, options="checkpoint 50000 sweeps")
        self.subfolder("whole")
        patient = l.YAML.replace("quiet: 400", "quiet: 500000")
        self.write("mb.yaml", patient)
        whole = self.lammps(script)
        self.assertIn("second ended at 400010", whole.text)
        files = self.outputs()
        self.subfolder("limited")
        self.write("mb.yaml", patient)
        limited = self.lammps(l.learning("timer timeout 1 every 1\n" + runs, options="checkpoint 50000 sweeps"))
        self.assertIn("cgflow/al: status 3", limited.text)
        first, second = re.findall(r"ended at (\d+)", limited.text)
        self.assertLess(int(first), 400000)
        self.assertEqual(first, second)
        resumed = self.lammps(script)
        self.assertIn(f"run resumed from mb.state at step {first}, it ends at step 400000", resumed.text)
        self.assertIn("second ended at 400010", resumed.text)
        self.same_outputs(files, self.outputs())

    def test_finished_learning_stays_as_it_is(self):
        for name, budget, status in (("converged", 20000, 1), ("spent", 2700, 2)):
            with self.subTest(name):
                self.subfolder(name)
                self.write("mb.yaml", l.YAML.replace("budget: 20000", f"budget: {budget}"))
                script = l.learning("run 20000\nrun 1000\nprint 'ended at $(step)'\n")
                first = self.lammps(script)
                self.assertEqual(first.text.count("mb.state: learning has ended with status %d" % status), 1)
                outputs = self.outputs()
                self.assertIn(b"# status %d\n" % status, outputs["mb.pmf"])
                times = {name: os.stat(self.folder / name).st_mtime_ns for name in outputs}
                second = self.lammps(script)
                self.assertEqual(second.text.count("mb.state: learning has ended with status %d" % status), 2)
                self.assertEqual(re.findall("ended at .*", first.text), re.findall("ended at .*", second.text))
                self.assertEqual(second.thermo()["f_learn[8]"], [status])
                self.same_outputs(outputs, self.outputs())
                self.assertEqual(times, {name: os.stat(self.folder / name).st_mtime_ns for name in outputs})

    def test_averages_and_dumps_of_the_script_go_on(self):
        """Fixes and dumps that act at certain steps work in a resumed run, wherever they are in the script."""
        more = ("fix ave all ave/time 10 5 50 f_walk[1] file ave.dat\nfix late all ave/histo 10 1 10 -2.6 1.2 5 x mode vector\n"
                "compute pe all pe/atom\ndump 1 all custom 50 d.walkers id x c_pe f_walk\n"
                "dump_modify 1 sort id format float %.15g append yes\n")
        script = l.script(l.WALKERS, "variable one equal 1.0\nfix early all ave/time 10 5 50 v_one file early.dat\n", l.LEARN,
                          l.THERMO, more, "run 150\nrun 350\n", options="checkpoint 10 sweeps")
        whole = self.uninterrupted(script)
        frames = self.last_frame()
        self.subfolder("killed")
        self.kill_at_step(script, 250)
        self.lammps(script)
        self.same_outputs(whole, self.outputs())
        self.assertEqual(frames, self.last_frame())
        self.assertRegex((self.folder / "ave.dat").read_text(), r"\n500 ")
        self.assertRegex((self.folder / "early.dat").read_text(), r"\n500 1\n")

    def last_frame(self):
        return (self.folder / "d.walkers").read_text().split("ITEM: TIMESTEP\n")[-1]

    def test_fresh_ignores_the_state(self):
        self.lammps(l.learning("run 150\n"))
        before = self.outputs()
        output = self.lammps(l.learning("run 150\n", options="fresh yes")).text
        self.assertNotIn("resumed", output)
        self.same_outputs(before, self.outputs())
        self.write("mb.state", "rubbish")
        self.lammps(l.learning("run 150\n", options="fresh yes"))
        self.same_outputs(before, self.outputs())


class Mismatch(l.LearningTest):
    """A state that does not belong to the command line is refused, and no file changes."""

    def setUp(self):
        super().setUp()
        self.lammps(l.learning("run 5\n"))
        self.before = self.outputs()

    def refused(self, pattern, *args, ranks=1, **values):
        result = self.assert_error(l.learning("run 5\n", **values), "mb.state: its " + pattern, *args, ranks=ranks)
        self.assertEqual(len(result.errors()), 1, result.errors())
        for name, content in self.outputs().items():
            self.assertEqual(content, self.before[name], name)

    def test_each_difference_is_named_with_both_values(self):
        self.refused("temperature is 10, here it is 11; use the same command line, or fresh yes to begin anew", T=11)
        self.refused("seed is 4711, here it is 7", "-var", "seed", "7")
        self.refused("threshold is 0.5, here it is 0.3", threshold=0.3)
        self.refused("number of walkers is 50, here it is 60", walkers=60)

    def test_box(self):
        # pair_coeff accepts a box that differs from the range by rounding, but the bits would differ.
        script = l.learning("run 5\n").replace("-2.6 1.2 -0.5 0.5", "-2.6 1.2 -0.6 0.5")
        self.assert_error(script, "mb.state: its box in y is -0.5 to 0.5, here it is -0.6 to 0.5")

    def test_yaml(self):
        for old, new, pattern in (
                ("budget: 20000", "budget: 20001", "YAML key budget is 20000, here it is 20001 in mb.yaml"),
                ("quiet: 400", "quiet: 401", "YAML key explore.quiet is 400, here it is 401 in mb.yaml"),
                ("epochs: 10", "epochs: 11", "YAML key train.example.epochs is 10, here it is 11 in mb.yaml")):
            with self.subTest(new):
                self.write("mb.yaml", l.YAML.replace(old, new))
                self.refused(pattern)
        self.write("mb.yaml", l.YAML.replace("members: 4", "members: 5"))
        self.assert_error(l.learning("run 5\n"), "mb.state: pmf.members: got 4, expected 5 as in mb.yaml")

    def test_files_that_are_no_state(self):
        state = self.before["mb.state"]
        cases = {"truncated": (state[:len(state) // 2], "mb.state"), "empty": (b"", "mb.state"),
                 "one bit": (state[:5000] + bytes([state[5000] ^ 1]) + state[5001:], "mb.state is damaged"),
                 "foreign": (b"hello world, this is a text file and no state of cgflow\n", "mb.state"),
                 "model": (self.before["mb.cgflow"], "mb.state.*model.*state")}
        for name, (content, pattern) in cases.items():
            with self.subTest(name):
                (self.folder / "mb.state").write_bytes(content)
                result = self.assert_error(l.learning("run 5\n"), pattern)
                self.assertEqual(len(result.errors()), 1)
                self.assertEqual((self.folder / "mb.state").read_bytes(), content)
        (self.folder / "mb.state").unlink()
        (self.folder / "mb.state").mkdir()
        self.assert_error(l.learning("run 5\n"), "mb.state")


if __name__ == "__main__":
    unittest.main()
