# SPDX-License-Identifier: GPL-2.0-only
"""Each style and command of the plugin has a page of LAMMPS' anatomy, and each YAML key stands in the manual once."""
import collections
import os
import pathlib
import re
import unittest

SOURCE = pathlib.Path(os.environ.get("CGFLOW_SOURCE_DIR", pathlib.Path(__file__).parents[1]))
DOC = SOURCE / "doc"
STYLE = re.compile(r'^\s*\{"(pair|fix|compute)",\s*"([\w/]+)",', re.M)
COMMAND = re.compile(r'^\s*\{"([\w/]+)",\s*command<', re.M)

# By kind: the word before the name in index and title, the beginning of the file's name, the section after Description.
KINDS = {
    "pair": ("pair_style ", "pair_", "Mixing, shift, table, tail correction, restart, rRESPA info"),
    "fix": ("fix ", "fix_", "Restart, fix_modify, output, run start/stop, minimize info"),
    "compute": ("compute ", "compute_", "Output info"),
    "command": ("", "", "Output info"),
}


def styles(text):
    """[(kind, name)] of the plugin's tables."""
    return STYLE.findall(text) + [("command", name) for name in COMMAND.findall(text)]


def sections(text):
    """[(heading, underline)] of a page; a heading and its underline have the same length."""
    return [(head, line[0]) for head, line in re.findall(r'^(\S.*)\n(={3,}|"{3,}|-{3,})$', text, re.M) if len(head) == len(line)]


def faults(kind, name, text):
    """What differs from the anatomy, as a list of texts."""
    before, _, middle = KINDS[kind]
    found = []
    if not text.startswith(f".. index:: {before}{name}\n"):
        found.append(f"first line is no '.. index:: {before}{name}'")
    wanted = [(f"{before}{name} command", "=")] + [
        (head, '"') for head in ("Syntax", "Examples", "Description", middle, "Restrictions", "Related commands", "Default")]
    if (got := sections(text)) != wanted:
        found.append(f"headings are {got}, expected {wanted}")
    noun = "pair style" if kind == "pair" else kind
    if f'\nRestrictions\n""""""""""""\n\nThis {noun} is part of the USER-CGFLOW package.' not in text:
        found.append(f"Restrictions do not begin with 'This {noun} is part of the USER-CGFLOW package.'")
    return found


def page_of(kind, name):
    return DOC / (KINDS[kind][1] + name.replace("/", "_") + ".rst")


class Pages(unittest.TestCase):
    def test_each_style_and_command_has_a_page_of_the_anatomy(self):
        table = styles((SOURCE / "src/USER-CGFLOW/cgflowplugin.cpp").read_text())
        self.assertGreater(len(table), 8)
        for kind, name in table:
            with self.subTest(kind=kind, name=name):
                self.assertTrue(page_of(kind, name).is_file(), page_of(kind, name))
                self.assertEqual(faults(kind, name, page_of(kind, name).read_text()), [])

    def test_each_page_of_a_style_belongs_to_one(self):
        known = {page_of(*row) for row in styles((SOURCE / "src/USER-CGFLOW/cgflowplugin.cpp").read_text())}
        for pattern in ("pair_*.rst", "fix_*.rst", "compute_*.rst", "cgflow_*.rst"):
            self.assertLessEqual(set(DOC.glob(pattern)), known)

    def test_each_yaml_key_stands_once(self):
        keys = re.findall(r"^   \* - ``([\w.\[\]]+)``$", (DOC / "yaml_keywords.inc").read_text(), re.M)
        self.assertGreater(len(keys), 40)
        self.assertEqual([key for key, n in collections.Counter(keys).items() if n > 1], [])


class Rules(unittest.TestCase):
    """The checks above see what they are to see."""
    PAGE = (DOC / "compute_cgflow_std.rst").read_text()

    def test_a_page_that_differs_is_seen(self):
        self.assertEqual(faults("compute", "cgflow/std", self.PAGE), [])
        for old, new in [(".. index:: compute", ".. index:: fix"), ("cgflow/std command\n==", "cgflow/sd command\n=="),
                         ('Output info\n"""""""""""\n', ""), ("Related commands\n", "Related_commands\n"),
                         ("This compute is part", "It is part")]:
            self.assertIn(old, self.PAGE)
            self.assertEqual(len(faults("compute", "cgflow/std", self.PAGE.replace(old, new))), 1, old)

    def test_rows_of_the_table_are_read(self):
        self.assertEqual(styles('  {"pair",    "cgflow/pmf",  "x",  pair<P>, nullptr},\n  {"cgflow/a",   command<A>},\n'),
                         [("pair", "cgflow/pmf"), ("command", "cgflow/a")])


if __name__ == "__main__":
    unittest.main()
