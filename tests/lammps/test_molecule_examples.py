# SPDX-License-Identifier: GPL-2.0-only
"""The claims of the molecule examples, with their own files and defaults: half a minute to two minutes per run."""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from harness import SOURCE, LammpsTest

EXAMPLES = SOURCE / "examples" / "USER-CGFLOW"
ORACLE = SOURCE / "tests" / "oracle"


class Vacuum(LammpsTest):
    """Alanine dipeptide in vacuum: a basin of 1 % behind a barrier of 13 kT. The seed is not one of those in the tables of the manual."""

    @classmethod
    def setUpClass(cls):
        cls.run_folder = pathlib.Path(tempfile.mkdtemp(prefix="cgflow-test-"))
        cls.addClassCleanup(shutil.rmtree, cls.run_folder, ignore_errors=True)
        for path in (EXAMPLES / "alanine-dipeptide").iterdir():
            shutil.copy(path, cls.run_folder)
        runner = LammpsTest()
        runner.folder = cls.run_folder
        cls.result = runner.lammps(cls.run_folder / "in.al_vacuum", "-var", "seed", "11")

    def setUp(self):
        self.folder = self.run_folder

    def figures(self):
        """{figure: number} as tools/compare-pmf prints them."""
        text = subprocess.run([sys.executable, str(SOURCE / "tools" / "compare-pmf"), "vacuum.pmf",
                               str(ORACLE / "ala2_vacuum_pmf" / "ala2_vacuum_pmf.csv")], cwd=self.folder, check=True,
                              capture_output=True, text=True).stdout
        return {name: float(number) for name, number in re.findall(r"^([\w ]+):\s+([-+.\de]+)", text, re.M)}

    def test_ends_by_its_own_rule_with_few_evaluations(self):
        found = re.search(r"cgflow/al: status (\d), .* total (\d+)", self.result.text)
        self.assertEqual(found[1], "1")
        self.assertLess(int(found[2]), 100_000)

    def test_the_pmf_is_right_and_its_std_honest(self):
        found = self.figures()
        # Seeds 1 to 5: at most 1.2e-3 and 0.066.
        self.assertLess(found["forward KLD"], 2.4e-3)
        self.assertLess(found["RMS error"], 0.1)
        self.assertGreater(found["within 1 std"], 50.0)
        self.assertGreater(found["within 2 std"], 85.0)
