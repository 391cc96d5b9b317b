# SPDX-License-Identifier: GPL-2.0-only
"""tools/bench: its file and table, one short row, and its errors when something is missing."""
import json
import os
import subprocess
import unittest

from sandbox import SOURCE, Folder
from cgflow.bench.rows import ROWS, Effort, Row
from cgflow.bench.table import table
from cgflow.programs.bench import measure

BENCH = SOURCE / "tools" / "bench"

PROMISED = ("train_step_f64 train_step_f32 sample_f64 default_iteration coordinates_forward coordinates_backward spline ensemble_mc "
            "energies_vacuum energies_obc iteration ranks_2").split()


class Bench(Folder):
    def setUp(self):
        super().setUp()
        self.file = self.folder / "new" / "bench.json"

    def bench(self, *arguments, **environment):
        done = subprocess.run([str(BENCH), "--json", str(self.file), *arguments], env={**os.environ, **environment}, timeout=200,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True)
        return done.returncode, done.stdout

    def test_a_row_in_earnest(self):
        code, text = self.bench("--quick", "--no-peers", "--only", "ensemble_mc")
        self.assertEqual(code, 0, text)
        self.assertRegex(text, r"(?m)^ensemble_mc +walkers +[\d ]+ - +[\d ]+ - +\d+\.\d\d$")
        self.assertRegex(text, r"(?m)^\d{4}-\d\d-\d\d, .+, \d+ cores, one thread, quick: not measurements$")
        found = json.loads(self.file.read_text())
        self.assertEqual(set(found), {"about", "ensemble_mc"})
        self.assertEqual(set(found["about"]), {"machine", "date", "quick"})
        self.assertEqual(set(found["ensemble_mc"]), {"ours", "limit", "ours_with_gradient", "date"})
        for figure in ("ours", "limit", "ours_with_gradient"):
            self.assertGreater(found["ensemble_mc"][figure], 0.0)

    def test_rows_of_the_same_kind_stay(self):
        self.assertEqual(self.bench("--quick", "--no-peers", "--only", "ensemble_mc")[0], 0)
        found = json.loads(self.file.read_text())
        self.file.write_text(json.dumps({**found, "spline": {"ours": 1.0}}))
        self.assertEqual(self.bench("--quick", "--no-peers", "--only", "ensemble_mc")[0], 0)
        self.assertIn("spline", json.loads(self.file.read_text()))
        # Figures of another machine are dropped.
        found["about"]["machine"] = "abacus, 1 cores"
        self.file.write_text(json.dumps({**found, "spline": {"ours": 1.0}}))
        self.assertEqual(self.bench("--quick", "--no-peers", "--only", "ensemble_mc")[0], 0)
        self.assertNotIn("spline", json.loads(self.file.read_text()))

    def test_wrong_arguments(self):
        for arguments, expected in [
                (["--only", "train,spline"], "bench: --only: got 'train', expected some of train_step_f64,train_step_f32,"),
                (["--rounds", "0"], "bench: --rounds: got 0, expected a number from 1; see bench --help"),
                (["--fast"], "bench: unrecognized arguments: --fast; see bench --help")]:
            code, text = self.bench(*arguments)
            self.assertEqual(code, 1, text)
            self.assertIn(expected, text)
        self.assertFalse(self.file.exists())

    def test_a_program_that_is_not_built_is_named_with_its_target(self):
        code, text = self.bench("--quick", "--no-peers", "--only", "ensemble_mc,default_step", CGFLOW_BUILD_DIR=str(self.folder))
        self.assertEqual(code, 1, text)
        for name, target in (("ensemble_mc", "ensemble_mc"), ("default_step", "flow_step")):
            self.assertIn(f"bench: {name}: no program {self.folder}/tests/bench/{target}; build it with: tools/setup --target {target}",
                          text)
        self.assertIn("bench: no figures of ensemble_mc, default_step", text)
        self.assertFalse(self.file.exists())

    def test_another_file_is_not_overwritten(self):
        self.file.parent.mkdir()
        self.file.write_text("notes")
        code, text = self.bench("--quick", "--no-peers", "--only", "ensemble_mc")
        self.assertEqual(code, 1, text)
        self.assertIn(f"bench: {self.file}: not a JSON file; remove it or give another one with --json", text)
        self.assertEqual(self.file.read_text(), "notes")


class Rows(unittest.TestCase):
    def test_all_that_are_promised_are_there(self):
        self.assertLessEqual(set(PROMISED), set(ROWS))

    def test_each_has_its_line_in_the_manual(self):
        page = (SOURCE / "doc" / "Howto_cgflow_bench.rst").read_text()
        for name in ROWS:
            self.assertRegex(page, rf"(?m)^{name}\n   \S", name)

    def test_medians_of_runs_in_turns(self):
        order = []

        def run_of(name, values):
            def figures(effort):
                order.append(name)
                return {name: values[order.count(name) - 1]}
            return figures

        row = Row("items", (run_of("ours", [1, 9, 2]),), (run_of("peer", [4, 5, 3]),))
        self.assertEqual(measure(row, Effort(), 3), {"ours": 2, "peer": 4})
        self.assertEqual(order, ["ours", "peer"] * 3)
        order.clear()
        self.assertEqual(measure(row, Effort(quick=True, peers=False), 3), {"ours": 1})

    def test_the_table(self):
        lines = table({"spline": {"ours": 3e6, "peer": 1e5, "limit": 4e6, "percent_log": 40.0, "date": "today", "batch": 256}})
        self.assertEqual([line.split() for line in lines.splitlines()[1:]], [
            ["spline", "coordinates", "3", "000", "000", "100", "000", "4", "000", "000", "30.00", "0.75"],
            ["log", "40.0", "%"], ["batch", "256"]])


if __name__ == "__main__":
    unittest.main()
