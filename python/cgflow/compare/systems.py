# SPDX-License-Identifier: GPL-2.0-only
"""The systems to compare methods on: their LAMMPS files and CG variables, and script lines for dynamics at a temperature."""
import dataclasses
import pathlib
import re

from ..checkout import EXAMPLES, ORACLE
from ..errors import ToolError
from ..pmf.grid import CIRCLE

BOLTZMANN = {"lj": 1.0, "real": 0.0019872067}    # in the units of LAMMPS


@dataclasses.dataclass
class Variable:
    """A CG variable: a dihedral, or a linear function of x and y."""
    name: str
    atoms: tuple = ()         # of the dihedral, counted from 1
    factors: tuple = ()       # of x and y
    low: float = -180.0
    high: float = 180.0

    @property
    def period(self):
        return CIRCLE if self.atoms else 0.0


@dataclasses.dataclass
class System:
    name: str
    folder: pathlib.Path      # with the files
    script: str               # script that defines the all-atom system
    learn: str                # script that learns its PMF
    basin: str                # script of dynamics in one basin, for a start from frames
    yaml: str
    reference: pathlib.Path   # None where the user must give one
    temperature: float = 300.0
    units: str = "real"
    merged: int = 1           # number of points per cell of a reference without probabilities
    needs_basin: bool = False    # True where learning starts from the frames of `basin`
    replace: tuple = ()       # (file, old, new): changes to the text of the example's files
    published: dict = dataclasses.field(default_factory=dict)    # {method: evaluations that its authors published, as text}

    @property
    def kT(self):
        return BOLTZMANN[self.units] * self.temperature

    @property
    def molecular(self):
        return self.units == "real"

    @property
    def dump(self):
        """Name of the dump that the basin script writes."""
        found = re.search(r"^dump\s.*?(\S+\.dump)", self.text(self.basin), re.M)
        if not found:
            raise ToolError(f"{self.folder / self.basin}: no line 'dump ... NAME.dump' in it")
        return found[1]

    def text(self, name):
        """The text of a file, with `replace` applied."""
        path = self.folder / name
        text = path.read_text(encoding="utf-8")
        for file, old, new in self.replace:
            if file == name:
                if old not in text:
                    raise ToolError(f"{path}: no '{old}' in it")
                text = text.replace(old, new)
        return text

    def inputs(self):
        """{name: text} of the files that all methods read."""
        names = [self.script, *re.findall(r"^read_data\s+(\S+)", self.text(self.script), re.M)]
        return {name: self.text(name) for name in names}

    def section(self, *keys):
        """The blocks of the YAML file that begin with these keys."""
        parts = re.split(r"^(?=\w[\w ]*:)", re.sub(r"^#.*\n", "", self.text(self.yaml), flags=re.M), flags=re.M)
        return "".join(part if part.endswith("\n") else part + "\n" for part in parts if part.split(":")[0] in keys)

    def variables(self):
        """The CG variables of the YAML file."""
        found = []
        for row in re.findall(r"^\s*-\s*\{(.*)\}", self.section("cg"), re.M):
            name = re.search(r"name:\s*([\w.]+)", row)
            dihedral = re.search(r"dihedral:\s*\[([\d,\s]+)\]", row)
            linear = re.search(r"linear:\s*\{x:\s*([-\d.]+),\s*y:\s*([-\d.]+)\}.*range:\s*\[([-\d.]+),\s*([-\d.]+)\]", row)
            if name and dihedral:
                found.append(Variable(name[1], tuple(map(int, dihedral[1].split(",")))))
            elif name and linear:
                x, y, low, high = map(float, linear.groups())
                found.append(Variable(name[1], (), (x, y), low, high))
            else:
                raise ToolError(f"{self.folder / self.yaml}: got '{row}', expected 'name: N, dihedral: [I, J, K, L]'")
        if len(found) not in (1, 2):
            raise ToolError(f"{self.folder / self.yaml}: got {len(found)} CG variables, expected 1 or 2")
        return found


PAPER = {"paper": "6.0e6 for the first iteration, 4.7e6 for each later one (arXiv 2402.01195)",
         "grid": "2.4e7 (arXiv 2402.01195)", "md": "5e9, its ground truth (arXiv 2402.01195)"}
