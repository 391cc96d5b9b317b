# SPDX-License-Identifier: GPL-2.0-only
"""import-molecule: LAMMPS files of a molecule from its AMBER or OpenMM force field."""
import importlib.util
import pathlib
import re
import sys

from ..checkout import ROOT, environment_program, restart_in_environment
from ..errors import ToolError
from ..molecule import amber, check, lammps, scripts, torsions
from ..program import Parser, errors_in_one_line

DESCRIPTION = """\
Converts one molecule to LAMMPS files from which its PMF can be learned. The
molecule comes from AMBER files (--prmtop and --inpcrd), or from a PDB file and
an OpenMM force field (--pdb and --forcefield).

Files that it writes:
  NAME.data    atoms, bonds and the force field's bonded terms
  in.NAME      the all-atom system
  in.al        learns the PMF
  NAME.yaml    settings of the learning, with the CG variables
  in.backmap   structures with weights from the learned PMF
  in.basin     short dynamics, for a start from frames (optional)
  in.vacuum    the all-atom system without solvent (with --vacuum)"""
EXAMPLES = """\
examples:
  import-molecule ala2 --prmtop ala2.prmtop --inpcrd ala2.inpcrd --implicit obc1
  import-molecule val2 --pdb val2.pdb --forcefield amber96.xml amber96_obc.xml
  import-molecule ser2 --prmtop s.top --inpcrd s.crd --cg phi=5-7-9-15 --cg chi1=7-9-11-14"""


def use_openmm():
    """Only PDB files need OpenMM. A Python without it hands over to that of the environment."""
    if importlib.util.find_spec("openmm"):
        return
    restart_in_environment()
    raise ToolError(f"--pdb needs OpenMM, which is not in {sys.executable}; install it with {environment_program()} -m pip install "
                    f"--no-deps -r {ROOT / 'python' / 'requirements-import.txt'}")


def parser():
    result = Parser("import-molecule", description=DESCRIPTION, epilog=EXAMPLES)
    result.add_argument("name", metavar="NAME", help="name of the files to write")
    result.add_argument("--prmtop", metavar="FILE", help="AMBER topology; needs --inpcrd")
    result.add_argument("--inpcrd", metavar="FILE", help="AMBER coordinates (text)")
    result.add_argument("--pdb", metavar="FILE", help="structure with all hydrogens; needs --forcefield, and OpenMM installed")
    result.add_argument("--forcefield", nargs="+", metavar="FILE.xml", help="OpenMM force field, e.g. amber96.xml amber96_obc.xml")
    result.add_argument("--implicit", choices=("obc1", "obc2", "none"),
                        help="generalized Born solvent (default: that of the force field, none for a prmtop)")
    result.add_argument("--vacuum", action="store_true", help="also write in.vacuum, the molecule without its solvent")
    result.add_argument("--cg", action="append", default=[], metavar="NAME=I-J-K-L",
                        help="a CG variable: the dihedral of these four atoms, counted from 1; may be repeated (default: phi and psi of "
                        "each residue)")
    result.add_argument("--cutoff", type=float, metavar="ANGSTROM", help="cutoff of the pair style (default: longer than the molecule)")
    result.add_argument("-o", metavar="FOLDER", default=".", help="folder to write to (default: the current one)")
    result.add_argument("--force", action="store_true", help="replace existing files")
    return result


def arguments(argv):
    """The options; wrong combinations end the program."""
    options = parser().parse_args(argv)
    if not re.fullmatch(r"[A-Za-z0-9][\w.+-]*", options.name) or options.name in ("basin", "al", "backmap", "vacuum"):
        parser().error(f"NAME is '{options.name}', expected letters, digits and . _ + -, and none of basin, al, backmap, vacuum")
    from_amber, from_openmm = (options.prmtop, options.inpcrd), (options.pdb, options.forcefield)
    if not (all(from_amber) and not any(from_openmm)) and not (all(from_openmm) and not any(from_amber)):
        parser().error("expected either --prmtop FILE --inpcrd FILE or --pdb FILE --forcefield FILE.xml ...")
    if options.cutoff is not None and not 0.0 < options.cutoff < 1000.0:
        parser().error(f"--cutoff is {options.cutoff:g}, expected 0 to 1000 Angstrom")
    return options


def read(options):
    """The molecule, and its name in error messages."""
    if options.prmtop:
        return amber.read(options.prmtop, options.inpcrd), options.prmtop
    use_openmm()
    from ..molecule import openmm
    return openmm.read(options.pdb, options.forcefield), options.pdb


def convert(options):
    """{file name: text}, the line to print, and notes."""
    molecule, where = read(options)
    model = options.implicit or molecule.born_model or "none"
    factors = check.check(molecule, where, model)
    cg = torsions.choose(molecule, options.cg, where)
    cutoff = options.cutoff or lammps.default_cutoff(molecule)
    name, system = options.name, f"in.{options.name}"
    source = f"{pathlib.Path(where).name}" + (f" with {' '.join(options.forcefield)}" if options.pdb else "")
    origin = f"{name} from {source}"
    files = {f"{name}.data": lammps.data_file(molecule, origin, cutoff)}

    def script(solvent):
        comment = f"{origin}: all-atom, {'in vacuum' if solvent == 'none' else 'implicit solvent ' + solvent.upper()}."
        return lammps.system_script(molecule, comment, f"{name}.data", solvent, cutoff, factors)

    files[system] = script(model)
    if options.vacuum:
        files["in.vacuum"] = script("none")
    files["in.basin"] = scripts.basin_script(name, system)
    files["in.al"] = scripts.al_script(name, system, cg)
    files["in.backmap"] = scripts.backmap_script(name, system)
    files[f"{name}.yaml"] = scripts.yaml_file(molecule, name, cg)
    variables = ", ".join(f"{variable} {'-'.join(str(i + 1) for i in atoms)}" for variable, atoms in cg)
    line = f"{len(molecule.atoms)} atoms, implicit solvent {model}, cutoff {cutoff:g} Angstrom, CG variables {variables}"
    return files, line, molecule.notes


def write(folder, files, force):
    folder = pathlib.Path(folder)
    existing = [name for name in files if (folder / name).exists()]
    if existing and not force:
        raise ToolError(f"{folder / existing[0]} exists; nothing was written. Give another -o FOLDER, or --force to replace it")
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="ascii")


def main(argv=None):
    options = arguments(argv)
    with errors_in_one_line("import-molecule"):
        files, line, notes = convert(options)
        write(options.o, files, options.force)
        for note in notes:
            print(f"import-molecule: {note}")
        print(f"{' '.join(files)}: {line}")
