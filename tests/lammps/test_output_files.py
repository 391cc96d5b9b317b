# SPDX-License-Identifier: GPL-2.0-only
"""Files that a run will write: those that cannot be written, and those that are the same as another one, are found before the first
energy evaluation. What was learned is in the state file even when the results cannot be written."""
import os
import re
import shutil
import signal
import subprocess
import unittest

import learning as l
from harness import LMP
from interrupted_runs import LONGER, InterruptedRuns
from trained_model import HEAD, TRAIN, CommandsTest

FINISHED = "learning has ended with status"


class FilesOfALearning(InterruptedRuns):
    def refused(self, pattern, **values):
        """The error comes before the atomistic script is executed."""
        before = sorted(path.name for path in self.folder.iterdir() if path.name not in ("in.test", "log.lammps"))
        for ranks in (1, 2):
            result = self.assert_error(l.learning("run 5\n", **values), "fix cgflow/al: " + pattern, ranks=ranks)
            self.assertEqual(len(result.errors()), 1, result.errors())
            self.assertNotIn("evaluations/s", result.text)
            self.assertNotIn("for energies", result.text)
        after = sorted(path.name for path in self.folder.iterdir() if path.name not in ("in.test", "log.lammps"))
        self.assertEqual(before, after)

    def test_each_file_that_cannot_be_written(self):
        (self.folder / "file").write_text("")
        for name in l.OUTPUTS:
            with self.subTest(name=name):
                (self.folder / name).mkdir()
                self.refused(f"Cannot (write|read) file {name}: Is a directory")
                (self.folder / name).rmdir()
                (self.folder / (name + ".tmp")).mkdir()
                self.refused(f"Cannot write file {name}: File exists .while writing {name}.tmp")
                (self.folder / (name + ".tmp")).rmdir()
        for pmf, reason in (("none/mb.pmf", "No such file"), ("file/mb.pmf", "Not a directory"), ("/proc/mb.pmf", "")):
            with self.subTest(pmf=pmf):
                self.refused(f"Cannot write file {pmf}: {reason}", options="pmf " + pmf)
        long = "p" * 253
        self.refused(f"Cannot write file {long}: File name too long .while writing {long}.tmp", options="pmf " + long)
        yaml = "y" * 245 + ".yaml"
        self.write(yaml, l.YAML)
        self.refused("Cannot write file " + "y" * 245 + ".(cgflow|iterations): File name too long", yaml=yaml, model=yaml)

    def test_two_names_of_one_file(self):
        (self.folder / "sub").mkdir()
        (self.folder / "link.pmf").symlink_to("mb.iterations")
        self.write("ref.pmf", "0 1\n1 2\n")
        for pmf, pattern in (("mb.state", "two output files are the same one, mb.state: "),
                             ("sub/../mb.cgflow", "two output files are the same one, mb.cgflow and sub/../mb.cgflow: "),
                             ("link.pmf", "two output files are the same one, mb.iterations and link.pmf: "),
                             (str(self.folder / "in.mb"), "the output file .*/in.mb is an input file, in.mb: "),
                             ("mb.yaml", "the output file mb.yaml is an input file: give it another name"),
                             ("mb_basin.dump", "the output file mb_basin.dump is an input file: ")):
            with self.subTest(pmf=pmf):
                self.refused(pattern, options="pmf " + pmf)

    def test_devices_take_any_output(self):
        result = self.lammps(l.learning("run 5\n", options="pmf /dev/null"))
        self.assertIn("wrote /dev/null, mb.cgflow and mb.state", result.text)

    def test_results_that_fail_leave_the_state(self):
        """The folder of the PMF vanishes during the run; the next start goes on from the last iteration."""
        script = l.learning("run 20000\n", options="pmf sub/mb.pmf")
        self.subfolder("whole")
        (self.folder / "sub").mkdir()
        self.write("mb.yaml", LONGER)
        self.lammps(script)
        whole = self.outputs_here()
        self.subfolder("vanishes")
        (self.folder / "sub").mkdir()
        self.write("mb.yaml", LONGER)
        job = self.start(script)
        self.assertTrue(self.wait_for_states(job, 2))
        shutil.rmtree(self.folder / "sub")
        text, _ = job.communicate(timeout=300)
        self.assertRegex(text, "ERROR.*fix cgflow/al: Cannot write file sub/mb.pmf: No such file")
        last = int(re.findall(r"cgflow/al: iteration (\d+):", text)[-1])
        self.assert_error(script, "fix cgflow/al: Cannot write file sub/mb.pmf: No such file")
        (self.folder / "sub").mkdir()
        result = self.lammps(script)
        self.assertIn("cgflow/al: run resumed from mb.state", result.text)
        self.assertEqual(int(re.search(r"cgflow/al: iteration (\d+):", result.text)[1]), last + 1)
        self.assertEqual(whole, self.outputs_here())

    def outputs_here(self):
        return {name: (self.folder / ("sub/" + name if name == "mb.pmf" else name)).read_bytes() for name in l.OUTPUTS}

    def test_results_that_a_finished_learning_lacks_are_written(self):
        script = l.learning("run 20000\n")
        self.write("mb.yaml", LONGER)
        job = self.start(script)
        self.assertTrue(self.wait_for_states(job, 3))
        early = (self.folder / "mb.cgflow").read_bytes()
        job.communicate(timeout=300)
        whole = self.outputs()
        for name, content in (("mb.pmf", None), ("mb.iterations", None), ("mb.cgflow", None), ("mb.cgflow", early), ("mb.cgflow", b"cut")):
            with self.subTest(name=name, content=content and content[:20]):
                (self.folder / name).unlink() if content is None else (self.folder / name).write_bytes(content)
                result = self.lammps(script)
                self.assertIn(FINISHED, result.text)
                self.assertIn("cgflow/al: wrote mb.pmf, mb.cgflow: they were missing or older than mb.state", result.text)
                self.same_outputs(whole, self.outputs())
        result = self.lammps(script)
        self.assertIn(FINISHED, result.text)
        self.assertNotIn("wrote", result.text)

    def test_finished_learning_needs_no_writable_files(self):
        script = l.learning("run 20000\n")
        self.lammps(script)
        whole = self.outputs()
        for name in l.OUTPUTS:
            (self.folder / (name + ".tmp")).mkdir()    # in the way of a new file
        self.assertIn(FINISHED, self.lammps(script).text)
        self.same_outputs(whole, self.outputs())


