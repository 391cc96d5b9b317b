# SPDX-License-Identifier: GPL-2.0-only
"""CG dihedrals: phi and psi of the backbone, found from the bonds, or those that the user names."""
import re

from ..errors import ToolError

MOST = 6    # CG variables without --cg


def element(atom):
    """The element of an atom, from its mass where the files do not have it. Names are ambiguous (CA is carbon, not
    calcium), and masses may be repartitioned."""
    return atom.element or {1: "H", 12: "C", 14: "N", 16: "O", 32: "S"}.get(round(atom.mass), "?")


def peptide_bonds(molecule):
    """Pairs (C, N) of peptide bonds: a carbon with an oxygen that has no other bond, and a nitrogen with another carbon."""
    near = molecule.neighbors()
    kinds = [element(atom) for atom in molecule.atoms]
    carbonyl = [c for c, kind in enumerate(kinds) if kind == "C" and len(near[c]) == 3 and
                any(kinds[o] == "O" and len(near[o]) == 1 for o in near[c])]
    return [(c, n) for c in carbonyl for n in near[c] if kinds[n] == "N" and len(near[n]) == 3 and
            sum(kinds[a] == "C" for a in near[n]) >= 2]


def backbone(molecule):
    """[(name, [i, j, k, l])]: phi and psi of each residue between two peptide bonds, numbered where there are several
    residues."""
    near = molecule.neighbors()
    kinds = [element(atom) for atom in molecule.atoms]
    bonds, found = peptide_bonds(molecule), []
    for c0, n1 in bonds:
        for ca in near[n1]:
            if ca == c0 or kinds[ca] != "C":
                continue
            for c1, n2 in bonds:
                if c1 in near[ca] and (c1, n2) != (c0, n1):
                    found.append(([c0, n1, ca, c1], [n1, ca, c1, n2]))
    found.sort(key=lambda pair: pair[0][1])
    names = [""] if len(found) == 1 else range(1, len(found) + 1)
    return [item for k, (phi, psi) in zip(names, found) for item in ((f"phi{k}", phi), (f"psi{k}", psi))]


def parse(molecule, text):
    """(name, [i, j, k, l]) of a text such as 'chi1=7-9-11-13', with atoms counted from 1 that are bonded in a row."""
    match = re.fullmatch(r"([A-Za-z_]\w*)=(\d+)-(\d+)-(\d+)-(\d+)", text)
    if not match:
        raise ToolError(f"--cg: got '{text}', expected NAME=I-J-K-L, a dihedral of four atom numbers")
    atoms = [int(word) - 1 for word in match.groups()[1:]]
    n = len(molecule.atoms)
    if len(set(atoms)) != 4 or not all(0 <= i < n for i in atoms):
        raise ToolError(f"--cg {text}: expected four different atoms from 1 to {n}")
    near = molecule.neighbors()
    for i, j in zip(atoms, atoms[1:]):
        if j not in near[i]:
            raise ToolError(f"--cg {text}: {molecule.label(i)} and {molecule.label(j)} are not bonded; the four atoms must be "
                            "bonded in a row")
    return match[1], atoms


def choose(molecule, texts, where):
    """The CG dihedrals [(name, [i, j, k, l])]: those in `texts`, or those of the backbone."""
    chosen = [parse(molecule, text) for text in texts] if texts else backbone(molecule)
    if not chosen:
        raise ToolError(f"{where}: no residue between two peptide bonds; name the CG variables with --cg NAME=I-J-K-L")
    if len({name for name, _ in chosen}) != len(chosen):
        raise ToolError("--cg: two CG variables have the same name")
    if not texts and len(chosen) > MOST:
        raise ToolError(f"{where}: has {len(chosen)} backbone dihedrals ({' '.join(name for name, _ in chosen)}), more than the "
                        f"{MOST} that are taken by default; choose with --cg NAME=I-J-K-L")
    return chosen
