# SPDX-License-Identifier: GPL-2.0-only
"""The tables of tools/compare: numbers, medians, costs, and their text."""
import math
import unittest

import sandbox  # noqa: F401  makes cgflow known
from cgflow.compare import curves, table


def curve(method, seed, rows, end="converged"):
    points = [curves.Point(n, n / 10, n / 20, kld, rms, rms) for n, kld, rms in rows]
    n = rows[-1][0] if rows else 0
    return curves.Curve(method, seed, end, n, n / 10, n / 20, points)


class Table(unittest.TestCase):
    TITLES = {"md": "plain MD", "metad": "metadynamics", "metad-mean": "mean bias", "paper": "paper", "ours": "ours"}

    def test_numbers(self):
        words = {0: "0", 0.01234: "0.0123", 999.9: "1000", 12345: "12345", 2e7: "2.0e7", 1.5e-3: "1.5e-3", math.nan: "-"}
        self.assertEqual({x: table.number(x) for x in words}, words)
        times = {1.5: "1.5 s", 119: "119 s", 120: "2 min", 7200: "2 h", 86400 * 3: "3 d"}
        self.assertEqual({x: table.duration(x) for x in times}, times)
        self.assertEqual(table.spread([3, 1, 2]), "2 (1 to 3)")
        self.assertEqual(table.spread([3, math.nan]), "3")
        self.assertEqual(table.spread([]), "-")

    def test_results(self):
        found = [curve("ours", k, [(10, 0.5, 1.0), (100 * k, 0.01 * k, 0.1)]) for k in (1, 2, 3)]
        found.append(curve("paper", 1, [], end="wall time spent"))
        head, rows = table.results(found, self.TITLES, {"paper": "6.0e6"})
        row = dict(zip(head, rows[0]))
        self.assertEqual((row["method"], row["runs"], row["ended"]), ("ours", "3", "converged"))
        self.assertEqual((row["evaluations"], row["KLD"]), ("200 (100 to 300)", "0.02 (0.01 to 0.03)"))
        self.assertEqual(row["RMS error / kT"], "0.1 (0.1 to 0.1)")
        self.assertEqual((row["wall time"], row["CPU time"]), ("20 s (10 s to 30 s)", "10 s (5 s to 15 s)"))
        row = dict(zip(head, rows[1]))
        self.assertIn("wall time spent, no PMF yet", row["ended"])
        self.assertEqual((row["KLD"], row["published"]), ("-", "6.0e6"))

    def test_a_target_is_reached_for_good(self):
        some = curve("ours", 1, [(10, 0.009, 1), (20, 0.02, 1), (30, 0.01, 1), (40, 0.001, 1)])
        self.assertEqual(table.reached(some, 0.01).evaluations, 30)
        self.assertIsNone(table.reached(some, 1e-4))
        head, rows = table.costs([some, curve("ours", 2, [(10, 0.5, 1)])], self.TITLES, [0.01])
        # 1.5 s of CPU and 30 evaluations of 1, 10 and 100 ms.
        self.assertEqual(rows, [["0.01", "ours", "1 of 2", "30", "1.5 s", "1.53 s", "1.8 s", "4.5 s"]])
        self.assertEqual(len(head), len(rows[0]))

    def test_the_best_estimate_of_a_method_is_shown(self):
        found = [curve("metad", 1, [(10, 0.2, 1)]), curve("metad-mean", 1, [(10, 0.1, 1)]), curve("ours", 1, [])]
        self.assertEqual([c.method for c in table.best_estimators(found)], ["metad-mean", "ours"])

    def test_text_and_rst(self):
        self.assertEqual(table.as_text(["a", "b"], [["1", "22"], ["333", "4"]]), "a    b\n1    22\n333  4\n")
        self.assertEqual(table.as_rst(["a", "b"], [["1", "2"]]),
                         ".. list-table::\n   :header-rows: 1\n\n   * - a\n     - b\n   * - 1\n     - 2\n")
        text, rst = table.write(["Facts."], [curve("md", 1, [(10, 0.2, 1)])], self.TITLES, {}, [0.1], 8.0)
        self.assertIn("reference is below 8 kT", text)
        self.assertIn("Computed, not run", rst)
        self.assertEqual(rst.count(".. list-table::"), 2)


if __name__ == "__main__":
    unittest.main()
