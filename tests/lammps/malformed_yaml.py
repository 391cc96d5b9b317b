# SPDX-License-Identifier: GPL-2.0-only
"""Malformed YAML files, from the table of keywords in the manual."""
import re

import learning as l
from harness import SOURCE
from malformed import Case

# The keys that a small learning run sets, in the order of the file. What is not here has its default.
BASE = {"flow.hidden": "[16]", "flow.layers": "[affine]", "pmf.members": "4", "train.example.dump": "mb_basin.dump",
        "train.example.epochs": "2", "train.energy.points": "16", "train.energy.batch": "16", "train.labels.from": "both",
        "train.labels.points": "8", "train.labels.latent": "4", "explore.quiet": "400", "budget": "20000"}
CG = "cg: [{name: s, linear: {x: 1, y: -1}, range: [-2.6, 1.2]}]\n"
FINE = "fine: [{name: t, linear: {x: 1, y: 1}}]\n"

# Scripts that read the file.
READERS = {
    "fix cgflow/al": l.learning("run 5\n"),
    "pair_coeff": l.script(l.WALKERS),
    "cgflow/train": "units lj\ndimension 2\ncgflow/train example new.cgflow temp 10.0 seed 5 from mb.yaml\n",
    "compute cgflow/cv": l.SYSTEM + "compute cv all cgflow/cv mb.yaml\n",
}


def keywords():
    """[(path, type)] of the manual's table, without the entries of cg and fine."""
    text = (SOURCE / "doc" / "yaml_keywords.inc").read_text()
    rows = re.findall(r"   \* - ``(\S+)``\n     - (.*)\n", text)
    return [(path, kind) for path, kind in rows if "[]" not in path]


def document(values):
    """YAML text of {path: value} after CG and FINE, one key a line, and the line number of each path."""
    lines, at, tree = (CG + FINE).splitlines(), {}, {}
    for path, value in values.items():
        *sections, name = path.split(".")
        level = tree
        for section in sections:
            level = level.setdefault(section, {})
        level[name] = (path, value)

    def put(level, depth):
        for name, item in level.items():
            if isinstance(item, dict):
                lines.append("  " * depth + name + ":")
                put(item, depth + 1)
            else:
                lines.append("  " * depth + f"{name}: {item[1]}")
                at[item[0]] = len(lines)
    put(tree, 0)
    return "\n".join(lines) + "\n", at


def outside(kind):
    """Values that have the right form and are not allowed."""
    if found := re.search(r">= (\S+)$", kind):
        least = int(found[1])
        return [str(least - 1), str(least - 1000)]
    if found := re.search(r"integers? in \[(\d+), (\d+)\]$", kind):
        return [str(int(found[1]) - 1), str(int(found[2]) + 1), "2000000000"]
    if found := re.search(r"> (\S+)$", kind):
        return [found[1], "-0.5"]
    if found := re.search(r"number in ([\[(])(\S+), (\S+)([\])])$", kind):
        return ["-0.001", "1.001"] + ["0"] * (found[1] == "(") + ["1"] * (found[4] == ")")
    return []


def scalars(kind):
    """[(value, how the message shows it)] for a single value of that kind."""
    if kind.startswith(("number", "integer")):
        wrong = ["soon", "nan", ".inf", "1e999", "0x10", "1 2", "--1", "true"] + outside(kind)
        wrong += ["1.5", "99999999999999999999", "1e300"] if kind.startswith("integer") else []
        quoted = '"1"'
    elif kind == "true or false":
        wrong, quoted = ["maybe", "1", "truee", "tRUE"], '"true"'
    elif kind.startswith("one of "):
        word = kind[len("one of "):].split(", ")[0]
        wrong, quoted = ["nonsense", word[:-1], word.upper(), "3"], None
    else:
        wrong, quoted = [], None
    return [(value, re.escape(f"got '{value}'")) for value in wrong] + ([(quoted, re.escape("got the quoted text " + quoted))] if quoted else [])


