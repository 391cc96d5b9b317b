# SPDX-License-Identifier: GPL-2.0-only
"""Messages of fix cgflow/al and of the files it reads: each is one LAMMPS error that states the place, the value and the allowed ones."""
import os
import re
import resource
import signal
import subprocess
import time
import unittest

import learning as l
from harness import LMP

RUN = "run 5\n"


class Messages(l.LearningTest):
    def fails(self, pattern, script=None, *args, ranks=1, **values):
        """One error, no crash, no output file and no temporary one."""
        before = set(os.listdir(self.folder))
        result = self.assert_error(script or l.learning(RUN, **values), pattern, *args, ranks=ranks)
        self.assertEqual(len(result.errors()), 1, result.errors())
        self.assertNotIn("terminate called", result.text)
        new = set(os.listdir(self.folder)) - before - {"in.test", "log.lammps"}
        self.assertEqual(new, set())
        return result

    def with_file(self, name, text, pattern, **values):
        with self.subTest(pattern):
            old = (self.folder / name).read_bytes()
            (self.folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
            self.fails(pattern, **values)
            (self.folder / name).write_bytes(old)


class Arguments(Messages):
    def test_fix_arguments(self):
        for old, new, pattern in (
                ("al 10.0", "al 0.0", r"Fix cgflow/al: got the temperature 0.0, expected a number > 0"),
                ("al 10.0", "al ten", r"Expected floating point parameter instead of 'ten'"),
                ("al 10.0 ${seed}", "al 10.0 0", r"Fix cgflow/al: got the seed 0, expected an integer > 0"),
                ("al 10.0 ${seed}", "al 10.0 1.5", r"Expected integer parameter instead of '1.5'"),
                ("threshold 0.5", "threshold 0", r"Fix cgflow/al threshold: got 0, expected a number of kT > 0"),
                ("threshold 0.5", "treshold 0.2", r"Fix cgflow/al: unknown keyword treshold, expected atomistic, threshold, "
                 r"pmf, start, fresh, checkpoint, copies or share"),
                ("threshold 0.5", "start there", r"Fix cgflow/al start: got there, expected data or here"),
                ("threshold 0.5", "fresh maybe", r"Expected boolean parameter instead of 'maybe'"),
                ("threshold 0.5", "checkpoint 0 sweeps", r"cgflow/al checkpoint: got 0 sweeps, expected a number > 0"),
                ("threshold 0.5", "checkpoint -1 minutes", r"cgflow/al checkpoint: got -1 minutes, expected a number > 0"),
                ("threshold 0.5", "checkpoint 5 hours", r"cgflow/al checkpoint: got the unit hours, expected sweeps or minutes"),
                ("threshold 0.5", "checkpoint 5", r"Illegal fix cgflow/al checkpoint command: missing argument"),
                ("threshold 0.5", "share perhaps", r"Expected boolean parameter instead of 'perhaps'"),
                ("threshold 0.5", "copies 0", r"Fix cgflow/al copies: got 0, expected an integer > 0"),
                ("threshold 0.5", "pmf", r"Illegal fix cgflow/al pmf command: missing argument"),
                ("atomistic in.mb", "", r"Fix cgflow/al: keyword atomistic is missing, it names the script"),
                ("mb.yaml atomistic in.mb threshold 0.5", "", r"Illegal fix cgflow/al T seed FILE atomistic SCRIPT ... command: missing argument"),
                ("atomistic in.mb", "atomistic in.nothing", r"Fix cgflow/al: cannot read the atomistic script in.nothing"),
                ("10.0 ${seed} mb.yaml", "10.0 ${seed} nothing.yaml", r"fix cgflow/al: Cannot read file nothing.yaml: No such file"),
        ):
            with self.subTest(new):
                script = l.learning(RUN)
                self.assertIn(old, script)
                self.fails(pattern, script.replace(old, new))

    def test_what_else_the_script_needs(self):
        learn = l.script(l.LEARN).strip().splitlines()
        walkers = l.script(l.WALKERS)
        self.fails("Fix cgflow/al needs one fix cgflow/mc that moves the walkers, got 0", walkers + learn[1] + "\n" + RUN)
        self.fails("Fix cgflow/al: got two fixes of this style, expected one",
                   walkers + "\n".join(learn) + "\n" + learn[1].replace("learn all", "more all") + "\n" + RUN)
        self.fails("Fix cgflow/al needs pair_style cgflow/pmf, alone or inside a hybrid style",
                   walkers.replace("cgflow/pmf", "zero 1.0").replace("* * mb.yaml", "* *") + "\n".join(learn) + "\n" + RUN)
        self.fails("Fix cgflow/al: got the group some, expected all: every atom is a walker",
                   walkers + "group some id 1:5\n" + "\n".join(learn).replace("learn all", "learn some") + "\n" + RUN)
        self.fails("fix cgflow/mc: got run_style respa, expected run_style verlet",
                   walkers + "\n".join(learn) + "\nrun_style respa 1\n" + RUN)
        self.fails("Fix cgflow/al: got a run with pre no, expected pre yes", l.learning("run 0\nrun 5 pre no\n"))
        self.fails("fix cgflow/mc: fix more of style nve moves the walkers too", l.learning("fix more all nve\n" + RUN))
        self.fails("fix cgflow/mc: got 2 step.s., but mb.yaml has 1 CG variable", l.learning(RUN).replace("0.1\n", "0.1 0.1\n", 1))

    def test_a_walker_outside_the_box(self):
        self.fails("walker 7 is outside the box, expected all walkers inside at the start",
                   l.learning("set atom 7 x -2.7\n" + RUN, options="start here"))


class Yaml(Messages):
    def test_files_that_are_no_good_yaml(self):
        for old, new, pattern in (
                ("budget: 20000", "budgt: 20000", r"mb.yaml:\d+:1: budgt: unknown key.*budget"),
                ("quiet: 400", "quite: 400", r"mb.yaml:\d+:\d+: explore.quite: unknown key.*quiet"),
                ("quiet: 400", "quiet: soon", r"mb.yaml:\d+:\d+: explore.quiet: got 'soon', expected integer >= 1"),
                ("quiet: 400", "quiet: 0", r"mb.yaml:\d+:\d+: explore.quiet: got '0', expected integer >= 1"),
                ("members: 4", "members: 1", r"mb.yaml:\d+:\d+: pmf.members: got '1', expected integer in \[2, 1000\]"),
                ("hidden: [16]", "hidden: 16", r"mb.yaml:\d+:\d+: flow.hidden: got '16', expected list of integers in \[1, 10000\]"),
                ("layers: [affine]", "layers: [afine]", r"mb.yaml:\d+:\d+: flow.layers.*got 'afine'"),
                ("range: [-2.6, 1.2]", "range: [1.2, -2.6]", r"mb.yaml:\d+:\d+: cg\[1\].range: got \[1.2, -2.6\], expected two numbers"),
                (", range: [-2.6, 1.2]", "", r"mb.yaml:\d+:\d+: cg\[1\]: missing key 'range'"),
                ("{x: 1, y: -1}", "{q: 1}", r"mb.yaml:\d+:\d+: cg\[1\].linear.q: unknown coordinate"),
                ("{x: 1, y: -1}", "{x2: 1, y: -1}", r"x2"),
                ("{x: 1, y: 1}", "{x: 1, y: -1}", r"fine"),
                ("quiet: 400, find", "quiet: 400 find", r"mb.yaml:\d+"),
                ("\n", "\r", r"mb.yaml:1:1: got a carriage return \(CR\) alone, expected lines that end with LF or CRLF"),
                ("budget: 20000", "budget: 1000", r"fix cgflow/al: budget: got 1000 energy evaluations, the data and the first "
                 r"iteration need \d+")):
            self.with_file("mb.yaml", l.YAML.replace(old, new), pattern)
        self.with_file("mb.yaml", "", "mb.yaml: the file is empty, expected at least cg: ")
        self.with_file("mb.yaml", b"\x00\x01\xff", "mb.yaml:1:1: ")

    def test_two_yamls_of_different_models(self):
        self.write("other.yaml", l.YAML.replace("members: 4", "members: 5"))
        self.fails("other.yaml: pmf.members: got 5, expected 4 as in mb.yaml: cg, fine, coordinates, flow and pmf must be those of the model",
                   model="other.yaml")
        self.write("other.yaml", l.YAML.replace("-2.6, 1.2", "-2.6, 1.1"))
        self.fails(r"other.yaml: cg\[1\]: got .*-2.6, 1.1.*expected .*-2.6, 1.2.* as in mb.yaml", yaml="mb.yaml", model="other.yaml",
                   script=l.learning(RUN, model="other.yaml").replace("block -2.6 1.2", "block -2.6 1.1"))
        self.write("other.yaml", l.YAML.replace("budget: 20000", "budget: 30000"))
        self.lammps(l.learning(RUN, model="other.yaml"))

    def test_boxes_that_do_not_match(self):
        for old, new, pattern in (
                ("-2.6 1.2 ", "-2.6 1.3 ", "got a box from -2.6 to 1.3 in x, but CG variable s ranges from -2.6 to 1.2"),
                ("boundary        f p p", "boundary        p p p", "got boundary p in x, but CG variable s is not periodic and needs boundary f"),
                ("boundary        f p p", "boundary        s p p", "got a shrink-wrapped boundary, the boundaries of a CG space must be p"),
                ("dimension       2", "dimension       3", "got dimension 3, a CG space of 1 variable.s. needs dimension 2"),
                ("region          cg block -2.6 1.2 -0.5 0.5 -0.5 0.5", "region cg prism -2.6 1.2 -0.5 0.5 -0.5 0.5 0 0 0",
                 "got a triclinic box, the box of a CG space must be orthogonal")):
            with self.subTest(new):
                self.fails("pair_style cgflow/pmf: " + pattern, l.learning(RUN).replace(old, new))


class Data(Messages):
    def test_dumps(self):
        good = l.basin_dump()
        (self.folder / "mb_basin.dump").unlink()
        self.fails(r"fix cgflow/al: .*mb_basin.dump: No such file")
        self.write("mb_basin.dump", good)
        self.with_file("mb_basin.dump", "", "mb_basin.dump: got no frame, expected a LAMMPS text dump")
        self.with_file("mb_basin.dump", "hello\n", "mb_basin.dump, line 1: got 'hello', expected an ITEM: line")
        self.with_file("mb_basin.dump", good[:len(good) - 40], r"mb_basin.dump, line \d+: ")
        two = good.replace("NUMBER OF ATOMS\n1\n", "NUMBER OF ATOMS\n2\n").replace("\n1 1 ", "\n2 1 0 0 0\n1 1 ")
        self.with_file("mb_basin.dump", two, "mb_basin.dump: got 2 atoms in a frame, expected the 1 of the molecule")
        self.with_file("mb_basin.dump", good.replace("x y z", "vx vy vz"), "mb_basin.dump, line .*expected xu yu zu, x y z")
        outside = re.sub(r"(?m)^1 1 (\S+) (\S+) 0$", r"1 1 \2 \1 0", good)
        self.with_file("mb_basin.dump", outside, r"fix cgflow/al: train: example: none of the 100 frames of mb_basin.dump lies in "
                       r"the ranges of the CG variables: s is 1.\S+ to 2.\S+, its range is -2.6 to 1.2")

    def test_yaml_without_dump(self):
        self.with_file("mb.yaml", l.YAML.replace("dump: mb_basin.dump, ", ""),
                       "fix cgflow/al: mb.yaml: train: example: dump is missing, it names the dump of the all-atom run")

    def test_models(self):
        self.lammps(l.learning(RUN))
        files = self.outputs()
        for name in files:
            (self.folder / name).unlink()
        model = files["mb.cgflow"]
        other = self.folder / "other.cgflow"
        version = model[:8] + (99).to_bytes(8, "little") + model[16:-8]
        version += crc64(version)
        for content, pattern in ((model[:1000], "other.cgflow is truncated: got 1000 bytes, expected"),
                                 (model[:-1] + b"x", "other.cgflow is damaged: its checksum does not agree"),
                                 (b"not ours", "other.cgflow is not a cgflow file"), (b"", "other.cgflow is not a cgflow file: it is empty"),
                                 (version, "other.cgflow has format version 99, this program reads version"),
                                 (files["mb.state"], "other.cgflow is a cgflow state, expected a cgflow model")):
            with self.subTest(pattern):
                other.write_bytes(content)
                self.fails("pair_coeff for cgflow/pmf: .*" + pattern, model="other.cgflow")
        other.write_bytes(model)
        self.fails("other.cgflow: the model was trained at T = 10, the fix asks for T = 12", model="other.cgflow", T=12)
        self.with_file("mb.yaml", l.YAML.replace("members: 4", "members: 5"), "pmf.members: got 4, expected 5 as in mb.yaml",
                       model="other.cgflow")
        self.write("table.pmf", files["mb.pmf"].decode())
        self.fails("pair_coeff names the table table.pmf, which cannot be trained", model="table.pmf")
        self.fails("got the file 'nothing.cgflow', which is neither in the working folder", model="nothing.cgflow")


def crc64(data):
    """ECMA-182, reflected: the checksum of the library's files."""
    crc = 0xFFFFFFFFFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0xC96C5795D7870F42 if crc & 1 else 0)
    return (crc ^ 0xFFFFFFFFFFFFFFFF).to_bytes(8, "little")


