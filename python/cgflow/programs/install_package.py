# SPDX-License-Identifier: GPL-2.0-only
"""install-package: the package as a part of a LAMMPS source tree."""
import pathlib
import sys

from ..checkout import ROOT
from ..package_tree import Tree
from ..program import Parser, errors_in_one_line

DESCRIPTION = """\
Copies the package into a LAMMPS source tree, so that LAMMPS' own CMake build
makes it with -D PKG_USER-CGFLOW=on: src/USER-CGFLOW, lib/cgflow and one line
in cmake/CMakeLists.txt. A second call updates only the files that differ.
--undo restores the tree. Files that this program did not write are never
changed or removed."""
EXAMPLES = """\
examples:
  install-package ~/lammps            copy the package, or update it
  install-package --check ~/lammps    show what would be done
  install-package --undo ~/lammps     remove it"""


def parser():
    result = Parser("install-package", description=DESCRIPTION, epilog=EXAMPLES)
    result.add_argument("lammps", metavar="LAMMPS", type=pathlib.Path, help="top folder of LAMMPS' source, with src/ and cmake/ in it")
    action = result.add_mutually_exclusive_group()
    action.add_argument("--check", action="store_true", help="change nothing; exit with 0 if the tree holds this version of the package, "
                        "else with 1")
    action.add_argument("--undo", action="store_true", help="remove the package from the tree")
    return result


def run(options):
    tree = Tree(ROOT, options.lammps)
    changes = tree.removal() if options.undo else tree.installation()
    for change in changes:
        print(f"{'would ' if options.check else ''}{change}")
    if options.check:
        print(f"{tree.lammps}: the package is {'missing or differs from the one here' if changes else 'installed and up to date'}")
        sys.exit(1 if changes else 0)
    tree.carry_out(changes)
    if not changes:
        print(f"{tree.lammps}: nothing to do")
    elif not options.undo:
        print(f"Now build LAMMPS with CMake and -D PKG_USER-CGFLOW=on ({ROOT / 'doc' / 'Howto_cgflow_install.rst'})")


def main(argv=None):
    options = parser().parse_args(argv)
    with errors_in_one_line("install-package"):
        run(options)
