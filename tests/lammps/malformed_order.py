# SPDX-License-Identifier: GPL-2.0-only
"""Lines of a script in the wrong order, missing or given twice, and sizes that no machine can hold."""
import learning as l
import malformed_scripts as scripts
from malformed import ALLOWED, Case
from malformed_yaml import BASE, document

# Texts of LAMMPS and of this package; many of these errors are LAMMPS' own.
SAYS = ALLOWED + r"|Illegal|Invalid|[Ii]llegal variable|Reuse of|Could not find|Incorrect format|without a pair style|[Nn]o atoms|holds no PMF|not set|defined|got|give "

SCRIPTS = {
    "learning": l.learning("run 3\n"),
    "walk": scripts.TORUS + "fix walk all cgflow/mc 300 1 6\ncompute std all cgflow/std\nthermo_style custom step pe f_walk[1]\nrun 3\n",
    "gb": scripts.GB + "pair_style gb/obc\npair_coeff * * 1.5 0.8\nrun 0\n",
    "cv": l.SYSTEM + "compute cv all cgflow/cv mb.yaml\nthermo_style custom step c_cv[1][1]\nrun 0\n",
    "commands": scripts.COMMANDS + "cgflow/train example new.cgflow temp 10.0 seed 5 from mb.yaml\n"
    "cgflow/train energy new.cgflow temp 10.0 seed 5 atomistic in.mb points points.txt\n"
    "cgflow/pmf new.cgflow grid 20 -2.6 1.2 file new.pmf\ncgflow/backmap new.cgflow 2 seed 1 points points.txt dump new.dump\n",
}


def changes(lines):
    for k, line in enumerate(lines):
        yield f"without '{line}'", lines[:k] + lines[k + 1:]
        yield f"'{line}' last", lines[:k] + lines[k + 1:] + [line]
        yield f"'{line}' first", [line] + lines[:k] + lines[k + 1:]
        yield f"'{line}' twice", lines[:k + 1] + lines[k:]


def order(random, folder):
    text, _ = document(BASE)    # a learning run of a second
    for name, script in SCRIPTS.items():
        lines = [" ".join(line.split()) for line in script.splitlines() if line.strip()]
        for change, changed in changes(lines):
            # A script may be right in another order, and what ran before the error has written its files.
            yield Case("order of " + name, change, "\n".join(changed) + "\n", {"mb.yaml": text}, "", "", SAYS, may_pass=True, may_leave=True)


# Missing parts, each of which must be an error of this package, and the text of the error.
NEEDED = [
    ("learning", "fix walk", "[Ff]ix cgflow/al", "needs one fix cgflow/mc", "got 0"),
    ("learning", "pair_coeff", "pair", "All pair coeffs are not set|[Pp]air coeff", "set"),
    ("learning", "pair_style", "[Pp]air_coeff|cgflow/pmf", "without a pair style", "pair style"),
    ("walk", "pair_coeff", "pair", "All pair coeffs are not set|[Pp]air coeff", "set"),
    ("commands", "cgflow/train example", "cgflow/train", "new.cgflow does not exist yet; keyword from is missing", "YAML file or a model"),
    ("commands", "cgflow/train energy", "cgflow/pmf", "holds no PMF yet", "train it by energy first"),
]


def needed(random, folder):
    text, _ = document(BASE)
    for name, start, place, got, allowed in NEEDED:
        # Thermo output would ask for the missing fix first.
        lines = [line for line in SCRIPTS[name].splitlines() if not " ".join(line.split()).startswith((start, "thermo"))]
        yield Case("needed", f"{name} without {start}", "\n".join(lines) + "\n", {"mb.yaml": text}, place, got, allowed, may_leave=True)


def sizes(random, folder):
    """Where memory ends, the message may be that of another part, but there is one, and the process goes on."""
    for path, value in (("flow.hidden", "[2000000000]"), ("flow.hidden", "[300000, 300000]"), ("flow.layers", "[spline]\n  bins: 2000000000"), ("flow.harmonics", "2000000000"), ("pmf.members", "2000000000"),
                        ("pmf.network", "mlp\n  hidden: [2000000000]"), ("train.energy.points", "2000000000"), ("train.energy.batch", "2000000000"), ("train.energy.latent", "2000000000"),
                        ("train.labels.points", "2000000000"), ("train.labels.latent", "2000000000"), ("train.consolidate.points", "2000000000"), ("explore.keep", "2000000000"), ("explore.find", "2000000000"), ("explore.wait", "2000000000"), ("explore.quiet", "2000000000"), ("explore.grid", "2000000000\n  strategy: grid"),
                        ("train.example.batch", "2000000000"), ("train.energy.warmup", "2000000000"), ("budget", "9000000000000000000")):
        text, _ = document({**BASE, path: value})
        yield Case("sizes", f"{path}: {value}", l.learning("run 3\n"), {"mb.yaml": text}, "", "", SAYS + "|memory|[Bb]udget", may_pass=True, may_leave=True)
    for line in ("cgflow/pmf m.cgflow grid 2000000000 -2.6 1.2 file new.pmf", "cgflow/backmap m.cgflow 2000000000 seed 1 points points.txt dump new.dump",
                 "cgflow/backmap m.cgflow 2000000000 seed 1 points pmf dump new.dump"):
        yield Case("sizes", line, scripts.COMMANDS + line + "\n", {}, "cgflow/", "", SAYS + "|memory", may_leave=False)
    yield Case("sizes", "copies 2000000000", l.learning("run 3\n", options="copies 2000000000"), {}, "copies|memory", "2000000000|memory", SAYS + "|memory", may_pass=True)


def cases(random, folder):
    for family in (order, needed, sizes):
        yield from family(random, folder)
