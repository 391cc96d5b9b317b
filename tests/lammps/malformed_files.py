# SPDX-License-Identifier: GPL-2.0-only
"""Damaged files of each kind, wherever one is read: truncated, changed, of another kind, of other units."""
import re

import archive_items as archive
import learning as l
import malformed_scripts as scripts
import walkers as w
from malformed import ALLOWED, Case
from test_al_errors import crc64

HEAD = "units lj\ndimension 2\n"

# Scripts that read a trained model, whose name is m.cgflow.
MODEL_READERS = {
    "pair_coeff": l.script(l.WALKERS, model="m.cgflow"),
    "fix cgflow/al": l.learning("run 5\n", model="m.cgflow"),
    "cgflow/train MODEL": HEAD + "cgflow/train energy m.cgflow temp 10.0 seed 4711 atomistic in.mb points points.txt\n",
    "cgflow/train from": HEAD + "cgflow/train energy new.cgflow temp 10.0 seed 4711 atomistic in.mb points points.txt from m.cgflow\n",
    "cgflow/pmf": HEAD + "cgflow/pmf m.cgflow grid 20 -2.6 1.2 file out.pmf labels out.labels\n",
    "cgflow/backmap": HEAD + "cgflow/backmap m.cgflow 3 seed 1 points pmf dump out.dump weights yes atomistic in.mb\n",
}
RESUME = l.learning("run 5\n")


def damaged(content, other, random, count):
    """(name, bytes, what the error says) of a file of ours."""
    for _ in range(count):
        cut = random.randrange(1, len(content))
        yield f"cut off at {cut}", content[:cut], "truncated|damaged|not a cgflow file"
        at, bit = random.randrange(len(content)), random.randrange(8)
        yield f"bit {bit} of byte {at}", content[:at] + bytes([content[at] ^ 1 << bit]) + content[at + 1:], "damaged|truncated|not a cgflow file|version"
        at = random.randrange(len(content))
        n = min(random.choice((1, 512, 4096)), len(content) - at)
        yield f"{n} zeros at {at}", content[:at] + bytes(n) + content[at + n:] if any(content[at:at + n]) else content[:at], "damaged|truncated|not a cgflow file|version"
        yield f"{n} bytes more", content + bytes(random.randrange(256) for _ in range(n)), "damaged"
    yield "empty", b"", "it is empty"
    yield "of another kind", other, "is a cgflow (model|state), expected a cgflow (model|state)"
    yield "text", b"# kT 10 units lj\n-2.6 0 0.1 1\n" * 20, "not a cgflow file"
    yield "PNG", b"\x89PNG\r\n\x1a\n" + bytes(500), "not a cgflow file"
    yield "a Python pickle", b"\x80\x04\x95" + b"cos\nsystem\n(S'touch owned'\ntR." * 3, "not a cgflow file"
    yield "a TorchScript archive", b"PK\x03\x04" + bytes(300) + b"archive/data.pkl", "not a cgflow file"
    version = content[:8] + (99).to_bytes(8, "little") + content[16:-8]
    yield "a later version", version + crc64_of(version), "format version 99, this program reads version"


def crc64_of(content):
    return crc64(content)


def models(random, folder):
    model, state = ((folder / name).read_bytes() for name in ("m.cgflow", "m.state"))
    for reader, script in MODEL_READERS.items():
        for name, content, says in damaged(model, state, random, 4):
            yield Case("models", f"{name} [{reader}]", script, {"m.cgflow": content}, "m.cgflow", says, ALLOWED)
    for name, content, says in damaged(state, model, random, 8):
        yield Case("states", name, RESUME, {"mb.state": content}, "mb.state", says, ALLOWED)


