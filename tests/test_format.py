# SPDX-License-Identifier: GPL-2.0-only
"""Each C++ file looks as clang-format and the .clang-format of the repository make it."""
import os
import pathlib
import subprocess
import sys
import unittest

SOURCE = pathlib.Path(os.environ.get("CGFLOW_SOURCE_DIR", pathlib.Path(__file__).parents[1]))
# Of the environment that the tests run in: another version formats in another way.
PROGRAM = pathlib.Path(sys.prefix) / "bin" / "clang-format"


def differs(path):
    done = subprocess.run([PROGRAM, "--dry-run", "--Werror", "--style=file", path], cwd=SOURCE, stderr=subprocess.PIPE, text=True)
    return done.returncode != 0


class Format(unittest.TestCase):
    def test_each_source_is_formatted(self):
        sources = sorted(p for folder in ("lib", "src", "tests") for ending in ("*.h", "*.cpp") for p in (SOURCE / folder).rglob(ending))
        self.assertGreater(len(sources), 100)
        self.assertEqual([str(p.relative_to(SOURCE)) for p in sources if differs(p)], [], "run clang-format -i on these")


if __name__ == "__main__":
    unittest.main()
