# SPDX-License-Identifier: GPL-2.0-only
"""Malformed commands: each argument of each style and command wrong in each way that its kind allows, missing, misspelt."""
import dataclasses
import re

import gb_molecules as gb
import learning as l
from malformed import ALLOWED, Case


@dataclasses.dataclass
class Slot:
    """An argument: its good value, and what it must be."""
    value: str
    kind: str = "fixed"    # "fixed" ones are not changed
    words: str = ""        # of a "word": what is allowed


@dataclasses.dataclass
class Command:
    name: str
    place: str             # how the error names it
    before: str            # the script up to it
    slots: list            # all words of the line
    required: int          # so many words must be there
    after: str = ""
    keywords: tuple = ()   # of them one can be misspelt
    open_end: bool = False    # a further word may be part of the last keyword


# Texts of LAMMPS' own conversions, which the whole line follows.
CONVERSION = {"number": "Expected floating point parameter|[Ff]loating point|expected a length > 0", "integer": "Expected integer parameter"}


def bad_numbers(kind):
    """[(value, expected text)] for a slot of that kind."""
    base = "integer" if kind.startswith("integer") else "number"
    found = [("soon", CONVERSION[base]), ("1.2.3", CONVERSION[base]), ("0x1F", CONVERSION[base]), ("--3", CONVERSION[base]), ("1,5", CONVERSION[base]),
             ("v_x", CONVERSION[base]), ("'1 2'", CONVERSION[base]), ("1e999", "|".join((CONVERSION[base], ALLOWED, "range"))),
             ("nan", "|".join((CONVERSION[base], ALLOWED))), ("inf", "|".join((CONVERSION[base], ALLOWED)))]
    if base == "integer":
        found += [("1.5", CONVERSION[base]), ("1e3", CONVERSION[base]), ("99999999999999999999", "|".join((CONVERSION[base], ALLOWED, "range")))]
    limits = {"> 0": ["0", "-1", "-2147483648" if base == "integer" else "-1e-300"], "> 1": ["1", "0", "-1"], ">= 0": ["-1", "-1000"]}
    found += [(value, ALLOWED) for value in limits[kind.split(" ", 1)[1]]] if " " in kind else []
    return found


def argument_cases(command):
    """(name, words, got, allowed) for the wrong values of each argument."""
    words = [slot.value for slot in command.slots]
    for k, slot in enumerate(command.slots):
        if slot.kind == "fixed":
            continue
        if slot.kind.startswith(("number", "integer")):
            wrong = bad_numbers(slot.kind)
        elif slot.kind == "word":
            wrong = [(value, slot.words) for value in ("nonsense", slot.value + "s", slot.value.upper(), "7")]
        elif slot.kind == "logical":
            wrong = [(value, "Expected boolean parameter|[Bb]oolean") for value in ("maybe", "2", "y", "nope")]
        else:
            assert slot.kind == "file", slot.kind
            wrong = [(value, "No such file|[Cc]annot|neither in|a directory|a folder") for value in ("nothing.yaml", "nowhere/file", ".")]
        for value, allowed in wrong:
            # A value in quotes is shown as the word that it is.
            yield f"{words[k - 1]} {value}", words[:k] + [value] + words[k + 1:], re.escape(value.strip("'")), allowed


def structure_cases(command, random):
    words = [slot.value for slot in command.slots]
    # Below four words LAMMPS does not know yet which style it is.
    for k in range({"fix": 4, "compute": 4, "pair_style": 2}.get(words[0], 1), len(words)):
        # Cut after a keyword, or before all required ones are there.
        if k < command.required or words[k - 1] in command.keywords:
            yield f"first {k} words", words[:k], "missing|got|expected|[Ii]llegal|[Ii]ncorrect", ALLOWED + "|[Ii]llegal|[Ii]ncorrect"
    for keyword in command.keywords:
        k = words.index(keyword)
        at = random.randrange(len(keyword))
        wrong = keyword[:at] + "q" + keyword[at + 1:]
        yield f"{keyword} -> {wrong}", words[:k] + [wrong] + words[k + 1:], wrong, "expected|allowed"
        yield f"{wrong} last", words + [wrong], wrong, "[Ee]xpected|allowed|unexpected|Unrecognized"
    if not command.open_end:
        yield "one word too many", words + ["more"], "more", "[Ee]xpected|allowed|unexpected|Unrecognized"


def numbers(text):
    return [Slot(word) for word in text.split()]


GB = "units real\natom_style full\nboundary f f f\nread_data data.gb\n"
TORUS = """units real
dimension 2
region cg block -180 180 -180 180 -0.5 0.5
create_box 1 cg
create_atoms 1 random 20 4711 NULL
mass 1 1.0
pair_style cgflow/pmf
pair_coeff * * torus.dat
reset_atoms id sort yes
"""
COMMANDS = "units lj\ndimension 2\n"


