# SPDX-License-Identifier: GPL-2.0-only
"""fix cgflow/al share yes: the worlds of a -partition run learn one model together, and end together."""
import os
import re
import subprocess
import unittest

import numpy as np

import learning as l
from harness import LMP, SOURCE, read_dump
from interrupted_runs import LONGER, InterruptedRuns

END = "run 20000\n"
SHARE = "share yes"


class Partitions(InterruptedRuns):
    def text_of(self, world):
        return (self.folder / f"log.lammps.{world}").read_text(errors="replace")

    def learns(self, text, ranks=2, layout=("2x1",), **more):
        return self.lammps(text, "-partition", *layout, ranks=ranks, **more)

    def fails(self, pattern, text, ranks=2, layout=("2x1",)):
        """All worlds end within the time limit, and the screen of the universe shows one error."""
        result = self.assert_error(text, pattern, "-partition", *layout, ranks=ranks)
        self.assertEqual(len(result.errors()), 1, result.errors())
        return result

    def fails_in(self, world, pattern, text, ranks=2, layout=("2x1",)):
        """An error of LAMMPS in one world is in the log of that world, and all worlds end within the time limit."""
        result = self.lammps(text, "-partition", *layout, ranks=ranks, check=False, timeout=120)
        self.assertNotEqual(result.code, 0, result.text)
        self.assertRegex(self.text_of(world), re.compile("ERROR.*" + pattern, re.S))


def lines_of(text):
    """The lines of fix cgflow/al in the log, without that of the processor time."""
    return [line for line in text.splitlines() if line.startswith("cgflow/al:") and "processor time" not in line]


