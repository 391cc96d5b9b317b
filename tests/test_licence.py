# SPDX-License-Identifier: GPL-2.0-only
"""The licence line: the first line of each source, after `#!` where there is one."""
import os
import pathlib
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ.get("CGFLOW_SOURCE_DIR", pathlib.Path(__file__).parents[1]))
FOLDERS = (".ci", "cmake", "doc", "examples", "lib", "python", "src", "tests", "tools")
LICENCE = "SPDX-License-Identifier: GPL-2.0-only"
# The comment mark of each kind of source, by the ending of its name.
MARKS = {".cpp": "//", ".cu": "//", ".h": "//", ".hpp": "//", ".cmake": "#", ".cmake.in": "#", ".py": "#", ".sh": "#", "CMakeLists.txt": "#"}


def mark_of(path):
    """The comment mark of a source; None for any other file."""
    for ending, mark in MARKS.items():
        if path.name.endswith(ending):
            return mark
    with path.open("rb") as file:
        return "#" if file.read(2) == b"#!" else None


def sources(root):
    """{path from the root: (comment mark, first lines)} of all sources."""
    found = {}
    for top in (root, *(root / folder for folder in FOLDERS)):
        for path in sorted(top.glob("*") if top == root else top.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts and (mark := mark_of(path)):
                with path.open(encoding="utf-8") as file:
                    found[path.relative_to(root).as_posix()] = mark, [file.readline().rstrip("\n") for _ in range(2)]
    return found


def without_licence(files):
    """Paths of sources that do not begin with the licence line."""
    return [path for path, (mark, lines) in files.items()
            if (lines[1] if lines[0].startswith("#!") else lines[0]) != f"{mark} {LICENCE}"]


class Licence(unittest.TestCase):
    def test_every_source_begins_with_it(self):
        files = sources(SOURCE)
        for some in ("CMakeLists.txt", ".ci/run", "lib/cgflow/include/cgflow/config.h", "python/cgflow/__init__.py", "tools/lmp",
                     "tests/lammps/harness.py", "tools/parts/paths.sh", "cmake/cgflowConfig.cmake.in"):
            self.assertIn(some, files)
        self.assertEqual(without_licence(files), [])


class Rules(unittest.TestCase):
    """The check sees the files that it is to see."""

    def found(self, files):
        with tempfile.TemporaryDirectory() as folder:
            for name, text in files.items():
                path = pathlib.Path(folder, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            return without_licence(sources(pathlib.Path(folder)))

    def test_each_kind_of_source_without_the_line_is_seen(self):
        files = {"CMakeLists.txt": "", "lib/a.cpp": f"# {LICENCE}\n", "lib/b/a.h": f"\n// {LICENCE}\n", "tests/a.py": '"""Text."""\n',
                 "tools/parts/a.sh": f"# {LICENCE} OR MIT\n", "tools/a": "#!/usr/bin/env bash\nset -e\n",
                 "cmake/a.cmake": "# Text.\n", "cmake/b.cmake.in": f"// {LICENCE}\n"}
        self.assertEqual(sorted(self.found(files)), sorted(files))

    def test_right_lines_and_other_files_pass(self):
        line = f"# {LICENCE}\n"
        self.assertEqual(self.found({
            "CMakeLists.txt": line, "lib/a.cpp": f"// {LICENCE}\n", "tests/a.py": line + '"""Text."""\n', "doc/a.rst": "Text\n",
            "tools/a": "#!/usr/bin/env bash\n" + line, "tests/b.py": "#!/usr/bin/env python3\n" + line, "build/x.py": "",
            "examples/in.a": "units lj\n"}), [])


if __name__ == "__main__":
    unittest.main()
