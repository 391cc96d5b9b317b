# SPDX-License-Identifier: GPL-2.0-only
"""Molecules from periodic boxes: whole again, and without the box."""
import math

from .model import bond_distances


def cell_vectors(lengths, angles):
    """Three vectors of a cell, the first along x and the second in the xy plane; angles (alpha, beta, gamma) in degrees."""
    a, b, c = lengths
    cos_alpha, cos_beta, cos_gamma = (math.cos(math.radians(x)) for x in angles)
    sin_gamma = math.sin(math.radians(angles[2]))
    y = (cos_alpha - cos_beta * cos_gamma) / sin_gamma
    z = math.sqrt(max(0.0, 1.0 - cos_beta * cos_beta - y * y))
    return [(a, 0.0, 0.0), (b * cos_gamma, b * sin_gamma, 0.0), (c * cos_beta, c * y, c * z)]


def nearest_image(difference, cell):
    """A difference of two positions, with whole cell vectors removed, as short as that of two bonded atoms is."""
    d = list(difference)
    for vector, axis in zip(reversed(cell), (2, 1, 0)):
        count = round(d[axis] / vector[axis])
        d = [x - count * v for x, v in zip(d, vector)]
    return d


def make_whole(molecule, cell):
    """Puts each atom next to those it is bonded to. Atoms that are not connected with the first one stay."""
    neighbors = molecule.neighbors()
    place = {0: list(molecule.positions[0])}
    # In the order of their distance, so that a neighbor has its place already.
    for i in bond_distances(neighbors, 0):
        for j in neighbors[i]:
            if j not in place:
                d = nearest_image([b - a for a, b in zip(molecule.positions[i], molecule.positions[j])], cell)
                place[j] = [a + x for a, x in zip(place[i], d)]
    molecule.positions = [place.get(i, position) for i, position in enumerate(molecule.positions)]
