# SPDX-License-Identifier: GPL-2.0-only
"""The size of sources: one concept a file, so that none is above 25 kB."""
import os
import pathlib
import tempfile
import unittest

from test_licence import sources

SOURCE = pathlib.Path(os.environ.get("CGFLOW_SOURCE_DIR", pathlib.Path(__file__).parents[1]))
LARGEST = 25000


def too_large(root):
    """{path: bytes} of the sources above the largest size. Sources are the files that begin with the licence line."""
    sizes = {path: (root / path).stat().st_size for path in sources(root)}
    return {path: size for path, size in sizes.items() if size > LARGEST}


class Size(unittest.TestCase):
    def test_no_source_is_above_the_largest_size(self):
        self.assertEqual(too_large(SOURCE), {}, f"bytes of sources, at most {LARGEST} are allowed: split them by concept")


class Rules(unittest.TestCase):
    """The check sees the files that it is to see."""

    def found(self, sizes):
        with tempfile.TemporaryDirectory() as folder:
            for name, size in sizes.items():
                path = pathlib.Path(folder, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text("#!" + "x" * (size - 2))
            return too_large(pathlib.Path(folder))

    def test_each_kind_of_source_above_the_size_is_seen(self):
        files = dict.fromkeys(("CMakeLists.txt", "lib/a.cpp", "lib/b/a.h", "src/USER-CGFLOW/a.cpp", "tests/a.py", "tools/parts/a.sh",
                               "tools/a", "cmake/a.cmake", "cmake/b.cmake.in"), LARGEST + 1)
        self.assertEqual(self.found(files), files)

    def test_the_largest_size_and_other_folders_pass(self):
        self.assertEqual(self.found({"lib/a.cpp": LARGEST, "tests/a.py": LARGEST, "build/a.cpp": LARGEST + 1}), {})

    def test_data_and_pages_pass(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in ("doc/a.rst", "tests/oracle/a.csv"):
                path = pathlib.Path(folder, name)
                path.parent.mkdir(parents=True)
                path.write_text("x" * (LARGEST + 1))
            self.assertEqual(too_large(pathlib.Path(folder)), {})


if __name__ == "__main__":
    unittest.main()
