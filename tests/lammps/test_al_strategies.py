# SPDX-License-Identifier: GPL-2.0-only
"""fix cgflow/al: each way to explore learns the same PMF, and is the same run after run."""
import re
import sys
import unittest

import learning as l
from harness import SOURCE

sys.path.insert(0, str(SOURCE / "python"))
from cgflow.pmf import comparison as pmf_compare, files as pmf_files, reference as pmf_reference  # noqa: E402

WITHOUT_WALKERS = ("uniform", "variance", "ucb")
PLAIN = "pair_style      cgflow/pmf\npair_coeff      * * mb.yaml\n"
TEMPERED = "pair_style hybrid/scaled 0.25 cgflow/pmf 0.0 zero 1.0\npair_coeff * * cgflow/pmf mb.yaml\npair_coeff * * zero\n"


class Strategies(l.LearningTest):
    def learn(self, runs="run 20000\n", strategy="mc", change=("", ""), **values):
        self.write("mb.yaml", l.YAML.replace("target: 0.15", f"target: 0.1, strategy: {strategy}"))
        return self.lammps(l.learning(runs, **values).replace(*change))

    def check(self):
        pmf = pmf_files.read_pmf(str(self.folder / "mb.pmf"))
        self.assertEqual(pmf.header["status"], "1")
        reference = pmf_reference.read_reference(str(SOURCE / "tests" / "oracle" / "mueller_brown_pmf.csv"), 1)
        comparison = pmf_compare.compare(pmf, pmf_compare.restrict(reference, [-2.5, 1.1], None))
        # Seeds 1 to 5: 0.046 to 0.160 without walkers, 0.046 to 0.187 with them; this small flow is trained for two seconds.
        self.assertLess(comparison.rms, 0.2, comparison.line())

    def test_strategies_without_walkers_learn(self):
        for name in WITHOUT_WALKERS:
            with self.subTest(name):
                self.subfolder(name)
                # The one walker never stops.
                result = self.learn(strategy=name, walkers=1)
                self.check()
                self.assertIn("converged: 1 sweep without a new point", result.text)
                self.assertEqual(set(result.thermo()["f_learn[3]"]), {1.0})

    def test_walkers_by_threshold_tempered_and_exchanged_learn(self):
        cases = {"hot": ("mc 20.0", "mc 40.0"), "tempered": (PLAIN, TEMPERED),
                 "exchange": ("mc 20.0 ${seed} 0.1", "mc 10.0 ${seed} 0.1 exchange 10 20.0 40.0")}
        for name, change in cases.items():
            with self.subTest(name):
                self.subfolder(name)
                self.assertIn(change[0], l.learning())
                self.learn(change=change)
                self.check()

    def test_several_runs_are_one_long_run(self):
        exchange = ("mc 20.0 ${seed} 0.1", "mc 10.0 ${seed} 0.1 exchange 10 20.0 40.0")
        for name, change in (("variance", ("", "")), ("mc", exchange)):
            outputs = []
            for runs in ("run 30\n", "run 3\nrun 17\nrun 10\n"):
                self.subfolder(f"{name}{len(runs)}")
                self.learn(runs, strategy=name, change=change)
                outputs.append({key: value for key, value in self.outputs().items() if key != "mb.state"})
            self.assertEqual(*outputs, name)

    def test_going_on_from_a_state_file_gives_the_same_bits(self):
        outputs = []
        for interrupted in (False, True):
            self.subfolder(f"interrupted{interrupted}")
            if interrupted:
                self.learn("run 3\n", strategy="variance")
            result = self.learn("run 3\nrun 20000\n", strategy="variance")
            outputs.append(self.outputs()["mb.pmf"])
        self.assertIn("this run is complete in mb.state, skipped", result.text)
        self.assertEqual(*outputs)

    def test_unknown_strategy(self):
        self.write("mb.yaml", l.YAML.replace("target: 0.15", "strategy: lucky"))
        self.assert_error(l.learning("run 1\n"), re.escape("explore.strategy: got 'lucky', expected one of mc, uniform, variance, "
                                                           "ucb, grid"))
        self.write("mb.yaml", l.YAML.replace("target: 0.15", "strategy: ucb, kappa: -2"))
        self.assert_error(l.learning("run 1\n"), re.escape("explore.kappa: got '-2', expected number >= 0"))


if __name__ == "__main__":
    unittest.main()