class Together(Partitions):
    def test_worlds_of_half_the_walkers_learn_what_one_world_on_as_many_ranks_does(self):
        """The same walkers on the same ranks give the same bits, in one world or in two."""
        self.subfolder("one")
        self.lammps(l.learning(END, walkers=50), ranks=2)
        one = self.outputs()
        self.subfolder("shared")
        self.learns(l.learning(END, walkers=25, options=SHARE))
        self.same_outputs(one, self.outputs(), ("mb.pmf", "mb.cgflow", "mb.iterations"))

    def test_each_world_sees_the_same_figures_and_the_same_surface(self):
        """Thermo output of fix cgflow/al is equal in all worlds; a PMF that each world writes itself has the same bits; walkers
        differ."""
        look = ("cgflow/pmf mb.cgflow grid 101 -2.6 1.2 file own.${me}\n"
                "dump 1 all custom 1 walkers.${me} id x f_walk\ndump_modify 1 sort id format float %.15g\nrun 0\n")
        text = "variable me world 0 1\n" + l.learning(END, "compute std all cgflow/std\ncompute largest all reduce max c_std\n", look,
                                                      walkers=25, options=SHARE)
        self.learns(text)
        logs = [self.text_of(world) for world in (0, 1)]
        self.assertEqual(lines_of(logs[0]), lines_of(logs[1]))
        self.assertRegex(logs[0], r"cgflow/al: converged")
        tables = [re.findall(r"^ +\d+ +25 .*$", log, re.M) for log in logs]
        self.assertGreater(len(tables[0]), 5)
        # The columns of fix cgflow/al; the columns before them belong to the walkers of the world.
        learning = [[row.split()[4:] for row in table] for table in tables]
        self.assertEqual(learning[0], learning[1])
        self.assertNotEqual(tables[0], tables[1])
        self.assertIn("50", {row[2] for row in learning[0]}, "walkers going are those of both worlds")
        self.assertEqual((self.folder / "own.0").read_bytes(), (self.folder / "own.1").read_bytes())
        self.assertNotEqual((self.folder / "walkers.0").read_bytes(), (self.folder / "walkers.1").read_bytes())

    def test_same_seed_and_layout_give_the_same_files(self):
        for ranks, layout in ((2, ("2x1",)), (3, ("1", "2")), (4, ("2x2",))):
            with self.subTest(layout=layout):
                files = []
                for name in ("first", "second"):
                    self.subfolder(f"{name}-{ranks}")
                    self.learns(l.learning("run 150\n", options=SHARE), ranks, layout)
                    files.append(self.outputs())
                self.same_outputs(*files)

    def test_accuracy_is_that_of_one_world(self):
        """Against quadrature of the Mueller-Brown surface, where F is below 8 kT."""
        oracle = np.loadtxt(SOURCE / "tests" / "oracle" / "mueller_brown_pmf.csv", delimiter=",", comments="#", skiprows=0)
        errors = {}
        for name, ranks, layout in (("one", 1, ()), ("two", 2, ("2x1",))):
            self.subfolder(name)
            self.write("mb.yaml", l.YAML.replace("target: 0.15", "target: 0.05").replace("budget: 20000", "budget: 60000"))
            text = l.learning("run 40000\n", threshold=0.2, options=SHARE)
            self.lammps(text) if ranks == 1 else self.learns(text, ranks, layout)
            table = np.loadtxt(self.folder / "mb.pmf")
            low = oracle[oracle[:, 1] < 8.0]
            f = np.interp(low[:, 0], table[:, 0], table[:, 1] / 10.0)
            errors[name] = float(np.sqrt(np.mean((f - low[:, 1] - np.mean(f - low[:, 1])) ** 2)))
        # Twice the worst of seeds 1 to 5, which is 0.038.
        self.assertLess(errors["two"], 0.076, errors)
        self.assertLess(errors["two"], errors["one"] + 0.05, errors)

    def test_share_without_partitions_is_harmless(self):
        self.subfolder("plain")
        self.lammps(l.learning("run 150\n"))
        plain = self.outputs()
        self.subfolder("shared")
        self.lammps(l.learning("run 150\n", options=SHARE))
        self.same_outputs(plain, self.outputs())

    def test_several_runs_unfix_and_a_second_learning(self):
        text = l.learning("run 20\nrun 0\nrun 30\nthermo_style one\nunfix learn\nrun 10\n", options=SHARE + " checkpoint 10 sweeps")
        again = l.script(l.LEARN.splitlines()[2] + "\n", options=SHARE)
        self.learns(text + again + l.script(l.THERMO) + "run 20\n")
        for world in (0, 1):
            self.assertEqual(self.text_of(world).count("cgflow/al: wrote mb.pmf, mb.cgflow and mb.state"), 3)
        self.assertEqual(lines_of(self.text_of(0)), lines_of(self.text_of(1)))


class Apart(Partitions):
    def test_worlds_that_write_the_same_files_are_refused(self):
        result = self.lammps(l.learning(END), "-partition", "2x1", ranks=2, check=False, timeout=120)
        self.assertNotEqual(result.code, 0)
        self.assertRegex(self.text_of(0) + self.text_of(1),
                         r"ERROR.*mb.state is in use by process \d+ on host .*, partition [01]: with share yes partitions learn together; those that "
                         r"learn apart need YAML files of different names")

    def test_worlds_with_names_of_their_own_learn_apart(self):
        for name in ("a", "b"):
            self.write(name + ".yaml", l.YAML)
        text = l.learning("run ${n}\n", yaml="${name}.yaml", model="${name}.yaml")
        self.learns("variable name world a b\nvariable n world 40 80\n" + text)
        alone = self.outputs_of("a"), self.outputs_of("b")
        self.assertEqual([p.name for p in self.folder.glob("*.lock")], [])
        self.subfolder("alone")
        self.lammps(l.learning("run 40\n"))
        self.assertEqual((self.folder / "mb.pmf").read_bytes(), alone[0]["pmf"])

    def outputs_of(self, name):
        return {ending: (self.folder / f"{name}.{ending}").read_bytes() for ending in ("pmf", "cgflow", "state")}