def wrong_values(kind):
    """[(value, place below the key, how the message shows it, what the message says is allowed)]."""
    allowed = re.escape("expected " + kind)
    shapes = [("{a: 1}", "", "got a map", allowed), ("", "", "got nothing", allowed)]
    if not kind.startswith("list"):
        return [(value, "", got, allowed) for value, got in scalars(kind)] + shapes + [("[1]", "", "got a list", allowed)]
    # An item's message says what a list of them is.
    items = {"list of integers >= 1": "integer >= 1", "list of texts": "text"}.get(kind, kind[len("list of "):])
    found = [(f"[{value}]", "[1]", got, allowed) for value, got in scalars("one of " + items[len("one of "):] if "one of" in items else items)]
    found += [("[[1]]", "[1]", "got a list", allowed), ("[{a: 1}]", "[1]", "got a map", allowed), ("5", "", "got '5'", allowed)]
    return found + shapes + ([("[]", "", "got an empty list", allowed)] if not kind.startswith(("list of texts", "list of H, ")) else [])


def misspelt(name, random):
    k = random.randrange(len(name) - 1)
    return random.choice([name[:k] + name[k + 1:], name[:k] + name[k] + name[k:], name[:k] + "q" + name[k + 1:], name + "s"])


def values(random):
    for path, kind in keywords():
        for value, below, got, allowed in wrong_values(kind):
            text, at = document({**BASE, path: value})
            yield path + ": " + value, text, rf"mb\.yaml:{at[path]}:\d+: {re.escape(path + below)}: ", got, allowed


def keys(random):
    """Names that are no keys, keys in other sections, keys twice."""
    for path, _ in keywords():
        section, _, name = path.rpartition(".")
        prefix = section + "." if section else ""
        wrong = misspelt(name, random)
        text, at = document({**BASE, prefix + wrong: "1"})
        yield f"{prefix}{wrong}", text, rf"mb\.yaml:{at[prefix + wrong]}:\d+: {re.escape(prefix + wrong)}: ", "unknown key", "Allowed keys: .*" + name
        elsewhere = ("explore." if section != "explore" else "pmf.") + name
        if elsewhere not in dict(keywords()):
            text, at = document({**BASE, elsewhere: "1"})
            yield elsewhere, text, rf"mb\.yaml:{at[elsewhere]}:\d+: {re.escape(elsewhere)}: ", "unknown key", "Allowed keys: "
        text, at = document({**BASE, path: BASE.get(path, "1")})
        line = text.splitlines()[at[path] - 1]
        text = "\n".join(text.splitlines()[:at[path]] + [line] + text.splitlines()[at[path]:]) + "\n"
        yield path + " twice", text, rf"mb\.yaml:{at[path] + 1}:\d+: {re.escape(path)}: ", "repeated key", f"line {at[path]} already"