ALA2 = EXAMPLES / "alanine-dipeptide"
SYSTEMS = {
    "mueller-brown": System(
        "mueller-brown", EXAMPLES / "mueller-brown", "in.mb", "in.al", "in.basin", "mb.yaml", ORACLE / "mueller_brown_pmf.csv",
        temperature=10.0, units="lj", merged=5, needs_basin=True,
        published={"paper": "2.9e4 for the first iteration, 1.4e4 for each later one (arXiv 2402.01195)"}),
    "alanine-dipeptide": System(
        "alanine-dipeptide", ALA2, "in.ala2", "in.al", "in.basin", "ala2.yaml", ORACLE / "ala2_obc1_pmf.csv", published=PAPER),
    "alanine-dipeptide-vacuum": System(
        "alanine-dipeptide-vacuum", ALA2, "in.vacuum", "in.al_vacuum", "in.basin", "vacuum.yaml",
        ORACLE / "ala2_vacuum_pmf" / "ala2_vacuum_pmf.csv", replace=(("in.basin", "in.ala2", "in.vacuum"),)),
}


def find(name):
    """The System of a name, or of a folder that tools/import-molecule has written."""
    if name in SYSTEMS:
        return SYSTEMS[name]
    folder = pathlib.Path(name)
    if not folder.is_dir():
        raise ToolError(f"SYSTEM is '{name}', expected {', '.join(SYSTEMS)} or a folder of tools/import-molecule")
    learn = folder / "in.al"
    script = re.search(r"\satomistic\s+in\.(\S+)", learn.read_text()) if learn.is_file() else None
    if not script:
        raise ToolError(f"{folder}: no in.al with 'atomistic in.NAME' in it, as tools/import-molecule writes it")
    files = [f"in.{script[1]}", "in.al", "in.basin", f"{script[1]}.yaml"]
    for file in files:
        if not (folder / file).is_file():
            raise ToolError(f"{folder}: no {file} in it, as tools/import-molecule writes it")
    return System(folder.resolve().name, folder.resolve(), *files, None)


def dynamics(system, damp, temperature="${T}", seed="${seed}"):
    """Script lines of the system and of Langevin dynamics. With gjf the positions have the right distribution at these
    timesteps; plain Langevin dynamics at 1 fs has 0.4 kcal/mol too much energy in the bonds to hydrogen."""
    if not system.molecular:
        return f"""include         {system.script}
timestep        0.002
neigh_modify    delay 0 every 1000 check yes
fix             bath all langevin {temperature} {temperature} {damp:g} {seed} gjf vfull
fix             move all nve
fix             flat all enforce2d
"""
    # For few atoms a neighbor list of all pairs stays valid for long, and a box wider than the cutoff needs no ghost atoms.
    return f"""include         {system.script}
change_box      all x final -100 100 y final -100 100 z final -100 100
neighbor        12.0 nsq
neigh_modify    delay 0 every 50 check yes
minimize        0.0 1e-6 5000 50000
reset_timestep  0
timestep        1.0
velocity        all create {temperature} {seed} mom yes rot yes dist gaussian
fix             bath all langevin {temperature} {temperature} {damp:g} {seed} gjf vfull
fix             move all nve
"""


def recorded(system, every, file):
    """Script lines that write the CG variables and the potential energy to a file."""
    variables = system.variables()
    if system.molecular:
        lines = [f"compute         cv all cgflow/cv {system.yaml}"]
        lines += [f"variable        s{k} equal c_cv[1][{k}]" for k in range(1, len(variables) + 1)]
    else:
        lines = [f"variable        s{k} equal {v.factors[0]:g}*x[1]+{v.factors[1]:g}*y[1]" for k, v in enumerate(variables, 1)]
    names = " ".join(f"v_s{k}" for k in range(1, len(variables) + 1))
    return "\n".join([*lines, f"fix             record all ave/time {every} 1 {every} {names} c_thermo_pe file {file}", ""])


def colvars(system):
    """The CG variables in the language of Colvars. The grid is fine, since Colvars takes energy and force of the bias
    from the nearest grid point."""
    text = ""
    for variable in system.variables():
        if variable.atoms:
            groups = "\n".join(f"    group{k} {{ atomNumbers {atom} }}" for k, atom in enumerate(variable.atoms, 1))
            body = f"  width 1\n  lowerBoundary -180\n  upperBoundary 180\n  dihedral {{\n{groups}\n  }}"
        else:
            x, y = variable.factors
            # The margin on both sides keeps hills whole.
            margin = 0.5 * (variable.high - variable.low)
            body = (f"  width {(variable.high - variable.low) / 380:g}\n  lowerBoundary {variable.low - margin:g}\n"
                    f"  upperBoundary {variable.high + margin:g}\n  distanceZ {{\n    componentCoeff {(x**2 + y**2) ** 0.5:.15g}\n"
                    f"    main {{ atomNumbers 1 }}\n    ref {{ dummyAtom (0, 0, 0) }}\n    axis ({x:g}, {y:g}, 0)\n  }}")
        text += f"colvar {{\n  name {variable.name}\n{body}\n}}\n"
    return text