class AtomisticScript(Messages):
    def test_errors_of_the_child_are_passed_on(self):
        place = "Atomistic script in.mb: "
        for addition, pattern in (
                ("pair_style nonsense", place + ".*[Uu]nrecognized pair style 'nonsense'"),
                ("run 10", place + "command 'run' is not allowed here"),
                ("minimize 0 0 1 1", place + "command 'minimize' is not allowed here"),
                ("dump 1 all atom 10 x.dump", place + "command 'dump' .*is not allowed here"),
                ("write_data x.data", place + "command 'write_data' is not allowed here"),
                ("fix move all nve", place + "fix move of style nve is not allowed"),
                ("fix bath all langevin 1 1 1 4711", place + "fix bath of style langevin is not allowed"),
                ("create_atoms 1 single 0 0 0", place + "atom_style atomic with 2 atoms counts as 2 molecules"),
                ("include in.nothing", place + ".*in.nothing"),
                ("units real", place),
                ("quit", place + "command 'quit' .*is not allowed here")):
            self.with_file("in.mb", l.SYSTEM + addition + "\n", pattern)
        self.with_file("in.mb", l.SYSTEM.replace("units           lj", "units           metal"),
                       place + "units metal differ from the main script's units lj")
        self.with_file("in.mb", "", place + "defines no atoms; one molecule is needed")

    def test_energies_that_are_not_numbers(self):
        surface = ("variable e atom 0.0/0.0\nvariable f atom 0.0\nfix surface all addforce v_f v_f 0.0 energy v_e\n"
                   "fix_modify surface energy yes\n")
        text = l.SYSTEM.replace("fix             surface all mueller/brown\n", surface)
        self.with_file("in.mb", text, "Atomistic script in.mb: .*finite|Divide by 0")
        # The energy is finite at the script's own configuration, and not a number for some samples, which have no weight then.
        surface = ("variable e atom 500*(x+0.55)^2+500*(y-1.44)^2+0.0*exp(1000*(x>-0.4))\nvariable fx atom -1000*(x+0.55)\n"
                   "variable fy atom -1000*(y-1.44)\nfix surface all addforce v_fx v_fy 0.0 energy v_e\n"
                   "fix_modify surface energy yes\n")
        self.write("in.mb", l.SYSTEM.replace("fix             surface all mueller/brown\n", surface))
        result = self.lammps(l.learning(RUN))
        self.assertRegex(result.text, "iteration 1: .* rejected [1-9]")

    def test_error_on_one_rank_ends_all(self):
        """On any rank an error gives the same message, and no rank waits for the others for ever."""
        self.write("in.mb", l.SYSTEM + "run 10\n")
        self.fails("Atomistic script in.mb: command 'run' is not allowed here", ranks=2)
        self.write("in.mb", l.SYSTEM)
        self.write("mb.yaml", l.YAML.replace("quiet", "quite"))
        self.fails("explore.quite: unknown key", ranks=2)
        self.write("mb.yaml", l.YAML)
        (self.folder / "mb_basin.dump").unlink()
        self.fails("mb_basin.dump: No such file", ranks=2)