ENTRIES = [
    # Replaced in the file, by what, place, got, allowed.
    ("name: s, ", "", r"cg\[1\]", "missing key 'name'", "expected name: TEXT"),
    ("name: s", "name: [s]", r"cg\[1\]\.name", "got a list", "expected a name without blanks"),
    ("name: s", "name: 'a b'", r"cg\[1\]\.name", "a b", "expected a name without blanks"),
    ("linear: {x: 1, y: -1}, ", "", r"cg\[1\]", "got no coordinate", "expected exactly one of linear, dihedral, angle, bond"),
    ("linear: {x: 1, y: -1}", "linear: {x: 1, y: -1}, bond: [1, 2]", r"cg\[1\]", "got linear and bond", "expected exactly one of"),
    ("linear: {x: 1, y: -1}", "linear: [x, y]", r"cg\[1\]\.linear", "got a list", "expected a map from coordinates"),
    ("linear: {x: 1, y: -1}", "linear: {}", r"cg\[1\]\.linear", "got an empty map", "expected a map from coordinates"),
    ("linear: {x: 1, y: -1}", "linear: x", r"cg\[1\]\.linear", "got 'x'", "expected a map from coordinates"),
    ("{x: 1, y: -1}", "{x: 0, y: -1}", r"cg\[1\]\.linear\.x", "got '0'", "expected number other than 0"),
    ("{x: 1, y: -1}", "{x: one}", r"cg\[1\]\.linear\.x", "got 'one'", "expected number other than 0"),
    ("{x: 1, y: -1}", "{w: 1}", r"cg\[1\]\.linear\.w", "unknown coordinate", "expected x, y or z"),
    ("{x: 1, y: -1}", "{x0: 1}", r"cg\[1\]\.linear\.x0", "unknown coordinate", "expected x, y or z"),
    ("linear: {x: 1, y: -1}", "dihedral: [1, 2, 3]", r"cg\[1\]\.dihedral", "got a list of length 3", "expected a list of 4"),
    ("linear: {x: 1, y: -1}", "dihedral: [1, 2, 3, 3]", r"cg\[1\]\.dihedral", "got atom 3 twice", "expected a list of 4"),
    ("linear: {x: 1, y: -1}", "angle: [1, 2, 0]", r"cg\[1\]\.angle", "got '0'", "expected a list of 3"),
    ("linear: {x: 1, y: -1}", "bond: [1, b]", r"cg\[1\]\.bond", "got 'b'", "expected a list of 2"),
    ("linear: {x: 1, y: -1}", "bond: 12", r"cg\[1\]\.bond", "got '12'", "expected a list of 2"),
    ("linear: {x: 1, y: -1}", "torsion: [1, 2, 3, 4]", r"cg\[1\]\.torsion", "unknown key", "Allowed keys: name, linear, dihedral"),
    (", range: [-2.6, 1.2]", "", r"cg\[1\]", "missing key 'range'", "expected"),
    ("[-2.6, 1.2]", "[1.2, -2.6]", r"cg\[1\]\.range", r"got \[1.2, -2.6\]", "expected two numbers"),
    ("[-2.6, 1.2]", "[1.2, 1.2]", r"cg\[1\]\.range", r"got \[1.2, 1.2\]", "expected two numbers"),
    ("[-2.6, 1.2]", "[-2.6]", r"cg\[1\]\.range", "got a list of length 1", "expected two numbers"),
    ("[-2.6, 1.2]", "[-2.6, 1.2, 3]", r"cg\[1\]\.range", "got a list of length 3", "expected two numbers"),
    ("[-2.6, 1.2]", "[low, high]", r"cg\[1\]\.range", "got 'low'", "expected two numbers"),
    ("[-2.6, 1.2]", "{lo: -2.6, hi: 1.2}", r"cg\[1\]\.range", "got a map", "expected two numbers"),
    ("[-2.6, 1.2]", "[-.inf, .inf]", r"cg\[1\]\.range", "got '-.inf'", "expected two numbers"),
    ("[-2.6, 1.2]}]", "[-2.6, 1.2]}, {name: s, linear: {x: 1}, range: [0, 1]}]", r"cg\[2\]\.name", "got 's' a second time", "different names"),
    ("cg: [", "cg: s\n#", r"cg", "got 's'", "expected a list of entries"),
    (CG, "cg: []\n", r"cg", "got an empty list", "expected at least one CG variable"),
    (CG, "", r"cg", "missing key", "expected cg: "),
    (CG, "cg: {name: s, linear: {x: 1}, range: [0, 1]}\n", r"cg", "got a map", "expected a list of entries"),
    ("name: t", "name: s", "fine", "got the name 's'", "expected different names"),
    ("name: t, ", "", r"fine\[1\]", "missing key 'name'", "expected name: TEXT"),
    ("linear: {x: 1, y: 1}", "bond: [1, 2]", r"fine\[1\]\.bond", "unknown key", "Allowed keys: name, linear"),
    ("linear: {x: 1, y: 1}", "linear: {x: 1, y: 1}, range: [0, 1]", r"fine\[1\]\.range", "unknown key", "Allowed keys: name, linear"),
    (FINE, "fine: t\n", "fine", "got 't'", "expected a list of entries"),
    ("batch: 16", "batch: 16\n    drop: 16", "train.energy.drop", "got 16", "expected less than train.energy.batch"),
    ("batch: 16", "batch: 16\n    latent: 1", "train.energy.latent", "got 1 with", "expected at least 2"),
    ("hidden: [16]", "hidden: [16, 8]\n  network: residual", "flow.hidden", r"got \[16, 8\]", "all of them equal"),
    ("batch: 16", "batch: 16\n    latent: 1000000", "train.(energy|consolidate).points", "with train.energy.latent 1000000", "expected a product of at most 10000000"),
    ("hidden: [16]", "hidden: [10000, 10000, 10000]", "flow.hidden", "got .10000, 10000, 10000. with 1 layers", "expected at most 100000000"),
    ("members: 4", "members: 1000\n  network: mlp\n  hidden: [1000, 1000]", "pmf.hidden", "got .1000, 1000. with 1000 members", "expected at most 100000000"),
]