class Resume(Partitions):
    def start(self, text):
        self.write("in.test", text)
        return subprocess.Popen([str(LMP), "-np", "2", "-partition", "2x1", "-in", "in.test"], cwd=self.folder,
                                env=dict(os.environ, CGFLOW_BUILD_DIR=str(self.build)), stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True, start_new_session=True)

    def kill_after_states(self, text, count):
        """kill -9 of all processes when the state has been written `count` more times. False when the run has ended before."""
        process = self.start(text)
        running = self.wait_for_states(process, count)
        self.kill(process)
        return running

    def test_killed_runs_end_with_the_same_bits(self):
        text = l.learning(END, options=SHARE + " checkpoint 40 sweeps")
        self.subfolder("whole")
        self.write("mb.yaml", LONGER)
        self.learns(text)
        whole = self.outputs()
        self.subfolder("killed")
        self.write("mb.yaml", LONGER)
        kills = sum(self.kill_after_states(text, count) for count in (2, 3, 6, 4))
        self.assertGreater(kills, 1)
        self.learns(text)
        self.assertRegex(self.text_of(1), r"cgflow/al: run resumed from mb\.state at step \d+, it ends at step 20000")
        self.same_outputs(whole, self.outputs())

    def test_wall_time_that_one_world_has_spent_ends_the_run_of_all_at_the_same_sweep(self):
        """One world has a time limit. The other one ends before the same sweep, and the next start continues bit for bit."""
        patient = l.YAML.replace("quiet: 400", "quiet: 75000")
        runs = "run 100000\nprint 'first ended at $(step)'\nrun 10\nprint 'second ended at $(step)'\n"
        text = l.learning(runs, options=SHARE + " checkpoint 25000 sweeps")
        self.subfolder("whole")
        self.write("mb.yaml", patient)
        self.learns(text)
        whole = self.outputs()
        self.subfolder("limited")
        self.write("mb.yaml", patient)
        clock = "variable me world 0 1\nif '${me} == 1' then 'timer timeout 1 every 1'\n"
        self.learns(text.replace("run 100000", clock + "run 100000"), timeout=200)
        ends = [re.findall(r"^(first|second) ended at (\d+)", self.text_of(world), re.M) for world in (0, 1)]
        self.assertEqual(ends[0], ends[1])
        self.assertLess(int(ends[0][0][1]), 100000)
        self.assertEqual(ends[0][0][1], ends[0][1][1])
        self.assertRegex(self.text_of(0), "WARNING: cgflow/al: partition 1 learns no more")
        self.learns(text)
        self.assertIn(f"run resumed from mb.state at step {ends[0][0][1]}, it ends at step 100000", self.text_of(0))
        self.same_outputs(whole, self.outputs())

    def test_run_that_is_halted_in_one_world_ends_in_all_and_the_next_one_goes_on(self):
        """In the sweep that the halted world leaves out, walkers of the other world do not move."""
        text = "variable me world 0 1\nvariable now equal step\n" + l.learning(
            "if '${me} == 1' then 'fix stop all halt 1 v_now == 30 error continue message no'\n", options=SHARE)
        look = "dump 1 all custom 1 walkers.${me} id x\ndump_modify 1 sort id format float %.15g\n"
        runs = "run 100\nprint 'first ended at $(step)'\nif '${me} == 1' then 'unfix stop'\nrun 10\nprint 'second ended at $(step)'\n"
        self.learns(text + look + runs, timeout=120)
        for world in (0, 1):
            self.assertEqual(re.findall(r"^(?:first|second) ended at (\d+)", self.text_of(world), re.M), ["30", "40"])
        frames = {}
        for step, atoms in read_dump(self.folder / "walkers.0"):
            frames.setdefault(step, atoms)    # the first frame of step 31: the second run writes another one
        self.assertEqual(frames[31]["x"], frames[30]["x"])
        self.assertNotEqual(frames[30]["x"], frames[29]["x"])

    def test_a_state_of_another_layout_goes_on_and_says_so(self):
        """The walkers of all partitions together must be as many as before; how they are divided may change."""
        text = l.learning("run 5\n", options=SHARE)
        self.learns(text)
        before = self.outputs()
        self.fails("mb.state: its number of walkers is 100, here it is 90",
                   "variable n world 50 40\n" + l.learning("run 5\n", walkers="${n}", options=SHARE))
        self.assert_error(l.learning("run 5\n"), "mb.state: its number of walkers is 100, here it is 50")
        self.same_outputs(before, self.outputs())
        goes_on = "; learning goes on with the same accuracy, not bit for bit"
        ranks = "mb.state: the number of ranks in each partition was %s and is %s here"
        # Each start does one run more.
        def runs(count):
            return "run 5\n" * count + "print 'ended at $(step)'\n"

        self.learns(l.learning(runs(2), options=SHARE), ranks=3, layout=("1", "2"))
        self.assertIn(ranks % ("1 1", "1 2") + goes_on, self.text_of(0))
        self.assertIn("ended at 10", self.text_of(1))
        self.learns("variable n world 70 30\n" + l.learning(runs(3), walkers="${n}", options=SHARE))
        self.assertIn(ranks % ("1 2", "1 1") + ", the number of walkers in each partition was 50 50 and is 70 30 here" + goes_on, self.text_of(0))
        self.assertIn("ended at 15", self.text_of(1))
        one = self.lammps(l.learning(runs(4), walkers=100)).text
        self.assertIn(ranks % ("1 1", "1") + ", the number of walkers in each partition was 70 30 and is 100 here" + goes_on, one)
        self.assertIn("ended at 20", one)
        self.assertEqual(one.count("is complete in mb.state, skipped"), 3)
        self.learns(l.learning(runs(5), options=SHARE))
        self.assertIn(ranks % ("1", "1 1"), self.text_of(0))
        self.assertIn("ended at 25", self.text_of(1))