class Disk(Messages):
    def test_output_that_cannot_be_written(self):
        (self.folder / "file").write_text("not a folder")
        for ranks in (1, 2):
            for name in ("file/mb.pmf", "nowhere/mb.pmf"):
                with self.subTest(name=name, ranks=ranks):
                    for output in ("mb.cgflow", "mb.iterations"):
                        (self.folder / output).unlink(missing_ok=True)
                    result = self.assert_error(l.learning(RUN, options="pmf " + name),
                                               "fix cgflow/al: Cannot write file " + name, ranks=ranks)
                    self.assertEqual(len(result.errors()), 1)
                    self.assertFalse((self.folder / "mb.state").exists())
                    self.assertEqual([p for p in os.listdir(self.folder) if p.endswith(".tmp")], [])
        self.assertEqual((self.folder / "file").read_text(), "not a folder")

    def limited(self, script, limit):
        """The run under a limit of the size of each file, which acts as a full disk does. It is set when LAMMPS runs already,
        because MPI makes files of its own at its start. Returns exit code and output."""
        self.write("in.test", "shell touch started\nshell sleep 1\n" + script)
        process = subprocess.Popen([str(LMP), "-in", "in.test", "-log", "none"], cwd=self.folder,
                                   env=dict(os.environ, CGFLOW_BUILD_DIR=str(self.build)), stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True,
                                   preexec_fn=lambda: signal.signal(signal.SIGXFSZ, signal.SIG_IGN))
        while process.poll() is None and not (self.folder / "started").exists():
            time.sleep(0.01)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (limit, limit))
        output, _ = process.communicate(timeout=120)
        return process.returncode, output

    def test_full_disk_leaves_the_old_files(self):
        self.lammps(l.learning("run 20\n"))
        before = self.outputs()
        # Only the beginning of the file fits: no partial file may remain.
        code, output = self.limited(l.learning("run 40\n", options="fresh yes"), len(before["mb.cgflow"]) // 2)
        self.assertNotEqual(code, 0)
        self.assertRegex(output, r"ERROR.*Cannot write file mb.state: File too large \(while writing mb.state.tmp, mb.state is "
                                 r"as it was\)")
        self.assertEqual(len([line for line in output.splitlines() if "ERROR" in line]), 1)
        self.assertEqual(before, self.outputs())
        self.assertEqual([p for p in os.listdir(self.folder) if p.endswith(".tmp")], [])
        # With enough space the same command line continues.
        self.lammps(l.learning("run 20\nrun 20\n"))


if __name__ == "__main__":
    unittest.main()