def forged(random, folder):
    """Files with a right checksum and a wrong content: no crash, and at most one error."""
    for name, script, path in (("m.cgflow", MODEL_READERS["cgflow/backmap"], "m.cgflow"), ("m.cgflow", MODEL_READERS["pair_coeff"], "m.cgflow"),
                               ("m.state", RESUME, "mb.state")):
        content = (folder / name).read_bytes()
        for k in range(30):
            # Names, sizes and small integers stand at the beginning and between the arrays: half of the changes go there.
            at = random.randrange(24, len(content) - 8)
            if k % 2:
                places = [m.start() for m in re.finditer(rb"[a-z]{3,}[.a-z0-9]*", content)]
                at = min(random.choice(places) + random.randrange(-9, 26), len(content) - 9)
            changed = content[:at] + bytes([random.choice((content[at] ^ 1 << random.randrange(8), 0, 255))]) + content[at + 1:-8]
            yield Case("forged files", f"byte {at} of {path}", script, {path: changed + crc64_of(changed)}, path, "", ALLOWED + "|got|not|learn longer", may_pass=True)


def changed_items(random, folder):
    """State files with a right checksum whose items that only the glue reads are wrong; those of the library are in
    tests/unit/test_archive_fuzz.cpp."""
    kind, good = archive.parse((folder / "m.state").read_bytes())
    width = 6    # number, three image flags, stopped, s

    def case(name, item, value, got, allowed="expected"):
        items = {key: content for key, content in good.items() if key != item}
        if value is not None:
            items[item] = value
        return Case("changed items", f"{item}: {name}", RESUME, {"mb.state": archive.build(kind, items)}, rf"mb\.state: item '{re.escape(item)}'", got, allowed)

    def number(item, place, value, got):
        values = list(good[item][2])
        values[place] = value
        return case(f"number {place + 1} is {value}", item, (good[item][0], good[item][1], values), got)

    nan, inf = float("nan"), float("inf")
    for item in ("pending", "ranks", "walkers", "walkers.rows", "mc.counts", "box", "runs.ends", "runs.present"):
        yield case("is not there", item, None, "is missing")
        yield case("is text", item, (archive.TEXT, [3], b"abc"), "is text")
        other = archive.numbers([1.0]) if good[item][0] == archive.INTEGER else archive.integers([1])
        yield case("is of the other type of numbers", item, other, "is (float64|int64)")
    for item in ("walkers.rows", "mc.counts", "box"):
        values = good[item][2]
        yield case("one number less", item, archive.numbers(values[:-1]), "got the shape")
        yield case("one number more", item, archive.numbers(values + [0.0]), "got the shape")
        yield case("empty", item, archive.numbers([]), "got the shape")
        yield case("of two dimensions", item, archive.numbers(values, [len(values), 1]), "got the shape")
        for value, got in ((nan, "is -?nan"), (inf, "is inf"), (-inf, "is -inf")):
            yield number(item, random.randrange(len(values)), value, got)
    rows = good["walkers.rows"][2]
    last = len(rows) - width
    yield case("one row less", "walkers.rows", archive.numbers(rows[:-width]), "got the shape")
    yield case("a hundred thousand rows", "walkers.rows", archive.numbers(rows[:width] * 100000), "got the shape")
    for place, value in ((0, 0.0), (0, -1.0), (0, 1.5e300), (last, 1.0), (last, 1e16), (width, 1.0)):
        yield number("walkers.rows", place, value, "of walker|is 1.5e")
    for k in (1, 2, 3):
        for value in (1e12, -1e12, 2.0**21, -1e30):
            yield number("walkers.rows", k, value, "image flag")
    for value in (2.0, -1.0, 0.5, 1e-300):
        yield number("walkers.rows", last + 4, value, "stopped walker")
    for value in (-1e29, 1e29, -2.7, 1.3):
        yield number("walkers.rows", last + 5, value, "has s =")
    yield number("walkers.rows", 5, 1e31, "1e\\+31")
    for value in (-1.0, 1e16, 1e300):
        yield number("mc.counts", 0, value, "number 1 is")
    for item in ("ranks", "walkers"):
        for value in (-1, 2**31, 2**62, 2**63 - 1, -2**63):
            yield number(item, 0, value, "number 1 is")
        yield case("empty", item, archive.integers([]), "got")
        yield case("two dimensions", item, archive.integers([1], [1, 1]), "got the shape")
    yield case("many", "ranks", archive.integers([1] * 5000), "got the shape")
    yield case("2 million", "walkers", archive.integers([0] * 2000000), "got 2000000")
    for value in (-1, 2, 2**62):
        yield case(f"is {value}", "pending", (archive.INTEGER, [], [value]), f"got {value}")
    for value in (-1, 10**15 + 1, 2**63 - 1, -2**63):
        yield case(f"is {value}", "runs.ends", archive.integers([value]), "number 1 is")
        yield number("runs.present", random.randrange(3), value, "number [123] is")
    yield case("a step before the first", "runs.present", archive.integers([9, 3, 1]), "from step 9, now at step 3")
    yield case("another mark", "runs.present", archive.integers([0, 3, 7]), "in progress 7")
    yield case("two numbers", "runs.present", archive.integers([0, 3]), "got the shape")
    # Items of the library, as a user sees their errors.
    for item, value, got in (("learner.phase", (archive.INTEGER, [], [7]), "got 7"), ("status", (archive.INTEGER, [], [9]), "got 9"), ("info.kT", (archive.FLOAT, [], [9.0]), "got 9, expected 10"),
                             ("flow/mean", archive.numbers([nan]), "nan"), ("ensemble/shift", archive.numbers([]), "got the shape"), ("labels.integers", archive.integers([]), "got the shape"),
                             ("learner.history", (archive.TEXT, [1], b"\xff"), "no UTF-8"), ("config", (archive.TEXT, [1], b"\xff"), "no UTF-8"), ("molecule.bonds", archive.integers([0, 1]), "number 2 is 1")):
        yield case(f"is {value[2]}", item, value, got)
    # Nothing is wrong with these.
    for item, value in (("runs.ends", archive.integers([])), ("runs.present", archive.integers([0, 10**15, 1])), ("pending", (archive.INTEGER, [], [1]))):
        items = dict(good)
        items[item] = value
        yield Case("changed items", f"harmless {item}", RESUME, {"mb.state": archive.build(kind, items)}, "", "", "", may_pass=True)