class Differences(Partitions):
    """Worlds that learn together must agree in their settings. A difference is one error, which names the setting and both values."""

    def test_arguments(self):
        for name, values, change, what in (
                ("T", "10.0 11.0", ("al 10.0", "al ${T}"), "the temperature is 10 in partition 0 and 11 in partition 1"),
                ("s", "7 8", ("al 10.0 ${seed}", "al 10.0 ${s}"), "the seed is 7 in partition 0 and 8 in partition 1"),
                ("t", "0.5 0.4", ("threshold 0.5", "threshold ${t}"), "the threshold is 0.5 in partition 0 and 0.4 in partition 1"),
                ("f", "a b", ("share yes", "share yes pmf ${f}.pmf"), r"the file of the PMF is \S+/a.pmf in partition 0 and \S+/b.pmf in"),
                ("n", "50 60", ("run 50", "run ${n}"), "the number of steps of a run is 50 in partition 0 and 60 in partition 1"),
                ("c", "9 8", ("share yes", "share yes checkpoint ${c} sweeps"), "keyword checkpoint is 9 sweeps in partition 0 and 8 sweeps"),
                ("x", "yes no", ("share yes", "share yes fresh ${x}"), "keyword fresh is yes in partition 0 and no in partition 1")):
            with self.subTest(what):
                text = f"variable {name} world {values}\n" + l.learning("run 50\n", options=SHARE)
                self.assertIn(change[0], text)
                self.fails("fix cgflow/al: share yes: " + what + ".* must agree", text.replace(*change))
        self.assertFalse((self.folder / "mb.state").exists())

    def test_yaml(self):
        for folder, text in (("a", l.YAML), ("b", l.YAML.replace("quiet: 400", "quiet: 401"))):
            (self.folder / folder).mkdir()
            (self.folder / folder / "mb.yaml").write_text(text)
        self.fails("share yes: the YAML key explore.quiet is 400 in partition 0 and 401 in partition 1",
                   "variable d world a b\n" + l.learning("run 50\n", yaml="${d}/mb.yaml", options=SHARE))

    def test_force_field(self):
        self.write("in.other", l.SYSTEM + "variable e atom -x\nvariable f atom 1.0\nfix pull all addforce v_f 0.0 0.0 energy v_e\n"
                   "fix_modify pull energy yes\n")
        self.write("in.heavy", l.SYSTEM.replace("mass            1 1.0", "mass            1 2.0"))
        for other, what in (("in.other", "the energy of a probe of the atomistic system is"),
                            ("in.heavy", "the molecule of partition 0 has the mass 1 for atom 1, that of partition 1 has 2")):
            with self.subTest(other):
                self.fails("share yes: " + what, f"variable a world in.mb {other}\n"
                           + l.learning("run 50\n", options=SHARE).replace("atomistic in.mb", "atomistic ${a}"))

    def test_box(self):
        text = "variable y world 0.5 0.6\n" + l.learning("run 50\n", options=SHARE)
        self.fails("share yes: the box in y is -0.5 to 0.5 in partition 0 and -0.5 to 0.6 in partition 1",
                   text.replace("-2.6 1.2 -0.5 0.5 -0.5 0.5", "-2.6 1.2 -0.5 ${y} -0.5 0.5"))


