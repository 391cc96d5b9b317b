# SPDX-License-Identifier: GPL-2.0-only
"""The manual and the READMEs: each style and command has a page in the layout of LAMMPS' manual, each YAML key is listed once, the text is plain
American English in ASCII, sources cite nothing outside of the tree, and the constants of the theory page are those of the sources."""
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
    """Differences from the layout, as a list of texts."""
    before, _, middle = KINDS[kind]
    found = []
    if not text.startswith(f".. index:: {before}{name}\n"):
        found.append(f"first line is not '.. index:: {before}{name}'")
    wanted = [(f"{before}{name} command", "=")] + [
        (head, '"') for head in ("Syntax", "Examples", "Description", middle, "Restrictions", "Related commands", "Default")]
    if (got := sections(text)) != wanted:
        found.append(f"headings are {got}, expected {wanted}")
    noun = "pair style" if kind == "pair" else kind
    if f'\nRestrictions\n""""""""""""\n\nThis {noun} is part of the USER-CGFLOW package.' not in text:
        found.append(f"Restrictions do not begin with 'This {noun} is part of the USER-CGFLOW package.'")
    for block in ("Syntax", "Examples"):
        if f'\n{block}\n{chr(34) * len(block)}\n\n.. code-block:: LAMMPS\n' not in text:
            found.append(f"{block} does not begin with '.. code-block:: LAMMPS'")
    return found


def page_of(kind, name):
    return DOC / (KINDS[kind][1] + name.replace("/", "_") + ".rst")