TABLE = "boundary f p p\nregion cg block -1.5 1.3 0 1 -0.5 0.5\ncreate_box 1 cg\ncreate_atoms 1 random 5 4711 NULL\nmass 1 1\npair_style cgflow/pmf\npair_coeff * * t.pmf\n"


def tables(random, folder):
    good = [f"{-1.5 + 0.1 * k:.6f} {w.double_well(-1.5 + 0.1 * k):.6f} 0.1 1" for k in range(29)]

    def case(name, lines, got, allowed=ALLOWED, head="units lj\ndimension 2\n", place="t.pmf"):
        return Case("tables", name, head + TABLE, {"t.pmf": "\n".join(lines) + "\n"}, place, got, allowed)

    for _ in range(6):
        k, word = random.randrange(29), random.choice(("x", "nan", "1e999", "0x1", "1,5"))
        column = random.randrange(4)
        row = good[k].split()
        row[column] = word
        yield case(f"{word} in line {k + 1}", good[:k] + [" ".join(row)] + good[k + 1:], re.escape(word) + "|nan|got")
        yield case(f"line {k + 1} has 2 columns", good[:k] + [" ".join(row[:2])] + good[k + 1:], "got|columns")
        yield case(f"line {k + 1} has 5 columns", good[:k] + [good[k] + " 7"] + good[k + 1:], "got|columns")
    for k in sorted(random.sample(range(2, 27), 5)):
        yield case(f"without line {k + 1}", good[:k] + good[k + 1:], "got|grid")
        yield case(f"line {k + 1} twice", good[:k] + [good[k]] + good[k:], "got|grid")
        yield case(f"lines {k} and {k + 1} swapped", good[:k - 1] + [good[k], good[k - 1]] + good[k + 1:], "got|grid")
    yield case("negative std", good[:3] + ["-1.2 0 -0.1 1"] + good[4:], "-0.1|std")
    yield case("std nan", good[:3] + ["-1.2 0 nan 1"] + good[4:], "nan")
    yield case("known 2", good[:3] + ["-1.2 0 0.1 2"] + good[4:], "2|known")
    yield case("infinite F", good[:3] + ["-1.2 inf 0.1 1"] + good[4:], "inf")
    yield case("too small", good[:20], "got", place="t.pmf|cgflow/pmf")
    yield case("too wide", good + ["1.4 0 0.1 1"], "got", place="t.pmf|cgflow/pmf")
    yield case("three points", [good[0], good[14], good[28]], "got")
    yield case("sorted downwards", good[::-1], "got|grid")
    yield case("empty", [], "got")
    yield case("binary", ["\0\1\2\3"] * 5, "got|expected")
    yield case("one number a line", [str(k) for k in range(29)], "got|columns")
    yield case("eight columns", [line + " 1 2 3 4" for line in good], "got|columns")
    for header, got in (("# kT ten units lj T 10 domain all", "ten"), ("# kT 10 units", "units|header|got"), ("# kT -1 units lj T 10 domain all", "-1"), ("# kT 10 units lj T cold domain all", "cold"),
                        ("# kT 10 units real T 300 domain all", "real")):
        yield case("header " + header, [header] + good, got)