def entries(random):
    text, _ = document(BASE)
    for old, new, path, got, allowed in ENTRIES:
        assert text.count(old) == 1, old
        yield f"{old.strip()} -> {new.strip()}", text.replace(old, new), rf"mb\.yaml(:\d+:\d+)?: {path}: ", got, allowed


def texts(random):
    """Files that are not YAML, or YAML of another kind."""
    text, _ = document(BASE)
    place = r"mb\.yaml"
    yield "empty", "", place, "the file is empty", "expected at least cg:"
    yield "comments only", "# cg:\n", place, "the file is empty", "expected at least cg:"
    yield "binary", bytes(random.randrange(256) for _ in range(400)) + b"\0", place + r":\d+:\d+", "got|bad YAML", "expected|bad YAML"
    yield "zero byte", text.replace("budget", "bud\0get"), place + r":\d+:\d+", "got a zero byte", "expected a text file"
    yield "CR", text.replace("\n", "\r"), place + ":1:", "got a carriage return", "expected lines that end with LF or CRLF"
    yield "control character", text + "\x04\n", place + r":\d+:1", "got the control character 4", "expected a text file"
    yield "tab", text.replace("  hidden", "\thidden"), place + r":\d+:1", "got a tab", "expected blanks"
    for name, more in (("two documents", "---\n" + text), ("an end and more", "...\n" + text), ("an empty document", "---\n")):
        yield name, text + more, place + rf":{text.count(chr(10)) + 1 + (more[0] == '.')}:1", "got more text after the end", "expected one document"
    yield "endless for the parser", "#\n,", place + ":2:1", "got more text after the end", "expected one document"
    yield "merge key", text.replace("  hidden", "  <<: 5\n  hidden"), place + r":\d+:\d+: flow.<<", "got '5'", "expected a map or a list of maps"
    yield "long key", text + "k" * 300 + ": 1\n", place + r":\d+:1", "got a key of 300", "expected at most 200"
    yield "large", text + "#" * (1 << 20) + "\n", place, "it has more than 1048576 bytes", "1048576"
    yield "a list", "- 1\n- 2\n", place + ":1:1", "got a list", "expected a map with the keys"
    yield "a word", "hello\n", place + ":1:1", "got 'hello'", "expected a map with the keys"
    yield "aliases", "a: &a [1,2]\nb: &b [*a,*a]\n" + "".join(f"c{k}: &c{k} [*{'b' if k == 0 else f'c{k-1}'},*{'b' if k == 0 else f'c{k-1}'}]\n" for k in range(30)), \
        place, "got too many values", "expected at most 100000"
    yield "deep", "cg: " + "[" * 5000 + "]" * 5000 + "\n", place, "nested too deeply|bad YAML", "nested|bad YAML"
    for _ in range(12):
        cut = random.randrange(8, len(CG) - 3)
        yield f"cut off at {cut}", text[:cut], place, "bad YAML|got|missing|unknown", "expected|bad YAML|Allowed"
    for _ in range(12):
        lines = text.splitlines()
        k = random.randrange(2, len(lines))
        lines[k] = lines[k].replace(":", random.choice(["", "::", ": :", " :{", ": ]", ": [", ": {", ": '", ': "']), 1)
        yield f"bad line: {lines[k].strip()}", "\n".join(lines) + "\n", place, "bad YAML|got|unknown|missing", "expected|bad YAML|Allowed"


def cases(random):
    readers = list(READERS)
    for family in (values, keys, entries, texts):
        for name, text, place, got, allowed in family(random):
            reader = random.choice(readers)
            yield Case("yaml " + family.__name__, f"{name} [{reader}]", READERS[reader], {"mb.yaml": text}, place, got, allowed)
