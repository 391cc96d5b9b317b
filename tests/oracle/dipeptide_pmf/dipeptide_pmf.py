# SPDX-License-Identifier: GPL-2.0-only
"""PMFs of dipeptides (amber96 with OBC1, 300 K, L, trans), from LAMMPS with Colvars: writes the files that run.sh needs, and
evaluates its walkers. See README.md. `table` needs numpy.

    python3 dipeptide_pmf.py inputs NAME         NAME.masses, NAME.bias.colvars, NAME.sample.colvars
    python3 dipeptide_pmf.py freeze NAME         NAME.frozen.colvars.state from NAME.bias.colvars.state
    python3 dipeptide_pmf.py pull NAME WALKER    prints arguments of fix restrain
    python3 dipeptide_pmf.py table NAME          NAME_pmf.csv from all NAME.N.colvars.traj
"""
import pathlib
import re
import sys

KT = 0.0019872067 * 300.0    # kcal/mol, LAMMPS' constant in units real
EVERY = 25                   # steps between frames
SKIPPED = 0.02               # fraction of the frames of a walker that is left out at its start
BLOCKS = 5                   # blocks per walker, for errors
DEPTH = {1: 8.0, 3: 3.5}     # kcal/mol, depth of each bias, by the number of biases
FLOOR = 10                   # frames that a cell needs
ATOMS = {    # counted from 1
    "gly2": {"phi": (5, 7, 9, 12), "psi": (7, 9, 12, 14),
             "omega1": (1, 5, 7, 9), "omega2": (9, 12, 14, 16)},
    "val2": {"phi": (5, 7, 9, 11), "psi": (7, 9, 11, 23), "chi1": (7, 9, 13, 15),
             "omega1": (1, 5, 7, 9), "omega2": (9, 11, 23, 25)},
    "thr2": {"phi": (5, 7, 9, 11), "psi": (7, 9, 11, 21), "chi1": (7, 9, 13, 15),
             "omega1": (1, 5, 7, 9), "omega2": (9, 11, 21, 23)},
    "phe2": {"phi": (5, 7, 9, 11), "psi": (7, 9, 11, 27), "chi1": (7, 9, 13, 16),
             "omega1": (1, 5, 7, 9), "omega2": (9, 11, 27, 29)},
}
# Each chiral atom with three neighbors; its chirality is that of the data file.
CHIRAL = {"gly2": [], "val2": [(9, 7, 11, 13)], "thr2": [(9, 7, 11, 13), (13, 9, 15, 17)], "phe2": [(9, 7, 11, 13)]}
# CG points to which walkers are pulled at their start.
BEGIN = [(-80, 150, 60), (-80, -40, 180), (-80, 150, -60), (60, 40, -60), (-80, -40, 60), (-150, 150, 180)]


def variables(name):
    return [v for v in ATOMS[name] if not v.startswith("omega")]


def pairs(name):
    """The pairs of CG variables, each of which has a bias."""
    cg = variables(name)
    return [(a, b) for i, a in enumerate(cg) for b in cg[i + 1:]]


def colvars_file(name, frozen):
    """The settings of Colvars. It takes energy and force from the nearest grid point, so the grid is fine: 1 degree for
    hills of 10 degrees (sigma)."""
    text = f"colvarsTrajFrequency {EVERY if frozen else 0}\n"
    for variable, atoms in ATOMS[name].items():
        if not frozen and variable.startswith("omega"):
            continue
        groups = "\n".join(f"    group{k} {{ atomNumbers {atom} }}" for k, atom in enumerate(atoms, 1))
        # Omegas have no bias and are computed only for output.
        seldom = f"  timeStepFactor {EVERY}\n" if variable.startswith("omega") else ""
        text += (f"colvar {{\n  name {variable}\n{seldom}  width 1\n  lowerBoundary -180\n  upperBoundary 180\n"
                 f"  dihedral {{\n{groups}\n  }}\n}}\n")
    for a, b in pairs(name):
        text += (f"metadynamics {{\n  name {a}_{b}\n  colvars {a} {b}\n  hillWeight 1\n  hillWidth 20\n"
                 f"  newHillFrequency {1000000000 if frozen else 1000}\n  wellTempered on\n  biasTemperature 1800\n"
                 "  writeFreeEnergyFile off\n}\n")
    return text


def masses(name):
    """LAMMPS commands that give hydrogens a mass of 4 g/mol."""
    text = pathlib.Path(f"{name}.data").read_text()
    types = re.findall(r"^\s*(\d+)\s+1\.00\d*\b", text[text.index("Masses"):text.index("Atoms")], re.M)
    return "".join(f"mass            {t} 4.0\n" for t in types)


def inputs(name):
    pathlib.Path(f"{name}.masses").write_text(masses(name))
    pathlib.Path(f"{name}.bias.colvars").write_text(colvars_file(name, frozen=False))
    pathlib.Path(f"{name}.sample.colvars").write_text(colvars_file(name, frozen=True))


def freeze(name):
    """Copies the biases without the values of the CG variables, since walkers start elsewhere. A bias is flattened where
    it is more than DEPTH below its maximum: frames where F is high are not needed."""
    text = pathlib.Path(f"{name}.bias.colvars.state").read_text()
    text = re.sub(r"^colvar \{.*?^\}\n", "", text, flags=re.M | re.S)
    # The numbers of each bias are energies, then two components of the gradient at the same points.
    parts = re.split(r"(sizes  360 360\n\}\n)([^a-zA-Z{}]*(?:e[+-]\d\d[^a-zA-Z{}]*)*)", text)
    for at in range(2, len(parts), 6):
        V, gradient = parts[at].split(), parts[at + 3].split()
        assert len(V) == 360**2 and len(gradient) == 2 * 360**2
        low = max(map(float, V)) - DEPTH[len(pairs(name))]
        for k, value in enumerate(V):
            if float(value) < low:
                V[k], gradient[2 * k:2 * k + 2] = f"{low:.14e}", ["0.0", "0.0"]
        parts[at], parts[at + 3] = "\n".join(V) + "\n\n", "\n".join(gradient) + "\n\n"
    pathlib.Path(f"{name}.frozen.colvars.state").write_text("".join(parts))


def pull(name, walker):
    """Prints arguments of fix restrain, whose minimum with `mult 1` is 180 degrees from its angle."""
    begin = dict(zip(("phi", "psi", "chi1"), BEGIN[(int(walker) - 1) % len(BEGIN)]))
    for v in variables(name):
        print("dihedral", *ATOMS[name][v], f"0 50 {(begin[v] + 360) % 360 - 180} mult 1", end=" ")


if __name__ == "__main__":
    what = sys.argv[1]
    if what == "table":
        import dipeptide_table
        dipeptide_table.write(sys.argv[2])
    else:
        {"inputs": inputs, "freeze": freeze, "pull": pull}[what](*sys.argv[2:])
