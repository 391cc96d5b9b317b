# SPDX-License-Identifier: GPL-2.0-only
"""A molecule with its force field, which readers fill and writers use. Units: kcal/mol, Angstrom, degrees, e, g/mol.
Atoms are counted from 0 here and from 1 in all that a user sees."""
import collections
import dataclasses


@dataclasses.dataclass(frozen=True)
class Atom:
    name: str
    residue: str                 # name with number, e.g. ALA2
    kind: str                    # atom type of the force field
    mass: float
    charge: float
    epsilon: float               # Lennard-Jones, 4 epsilon ((sigma/r)^12 - (sigma/r)^6)
    sigma: float
    radius: float | None = None  # intrinsic Born radius
    scale: float | None = None   # overlap scale factor of generalized Born
    element: str = ""            # symbol; empty where the files do not have it

    def type_key(self):
        """Atoms with equal keys have one LAMMPS type: the key contains everything that pair_coeff and mass set."""
        return (self.kind, self.mass, self.epsilon, self.sigma, self.radius, self.scale)


@dataclasses.dataclass
class Molecule:
    title: str
    atoms: list
    positions: list                                  # [n_atoms, 3]
    bonds: list = dataclasses.field(default_factory=list)      # (i, j, K, r0): K (r - r0)^2
    angles: list = dataclasses.field(default_factory=list)     # (i, j, k, K, theta0): K (theta - theta0)^2, K per rad^2
    torsions: list = dataclasses.field(default_factory=list)   # (i, j, k, l, K, n, phase): K (1 + cos(n phi - phase))
    excluded: set = dataclasses.field(default_factory=set)     # pairs (i, j), i < j, without non-bonded energy
    scaled: dict = dataclasses.field(default_factory=dict)     # (i, j): (Coulomb factor, LJ factor), the 1-4 pairs
    mixing: str = "arithmetic"                       # rule of Lennard-Jones parameters of unlike pairs
    born_model: str | None = None                    # generalized Born model of the force field
    notes: list = dataclasses.field(default_factory=list)      # what the user is told about the import, one line each

    def has_born(self):
        return all(atom.radius is not None for atom in self.atoms)

    def label(self, *indices):
        """Atoms in messages, e.g. ALA2-CA (9)."""
        return ", ".join(f"{self.atoms[i].residue}-{self.atoms[i].name} ({i + 1})" for i in indices)

    def neighbors(self):
        """[n_atoms]: sorted lists of bonded atoms."""
        lists = [set() for _ in self.atoms]
        for i, j, *_ in self.bonds:
            lists[i].add(j)
            lists[j].add(i)
        return [sorted(n) for n in lists]


def bond_distances(neighbors, start):
    """{atom: number of bonds from `start`} of all atoms connected with it."""
    distance, queue = {start: 0}, collections.deque([start])
    while queue:
        i = queue.popleft()
        for j in neighbors[i]:
            if j not in distance:
                distance[j] = distance[i] + 1
                queue.append(j)
    return distance
