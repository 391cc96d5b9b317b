# SPDX-License-Identifier: GPL-2.0-only
"""tools/demo: what it runs, when it continues or starts again, and what it reports. Set-up, LAMMPS and the plot are
stand-ins; the example has a test of its own with the real ones."""
import unittest

from sandbox import Sandbox

PMF = """# kT 10 units lj T 10 domain all
# evaluations md 2500 example 0 energy 9000 test 0 labels 1500 total 13000
# status STATUS
0.0 1.0 0.1 1
"""
LMP = """#!/bin/sh
echo "lmp $*" >> "$CALLS"
test -f in.al && test -f mb.yaml || exit 9
case "$*" in *in.al*) cp "$PMF_FILE" mb.pmf; exit "${AL_CODE:-0}";; esac
"""


class Demo(Sandbox):
    def setUp(self):
        super().setUp()
        for name, text in (("setup", '#!/bin/sh\necho "setup $*" >> "$CALLS"\n'), ("lmp", LMP),
                           ("plot-pmf", '#!/bin/sh\necho "plot $*" >> "$CALLS"\necho "accuracy of the plot"\n')):
            path = self.tree / "tools" / name
            path.write_text(text)
            path.chmod(0o755)
        self.example = self.tree / "examples" / "USER-CGFLOW" / "mueller-brown"
        self.example.mkdir(parents=True)
        for name in ("in.mb", "in.basin", "in.al", "mb.yaml", "minima.txt"):
            (self.example / name).write_text("first\n")
        plugin = self.tree / "build" / "default" / "plugin"
        plugin.mkdir(parents=True)
        (plugin / "cgflowplugin.so").write_text("first")
        self.pmf = self.folder / "a.pmf"
        self.pmf.write_text(PMF.replace("STATUS", "1"))

    def demo(self, *args, **environment):
        """Runs the demo; returns (exit code, output, calls of LAMMPS)."""
        before = len(self.called().splitlines())
        code, text = self.run_tool("demo", *args, environment={"PMF_FILE": str(self.pmf), **environment})
        return code, text, [line for line in self.called().splitlines()[before:] if line.startswith("lmp")]

    def test_data_then_learning_then_report(self):
        code, text, runs = self.demo("-np", "2", "--seed", "7")
        self.assertEqual(code, 0, text)
        self.assertEqual(runs, ["lmp -np 2 -in in.basin -var seed 7 -log log.basin",
                                "lmp -np 2 -in in.al -var seed 7 -log log.al"])
        self.assertIn("setup --target cgflowplugin", self.called())
        self.assertIn(f"plot mb.pmf --reference {self.tree}/tests/oracle/mueller_brown_pmf.csv -o mb.png", self.called())
        self.assertIn("accuracy of the plot", text)
        self.assertRegex(text, r"converged; 13000 energy evaluations \(MD 2500, example 0, energy 9000, test 0, labels 1500\)")
        self.assertIn(f"{self.tree}/build/demo/mueller-brown/mb.png", text)

    def test_continues_the_same_run_and_starts_another_one_again(self):
        self.demo()
        self.assertEqual(len(self.demo()[2]), 1, "the data exist; only the learning runs again")
        self.assertEqual(len(self.demo("--fresh")[2]), 2)
        self.assertEqual(len(self.demo("--seed", "5")[2]), 2)
        self.assertEqual(len(self.demo("--seed", "5", "-np", "2")[2]), 2)
        (self.example / "mb.yaml").write_text("second\n")
        self.assertEqual(len(self.demo("--seed", "5", "-np", "2")[2]), 2)
        (self.tree / "build" / "default" / "plugin" / "cgflowplugin.so").write_text("second")
        self.assertEqual(len(self.demo("--seed", "5", "-np", "2")[2]), 2)

    def test_error_of_lammps_is_passed_on(self):
        code, text, _ = self.demo(AL_CODE="3")
        self.assertEqual(code, 1)
        self.assertRegex(text, r"LAMMPS ended with an error \(code 3\) in in\.al; its output is above and in .*log\.al")
        self.assertNotIn("== Result", text)

    def test_a_spent_budget_is_not_called_converged(self):
        self.pmf.write_text(PMF.replace("STATUS", "2"))
        _, text, _ = self.demo()
        self.assertIn("the budget of energy evaluations was spent before it converged", text)


if __name__ == "__main__":
    unittest.main()