class Failures(Partitions):
    """A world that fails ends all worlds, within the time limit and with its message."""

    def test_atomistic_script_of_one_world(self):
        self.write("in.bad", l.SYSTEM + "pair_style nonsense\n")
        text = l.learning("run 50\n", options=SHARE).replace("atomistic in.mb", "atomistic ${a}")
        self.fails("Partition 1: fix cgflow/al: Atomistic script in.bad: .*nrecognized pair style 'nonsense'",
                   "variable a world in.mb in.bad\n" + text)
        # A fault that all partitions have is not attributed to one of them.
        result = self.fails("Atomistic script in.bad: ", "variable a world in.bad in.bad\n" + text)
        self.assertNotIn("Partition 1", result.text)

    def test_yaml_of_one_world(self):
        self.write("bad.yaml", l.YAML.replace("quiet", "quite"))
        text = l.learning("run 50\n", yaml="${y}", options=SHARE)
        self.fails("Partition 1: fix cgflow/al: bad.yaml:.*quite: unknown key", "variable y world mb.yaml bad.yaml\n" + text)

    def test_files_that_cannot_be_written(self):
        (self.folder / "file").write_text("not a folder")
        self.fails("fix cgflow/al: Cannot write file file/mb.pmf", l.learning("run 50\n", options=SHARE + " pmf file/mb.pmf"))
        self.assertFalse((self.folder / "mb.state").exists())

    def test_error_of_lammps_in_the_run_of_one_world(self):
        text = "variable me world 0 1\nvariable now equal step\n" + l.learning(
            "if '${me} == 1' then 'fix stop all halt 1 v_now >= 30 error hard'\nrun 20000\n", options=SHARE)
        self.fails_in(1, "Fix halt condition for fix-id stop met on step 30", text)

    def test_command_that_one_world_does_not_know(self):
        text = "variable me world 0 1\n" + l.learning("run 20\nif '${me} == 1' then 'fix more all nonsense'\nrun 20000\n",
                                                      options=SHARE)
        self.fails_in(1, "nonsense", text)

    def test_script_that_ends_earlier_in_one_world(self):
        """The other world leaves out the runs that this world does not do."""
        text = "variable me world 0 1\n" + l.learning("run 20\nif '${me} == 0' then 'run 20'\nprint 'ended at $(step)'\n", options=SHARE)
        self.learns(text, timeout=120)
        for world in (0, 1):
            self.assertIn("\nended at 20", self.text_of(world))
        self.assertIn("WARNING: cgflow/al: partition 1 learns no more, and without it no other one does", self.text_of(0))


if __name__ == "__main__":
    unittest.main()