def texts(random, folder):
    dump = l.basin_dump(20)
    lines = dump.splitlines()
    learn = l.learning("run 5\n")

    def changed(k, line):
        return "\n".join(lines[:k] + ([] if line is None else [line]) + lines[k + 1:]) + "\n"

    def dumped(name, text, got, allowed=ALLOWED, place="mb_basin.dump"):
        reader, script = random.choice((("fix cgflow/al", learn), ("cgflow/train", scripts.COMMANDS + "cgflow/train example new.cgflow temp 10.0 seed 5 from mb.yaml\n")))
        return Case("dumps", f"{name} [{reader}]", script, {"mb_basin.dump": text}, place, got, allowed + "|expected")

    for _ in range(16):
        k = random.randrange(len(lines))
        yield dumped(f"without line {k + 1} ({lines[k]})", changed(k, None), "got|missing|line")
        k = 10 * random.randrange(20) + 9
        row = lines[k].split()
        column, word = random.choice((0, 2, 3)), random.choice(("x", "nan", "1e999", "--1", "inf"))
        row[column] = word
        yield dumped(f"{word} in column {column + 1} of line {k + 1}", changed(k, " ".join(row)), re.escape(word))
        yield dumped(f"line {k + 1} cut off", changed(k, " ".join(row[:random.randrange(1, 4)])), "got")
        k = 10 * random.randrange(20)
        yield dumped(f"cut off in frame {k // 10 + 1}", "\n".join(lines[:k + random.randrange(1, 8)]) + "\n", "got|end|ends|line")
    for k, line in ((3, "many"), (3, "-1"), (3, "1.5"), (3, "99999999999"), (1, "soon"), (9, ""), (8, "ITEM: ATOMS id type x y"), (8, "ITEM: ATOMS type x y z"), (8, "ITEM: ATOMS"),
                    (5, "-5"), (5, "-5 five"), (0, "ITEM: TIME"), (2, "ITEM: NUMBER OF ENTRIES")):
        yield dumped(f"line {k + 1}: {line}", changed(k, line), "got|line|missing")
    yield dumped("the same frame again and again", "\n".join(lines[:10] * 30) + "\n", "has the same value .* in all", place="mb_basin.dump|fine 't'")
    yield dumped("one frame", "\n".join(lines[:10]) + "\n", "got 1 frames", place="mb_basin.dump|training by example")
    yield dumped("binary", bytes(range(256)) * 8, "got")
    yield dumped("not there", None, "No such file")
    points = {"cgflow/train": scripts.COMMANDS + "cgflow/train energy m.cgflow temp 10.0 seed 4711 atomistic in.mb points points.txt\n",
              "cgflow/backmap": HEAD + "cgflow/backmap m.cgflow 3 seed 1 points points.txt dump out.dump\n"}
    for reader, script in points.items():
        for text, got in (("", "got no point"), ("# none\n\n", "got no point"), ("-1 2\n", "got 2 columns"), ("here\n", "got 'here'"), ("nan\n", "nan"), ("1e999\n", "1e999"), ("-2.7\n", "-2.7|outside"),
                          ("-1.0\n1.3\n", "1.3|outside"), ("-1.0,\n", "got '-1.0,'"), ("ITEM: TIMESTEP\n0\n", "got|end"), ("\0\1\2", "got"), ("-1 # x\n0.1 0.2 # y\n", "line 2: got 2 columns"), ("--1\n", "got '--1'")):
            yield Case("points", f"{text!r} [{reader}]", script, {"points.txt": text}, r"points\.txt", got, ALLOWED)
        yield Case("points", f"not there [{reader}]", script, {"points.txt": None}, r"points\.txt", "No such file", ALLOWED)