class FilesOfCommands(CommandsTest):
    def test_two_names_of_one_file(self):
        (self.folder / "m.weights").symlink_to("m.cgflow")
        for command, pattern in (
                ("cgflow/train energy in.mb temp 10.0 seed 5 from mb.yaml atomistic in.mb", "the output file in.mb is an input file: "),
                ("cgflow/train example mb.yaml temp 10.0 seed 5 from mb.yaml", "the output file mb.yaml is an input file: "),
                ("cgflow/backmap m.cgflow 4 seed 3 points minima.txt dump minima.txt", "the output file minima.txt is an input file: "),
                ("cgflow/backmap m.cgflow 4 seed 3 points minima.txt dump ./m.cgflow", "the output file ./m.cgflow is an input file, m.cgflow"),
                ("cgflow/backmap m.cgflow 4 seed 3 points minima.txt dump m weights yes atomistic in.mb",
                 "the output file m.weights is an input file, m.cgflow"),
                ("cgflow/pmf m.cgflow grid 10 -2 1 file m.cgflow", "the output file m.cgflow is an input file: "),
                ("cgflow/pmf m.cgflow grid 10 -2 1 file a labels ./a", "two output files are the same one, a and ./a: ")):
            with self.subTest(command=command):
                self.refuse(command, pattern)

    def test_model_that_another_job_trains(self):
        """Both train the same file: one of them would be lost."""
        self.write("long.yaml", (self.folder / "mb.yaml").read_text() + "\nbudget: 1000000000\n")
        self.write("in.slow", HEAD + TRAIN + "points all.txt epochs 100000 from long.yaml\n")
        job = subprocess.Popen([str(LMP), "-in", "in.slow", "-log", "none"], cwd=self.folder, stdout=subprocess.DEVNULL,
                               env=dict(os.environ, CGFLOW_BUILD_DIR=str(self.build)), start_new_session=True)
        try:
            lock = self.folder / "m.cgflow.lock"
            for _ in range(2000):
                if lock.exists() and lock.read_text():
                    break
                subprocess.run(["sleep", "0.01"])
            result = self.assert_error(HEAD + TRAIN + "points all.txt\n", "cgflow/train: m.cgflow is in use by process")
            self.assertIsNone(re.search("trained", result.text))
        finally:
            os.killpg(job.pid, signal.SIGKILL)
            job.wait()
        result = self.lammps(HEAD + TRAIN + "points all.txt epochs 1\n")
        self.assertRegex(result.text, "cgflow/train: m.cgflow is taken over from process")
        self.assertFalse(lock.exists())


if __name__ == "__main__":
    unittest.main()
