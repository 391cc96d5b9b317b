# SPDX-License-Identifier: GPL-2.0-only
"""Worlds of two ranks each under fix cgflow/al: a world that fails, alone or with others, neither waits nor makes others wait."""
import pathlib
import subprocess
import sys
import unittest

import learning as l
from harness import library_environment
from test_al_partitions import SHARE, Partitions

WORLD = "variable me world 0 1\nvariable now equal step\n"
SECONDS = 60    # no run here takes more than five


class Apart(Partitions):
    def test_claim_that_fails_on_one_rank_is_one_error_on_all(self):
        """The first rank alone claims the files. The other one must not begin with the child, for which all ranks of the world evaluate
        the variable."""
        self.write("in.mb", l.SYSTEM.replace("mass            1 1.0", "mass            1 ${weight}"))
        text = "variable weight equal count(all)/50\n" + l.learning("run 20000\n", processors="* 1 1")
        result = self.lammps(text, "-partition", "2x2", ranks=4, check=False, timeout=SECONDS)
        self.assertNotEqual(result.code, 0)
        errors = [line for world in (0, 1) for line in self.text_of(world).splitlines() if "ERROR" in line]
        self.assertEqual(len(errors), 1, errors)
        self.assertRegex(errors[0], "ERROR: fix cgflow/al: mb.state is in use by process .*, partition [01]: with share yes")


class Library(Partitions):
    """Each world sees the errors of LAMMPS as exceptions and closes its LAMMPS, as a program may do that handles them."""

    def ends(self, text, layout=2):
        """How each world has ended."""
        self.need_ranks(2 * layout)
        script = self.write("in.test", WORLD + text)
        environment = library_environment()
        # As tools/lmp does, so that waiting ranks yield.
        environment.update(MPIR_CVAR_CH4_PROGRESS_THROTTLE="1", MPIR_CVAR_CH4_PROGRESS_THROTTLE_NO_PROGRESS_COUNT="10")
        launcher = f"{sys.prefix}/bin/mpiexec"
        program = str(pathlib.Path(__file__).parent / "worlds_in_a_library.py")
        done = subprocess.run([launcher, "-np", str(2 * layout), sys.executable, program, str(script), str(layout)], cwd=self.folder,
                              env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True,
                              timeout=SECONDS)
        self.assertEqual(done.returncode, 0, done.stdout)
        return [(self.folder / f"ended.{world}").read_text() for world in (0, 1)]

    def test_error_within_a_run(self):
        for failing in (0, 1):
            with self.subTest(failing=failing):
                self.subfolder(f"world-{failing}")
                ended = self.ends(l.learning(f"if '${{me}} == {failing}' then 'fix stop all halt 1 v_now >= 30 error hard'\nrun 20000\n",
                                             options=SHARE))
                self.assertRegex(ended[failing], "Fix halt condition for fix-id stop met on step 30")
                self.assertRegex(ended[1 - failing], f"Fix cgflow/al: share yes: partition {failing} has ended during a run")

    def test_error_while_a_run_is_set_up(self):
        """LAMMPS looks the variable up after all fixes have been initialized."""
        ended = self.ends(l.learning("variable gone equal 1\nif '${me} == 1' then 'thermo_style custom step v_gone'\n"
                                     "variable gone delete\nrun 50\n", options=SHARE))
        self.assertRegex(ended[1], "variable")
        self.assertRegex(ended[0], "Fix cgflow/al: share yes: partition 1 has ended during a run")

    def test_error_between_runs(self):
        """The other world does its further runs without learning, and comes to the end of its script."""
        ended = self.ends(l.learning("run 20\nif '${me} == 1' then 'fix more all nonsense'\nrun 20000\n", options=SHARE))
        self.assertRegex(ended[1], "nonsense")
        self.assertEqual(ended[0], "no error")
        self.assertIn("WARNING: cgflow/al: partition 1 learns no more, and without it no other one does", self.text_of(0))

    def test_worlds_without_error_end_together(self):
        self.assertEqual(self.ends(l.learning("run 50\n", options=SHARE)), ["no error"] * 2)


if __name__ == "__main__":
    unittest.main()
