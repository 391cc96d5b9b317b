import re
import sys
ATOMS = {
    "gly2": {"phi": (5, 7, 9, 12), "psi": (7, 9, 12, 14), "omega1": (1, 5, 7, 9), "omega2": (9, 12, 14, 16)},
    "val2": {"phi": (5, 7, 9, 11), "psi": (7, 9, 11, 23), "chi1": (7, 9, 13, 15), "omega1": (1, 5, 7, 9), "omega2": (9, 11, 23, 25)},
    "thr2": {"phi": (5, 7, 9, 11), "psi": (7, 9, 11, 21), "chi1": (7, 9, 13, 15), "omega1": (1, 5, 7, 9), "omega2": (9, 11, 21, 23)},
    "phe2": {"phi": (5, 7, 9, 11), "psi": (7, 9, 11, 27), "chi1": (7, 9, 13, 16), "omega1": (1, 5, 7, 9), "omega2": (9, 11, 27, 29)},
}
EVERY = 50                   # steps between frames
# Where walkers are drawn to at first: (phi, psi, chi1), the others go on from there with the next seeds.
BEGIN = [(-80, 150, 60), (-80, -40, 180), (-80, 150, -60), (60, 40, -60), (-80, -40, 60), (-150, 150, 180)]


def variables(name):
    return [v for v in ATOMS[name] if not v.startswith("omega")]


def pairs(name):
    """Each pair of CG variables has a bias of its own."""
    cg = variables(name)
    return [(a, b) for i, a in enumerate(cg) for b in cg[i + 1:]]


def colvars_file(name, frozen):
    """Colvars takes the energy and the force of the nearest grid point, so the grid is fine: 1 degree, hills of 10 degrees."""
    text = f"colvarsTrajFrequency {EVERY if frozen else 0}\n"
    for variable, atoms in ATOMS[name].items():
        if not frozen and variable.startswith("omega"):
            continue
        groups = "\n".join(f"    group{k} {{ atomNumbers {atom} }}" for k, atom in enumerate(atoms, 1))
        # Omegas bear no bias and are looked at only when they are written.
        seldom = f"  timeStepFactor {EVERY}\n" if variable.startswith("omega") else ""
        text += (f"colvar {{\n  name {variable}\n{seldom}  width 1\n  lowerBoundary -180\n  upperBoundary 180\n"
                 f"  dihedral {{\n{groups}\n  }}\n}}\n")
    for a, b in pairs(name):
        text += (f"metadynamics {{\n  name {a}_{b}\n  colvars {a} {b}\n  hillWeight 0.5\n  hillWidth 20\n"
                 f"  newHillFrequency {1000000000 if frozen else 2000}\n  wellTempered on\n  biasTemperature 1800\n"
                 "  writeFreeEnergyFile off\n}\n")
    return text


def pull(name, walker):
    """Arguments of fix restrain that draw a walker to its beginning."""
    begin = dict(zip(("phi", "psi", "chi1"), BEGIN[(walker - 1) % len(BEGIN)]))
    return " ".join(f"dihedral {' '.join(map(str, ATOMS[name][v]))} 0 50 {(begin[v] + 360) % 360 - 180} mult 1" for v in variables(name))


def freeze(name):
    """Copies the biases of a state file of Colvars without the CG variables' values, which walkers begin elsewhere than."""
    text = open(f"{name}.bias.colvars.state").read()
    text = re.sub(r"^colvar \{.*?^\}\n", "", text, flags=re.M | re.S)
    open(f"{name}.frozen.colvars.state", "w").write(text)


if sys.argv[1]=="freeze":
    freeze(sys.argv[2])
if sys.argv[1]=="pull":
    print(pull(sys.argv[2], int(sys.argv[3])))
if sys.argv[1]=="colvars":
    for kind in ("bias","sample"):
        open(f"{sys.argv[2]}.{kind}.colvars","w").write(colvars_file(sys.argv[2], kind=="sample"))