UNITS = ("real", "metal", "si", "cgs", "electron", "micro", "nano")


def units(random, folder):
    """Energies of another unit style than that of the script."""
    for other in UNITS:
        for reader, script in MODEL_READERS.items():
            yield Case("units", f"model of lj in {other} [{reader}]", script.replace("units           lj", "units " + other).replace("units lj", "units " + other), {}, "m.cgflow|in.mb", "lj", other)
        text = l.SYSTEM.replace("units           lj", "units " + other)
        yield Case("units", f"atomistic script in {other}", RESUME, {"in.mb": text}, "in.mb", other, "lj")
    for other in UNITS:
        yield Case("units", f"state of lj in {other}", RESUME.replace("units           lj", "units " + other), {"mb.state": (folder / "m.state").read_bytes()}, "mb.state|in.mb", "lj", other)


def system_lines(random, folder):
    """The all-atom script: commands that it may not hold, and some that LAMMPS itself refuses."""
    for line, got in (("run 1", "run"), ("minimize 0 0 1 1", "minimize"), ("dump 1 all atom 1 x.dump", "dump"), ("write_data x.data", "write_data"), ("write_restart x", "write_restart"), ("write_dump all atom x", "write_dump"),
                      ("restart 10 a b", "restart"), ("fix 1 all nve", "nve"), ("fix 1 all nvt temp 1 1 1", "nvt"), ("fix 1 all langevin 1 1 1 1", "langevin"), ("fix 1 all cgflow/mc 1 1 1", "cgflow/mc"),
                      ("fix 1 all print 1 x", "print"), ("shell touch owned", "shell"), ("clear", "defines no atoms"), ("quit", "quit"), ("log x.log", "log"), ("jump in.mb", "[Uu]nits"), ("cgflow/train example a temp 1 seed 1", "cgflow/train"),
                      ("units real", "units"), ("pair_style nothing", "nothing"), ("pair_coeff 1 1 1", "[Pp]air_coeff"), ("nonsense 1 2", "nonsense"), ("fix surface all mueller/browm", "mueller/browm"),
                      ("create_atoms 1 single 1 1 0", "2"), ("variable x equal y", "in.mb|v"), ("include in.nothing", "in.nothing"), ("next x", "x"), ("label a\njump SELF b", "in.mb"),
                      ("reset_timestep 0\nrerun x.dump dump x y z", "rerun"), ("region r prism -5 5 -5 5 -0.5 0.5 1 0 0\nchange_box all triclinic", "triclinic"), ("temper 1 1 1 1 1 1", "temper"),
                      ("kspace_style ewald 1e-4", "kspace|charge|ewald"), ("mass 1 -1", "mass"), ("delete_atoms group all", "no atoms|atoms"), ("python f here 'def f(): pass'", "python"), ("plugin load x.so", "plugin")):
        yield Case("all-atom scripts", line, RESUME, {"in.mb": l.SYSTEM + line + "\n"}, "in.mb", got, ALLOWED + "|not allowed|got|Invalid|ERROR", may_pass=line.startswith(("next", "variable", "mass", "jump", "label", "python", "plugin")))
    for name, text in (("empty", ""), ("binary", bytes(range(256)) * 4), ("unfinished quote", l.SYSTEM + "print \"x\n"), ("unfinished variable", l.SYSTEM + "print ${x\n"), ("cut off", l.SYSTEM[:150])):
        yield Case("all-atom scripts", name, RESUME, {"in.mb": text}, "in.mb", "in.mb", ALLOWED + "|Invalid|Unmatched|is needed")


def cases(random, folder):
    for family in (models, forged, changed_items, tables, texts, units, system_lines):
        yield from family(random, folder)