def commands():
    walkers = l.script(l.WALKERS, "fix walk all cgflow/mc 20.0 4711 0.1\n")
    return [
        Command("fix cgflow/mc", "[Ff]ix cgflow/mc|fix walk all cgflow/mc", TORUS,
                numbers("fix walk all cgflow/mc") + [Slot("300.0", "number > 0"), Slot("4711", "integer > 0"), Slot("6.0", "number > 0"), Slot("7.0", "number > 0"),
                Slot("exchange"), Slot("10", "integer > 0"), Slot("400.0", "number > 0"), Slot("500.0", "number > 0")], 7, "run 1\n", ("exchange",)),
        Command("fix cgflow/al", "[Ff]ix cgflow/al|fix learn all cgflow/al|nothing.yaml", walkers,
                numbers("fix learn all cgflow/al") + [Slot("10.0", "number > 0"), Slot("4711", "integer > 0"), Slot("mb.yaml", "file"),
                Slot("atomistic"), Slot("in.mb", "file"), Slot("threshold"), Slot("0.5", "number > 0"), Slot("start"), Slot("data", "word", "data or here"),
                Slot("checkpoint"), Slot("5", "integer > 0"), Slot("sweeps", "word", "sweeps or minutes"), Slot("fresh"), Slot("no", "logical"),
                Slot("copies"), Slot("8", "integer > 0"), Slot("pmf"), Slot("out.pmf")], 9, "run 5\n",
                ("atomistic", "threshold", "start", "checkpoint", "fresh", "copies", "pmf")),
        Command("pair_style gb/obc", "gb/obc", GB,
                [Slot("pair_style"), Slot("gb/obc"), Slot("obc1", "word", "obc1, obc2"), Slot("solvent"), Slot("78.5", "number > 0"), Slot("solute"), Slot("1.0", "number > 0"),
                 Slot("surface"), Slot("0.01", "number >= 0"), Slot("offset"), Slot("0.09", "number >= 0"), Slot("probe"), Slot("1.4", "number >= 0")], 2,
                "pair_coeff * * 1.5 0.8\nrun 0\n", ("solvent", "solute", "surface", "offset", "probe")),
        Command("pair_coeff gb/obc", "gb/obc|pair_coeff", GB + "pair_style gb/obc\n",
                [Slot("pair_coeff"), Slot("*"), Slot("*"), Slot("1.5", "number > 0"), Slot("0.8", "number >= 0")], 5, "run 0\n"),
        Command("pair_coeff cgflow/pmf", "cgflow/pmf|[Pp]air_coeff", TORUS.split("pair_coeff")[0],
                [Slot("pair_coeff"), Slot("*"), Slot("*"), Slot("torus.dat", "file")], 4, "run 0\n"),
        Command("fix mueller/brown", "mueller/brown", l.SYSTEM.replace("fix ", "# "),
                numbers("fix field all mueller/brown scale") + [Slot("2.0", "number")], 4, "run 0\n", ("scale",)),
        Command("compute cgflow/cv", "cgflow/cv", l.SYSTEM, numbers("compute cv all cgflow/cv") + [Slot("mb.yaml", "file")], 5),
        Command("compute cgflow/std", "cgflow/std", TORUS, numbers("compute std all cgflow/std"), 4),
        Command("cgflow/train", "cgflow/train", COMMANDS,
                [Slot("cgflow/train"), Slot("energy", "word", "example or energy"), Slot("new.cgflow"), Slot("temp"), Slot("10.0", "number > 0"), Slot("seed"), Slot("4711", "integer > 0"),
                 Slot("from"), Slot("mb.yaml", "file"), Slot("atomistic"), Slot("in.mb", "file"), Slot("points"), Slot("points.txt", "file"), Slot("epochs"), Slot("1", "integer > 0")], 11,
                "", ("temp", "seed", "from", "atomistic", "points", "epochs")),
        Command("cgflow/pmf", "cgflow/pmf", COMMANDS,
                [Slot("cgflow/pmf"), Slot("m.cgflow", "file"), Slot("file"), Slot("out.pmf"), Slot("labels"), Slot("out.labels"), Slot("grid"), Slot("39", "integer > 1"), Slot("-2.6", "number"),
                 Slot("1.2", "number")], 10, "", ("grid", "file", "labels")),
        Command("cgflow/backmap", "cgflow/backmap", COMMANDS,
                [Slot("cgflow/backmap"), Slot("m.cgflow", "file"), Slot("3", "integer > 0"), Slot("seed"), Slot("4711", "integer > 0"), Slot("weights"), Slot("yes", "logical"),
                 Slot("atomistic"), Slot("in.mb", "file"), Slot("points"), Slot("points.txt", "file"), Slot("dump"), Slot("out.dump")], 13, "",
                ("seed", "points", "dump", "weights", "atomistic")),
    ]


def store(folder):
    """What the scripts need besides a model."""
    text, _ = gb.data_file([gb.ala2(0)], [-20] * 3, [20] * 3)
    (folder / "data.gb").write_text(text)


def cases(random, folder):
    for command in commands():
        lines = list(argument_cases(command)) + list(structure_cases(command, random))
        for name, words, got, allowed in lines:
            script = command.before + " ".join(words) + "\n" + command.after
            yield Case("arguments of " + command.name, name, script, {}, command.place, got, allowed)
