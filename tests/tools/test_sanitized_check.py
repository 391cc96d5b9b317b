# SPDX-License-Identifier: GPL-2.0-only
"""tools/test-sanitized: its errors before it builds anything. Its builds and runs are tests themselves."""
import unittest

from sandbox import Sandbox


class BeforeTheBuild(Sandbox):
    def test_needs_the_set_up(self):
        code, text = self.run_tool("test-sanitized")
        self.assertEqual(code, 1, text)
        self.assertIn("tools/test-sanitized: not set up yet", text)
        self.assertIn("Run tools/setup first.", text)

    def test_names_what_it_does_not_know(self):
        for args, pattern in ((["-j", "none"], "-j needs a number of jobs, 1 or more, but got 'none'"),
                              (["-j"], "-j needs a number of jobs, 1 or more, but got 'nothing'"),
                              (["--fast"], "unknown option '--fast'; allowed are --no-run, --only-run, -j N, --help")):
            code, text = self.run_tool("test-sanitized", *args)
            self.assertEqual(code, 1, text)
            self.assertIn(pattern, text)
        code, text = self.run_tool("test-sanitized", "--help")
        self.assertEqual(code, 0, text)


if __name__ == "__main__":
    unittest.main()