def prose():
    """Files whose text is checked."""
    named = [SOURCE / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")]
    return (named + sorted(DOC.glob("*.rst")) + sorted(DOC.glob("*.inc")) + sorted((SOURCE / "examples").rglob("README*"))
            + sorted((SOURCE / "tests/oracle").rglob("README*")))


# British spellings, and words that once stood for a standard term: write "calibration of the error bar", "stopping criterion", "bit for bit",
# "chirality", "90 degrees", "no LAMMPS file is modified", "per core", "start anew", "searched for", "next to", "compete with".
BANNED = re.compile(
    r"\b(\w*(?:neighbour|centre|labell|behaviour|licence|colour|minimis|optimis|normalis|standardis|initialis|randomis)\w*"
    r"|honest\w*|handedness|stop rules?|to the same bits|not a file of|quarter turn|half a turn|"
    r"a (?:core|line|rank) a (?:seed|core|kT)|(?:rank|processor|walker)s? a core|begin(?:s|ning)? anew|(?:is|are) looked for|when to take which)", re.I)
# Output and names of the program, which the manual quotes as they are.
QUOTED = ("one labelling", "other centres as in the", "*optimiser*")


def banned_words(text):
    for quote in QUOTED:
        text = text.replace(quote, "")
    # Names of constants of the sources, in the tables of the theory page.
    return [m[0] for m in BANNED.finditer(re.sub(r"``k[A-Z]\w*``", "", " ".join(text.split())))]


def constants(page):
    """[(names, values, files)] of the rows of the tables of constants whose first column holds names of the sources."""
    rows = []
    for row in re.findall(r"^   \* - (``k\w+``.*)\n     - (.*)\n     - (``.*``)$", page, re.M):
        names = re.findall(r"``(\w+)``", row[0])
        rows.append((names, [value.strip() for value in row[1].split(",")], re.findall(r"``([^`]+)``", row[2])))
    return rows


def number(text):
    """Value of "3/16", "1e-3" and "4.0"; None for others."""
    try:
        top, _, bottom = text.partition("/")
        return float(top) / float(bottom or 1)
    except ValueError:
        return None


def values_of(name, text):
    """All values that a source gives the constant, a list of numbers each."""
    found = []
    for value in re.findall(rf"\b{name}(?:\[\])?\s*=\s*(\{{[^}}]*\}}|[^,;]+)[,;]", text):
        parts = [part.strip() for part in value.strip("{} ").split(",")]
        found.append([number(part.split("*")[0].strip()) for part in parts])
    return found


def constant_faults(rows, read):
    """Rows that disagree with the sources; read(file) gives a file's text, or None when there is no such file."""
    found = []
    for names, values, files in rows:
        texts = [read(file) for file in files]
        if None in texts:
            found.append(f"{names}: no file {files[texts.index(None)]}")
            continue
        expected = [values] if len(names) == 1 else [[value] for value in values]
        if len(names) > 1 and len(values) == 1:
            expected = [values] * len(names)
        for name, value in zip(names, expected):
            numbers = [number(text) for text in value]
            given = [one for text in texts for one in values_of(name, text)]
            if numbers not in given:
                found.append(f"{name}: the page says {numbers}, {files} say {given}")
    return found


def read_source(file):
    for path in (SOURCE / "lib/cgflow/src" / file, SOURCE / file):
        if path.is_file():
            return path.read_text()
    return None


class Pages(unittest.TestCase):
    def test_each_style_and_command_has_a_page_in_the_layout_of_lammps(self):
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

    def test_each_yaml_key_is_listed_once(self):
        keys = re.findall(r"^   \* - ``([\w.\[\]]+)``$", (DOC / "yaml_keywords.inc").read_text(), re.M)
        self.assertGreater(len(keys), 40)
        self.assertEqual([key for key, n in collections.Counter(keys).items() if n > 1], [])


class Prose(unittest.TestCase):
    def test_ascii(self):
        self.assertGreater(len(prose()), 30)
        for path in prose():
            with self.subTest(path=path):
                lines = [i + 1 for i, line in enumerate(path.read_bytes().split(b"\n")) if not line.isascii()]
                self.assertEqual(lines, [])

    def test_plain_words(self):
        for path in prose():
            with self.subTest(path=path):
                self.assertEqual(banned_words(path.read_text()), [])

    def test_sources_cite_what_is_in_the_tree(self):
        for top in ("lib", "src"):
            for path in sorted((SOURCE / top).rglob("*")):
                if path.suffix in (".h", ".cpp", ".cmake", ".txt"):
                    with self.subTest(path=path):
                        self.assertIsNone(re.search(r"\bMETHOD\b|\bDESIGN\b", path.read_text()))

    def test_the_theory_page_has_the_sections_that_sources_cite(self):
        heads = [head for head, line in sections((DOC / "Howto_cgflow_theory.rst").read_text()) if line == "-"]
        self.assertEqual(heads, ["Free energy and CG variables", "The flow", "Energy training", "Labels", "Ensemble and evidence", "Exploring",
                                 "Stopping criterion", "Constants"])


class Constants(unittest.TestCase):
    def test_tables_agree_with_the_sources(self):
        rows = constants((DOC / "Howto_cgflow_theory.rst").read_text())
        self.assertGreater(len(rows), 40)
        self.assertEqual(constant_faults(rows, read_source), [])


class Rules(unittest.TestCase):
    """The checks above detect what they are meant to detect."""
    PAGE = (DOC / "compute_cgflow_std.rst").read_text()

    def test_a_page_that_differs_is_seen(self):
        self.assertEqual(faults("compute", "cgflow/std", self.PAGE), [])
        for old, new in [(".. index:: compute", ".. index:: fix"), ("cgflow/std command\n==", "cgflow/sd command\n=="),
                         ('Output info\n"""""""""""\n', ""), ("Related commands\n", "Related_commands\n"),
                         ("This compute is part", "It is part"),
                         ('Syntax\n""""""\n\n.. code-block:: LAMMPS', 'Syntax\n""""""\n\n.. code-block:: none')]:
            self.assertIn(old, self.PAGE)
            self.assertEqual(len(faults("compute", "cgflow/std", self.PAGE.replace(old, new))), 1, old)

    def test_rows_of_the_table_are_read(self):
        self.assertEqual(styles('  {"pair",    "cgflow/pmf",  "x",  pair<P>, nullptr},\n  {"cgflow/a",   command<A>},\n'),
                         [("pair", "cgflow/pmf"), ("command", "cgflow/a")])

    def test_banned_words_are_seen(self):
        for text in ("how honest the std is", "to its own stop\nrule", "the same command continues, to the same bits", "Not a file of LAMMPS",
                     "the centres of cells", "Neighbours", "one MPI rank a core", "handedness", "minimised"):
            self.assertEqual(len(banned_words(text)), 1, text)
        for text in ("domain L, trans, one labelling", "the calibration of the error bar", "``kNeighbours`` 8 neighbors", "a center", "bit for bit"):
            self.assertEqual(banned_words(text), [], text)

    def test_a_constant_that_differs_is_seen(self):
        page = "   * - ``kA``\n     - 3/16\n     - ``a.h``\n     - x\n   * - ``kB``, ``kC``\n     - 1, 2\n     - ``a.h``\n"
        source = "constexpr double kA = 0.1875;\nconstexpr int kB = 1, kC = 2;\nconstexpr double kD[] = {1.0, 2.5};\n"
        self.assertEqual(constant_faults(constants(page), lambda _: source), [])
        self.assertEqual(values_of("kD", source), [[1.0, 2.5]])
        for changed in (source.replace("0.1875", "0.2"), source.replace("kC = 2", "kC = 3"), source.replace("kB", "kX")):
            self.assertEqual(len(constant_faults(constants(page), lambda _, text=changed: text)), 1, changed)
        self.assertEqual(len(constant_faults(constants(page), lambda _: None)), 2)


if __name__ == "__main__":
    unittest.main()
