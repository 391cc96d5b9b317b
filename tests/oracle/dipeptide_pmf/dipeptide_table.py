# SPDX-License-Identifier: GPL-2.0-only
"""The table of F from the walkers of a dipeptide: `python3 dipeptide_pmf.py table NAME`."""
import pathlib
import re

import numpy as np
from dipeptide_pmf import ATOMS, BLOCKS, CHIRAL, EVERY, FLOOR, KT, SKIPPED, pairs, variables

COMMENT = ("AMBER ff96 with OBC1 (pair_style gb/obc), 300 K, L, trans; LAMMPS 22 July 2025 (update 4) with Colvars, "
           "Langevin 1 ps (GJF), 2 fs, hydrogens of 4 g/mol, no constraints")
CELLS = {2: 36, 3: 18}       # cells per dimension, by the number of dimensions


def bias_grids(name):
    """{pair: energy [360, 360] in kcal/mol at the centers of cells of 1 degree}, from a state file of Colvars."""
    found = {}
    for part in pathlib.Path(f"{name}.frozen.colvars.state").read_text().split("metadynamics {")[1:]:
        label = re.search(r"^\s*name (\w+)", part, re.M)[1]
        grid = part[part.index("hills_energy\n"):part.index("hills_energy_gradients")]
        assert "widths  1 1" in grid and "sizes  360 360" in grid and "lower_boundaries  -180 -180" in grid
        found[label] = np.array(grid[grid.index("}") + 1:].split()[:360 * 360], float).reshape(360, 360)
    return found


def interpolate(grid, s):
    """Values [n] at s [n, 2], by periodic bilinear interpolation between the centers of cells."""
    at = s + 180.0 - 0.5
    low = np.floor(at).astype(int)
    u, v = (at - low).T
    i, j = low.T % 360
    k, l = (i + 1) % 360, (j + 1) % 360
    return (1 - u) * (1 - v) * grid[i, j] + u * (1 - v) * grid[k, j] + (1 - u) * v * grid[i, l] + u * v * grid[k, l]


def chiralities(name, x):
    """Chiralities [frames, chiral atoms], by their signs."""
    found = []
    for at, *around in CHIRAL[name]:
        a, b, c = (x[:, i - 1] - x[:, at - 1] for i in around)
        found.append(np.einsum("ij,ij->i", np.cross(a, b), c))
    return np.array(found).T


def check_chirality(name, dump):
    """Checks that all frames of a dump have the chiralities of the data file; returns their number."""
    text = pathlib.Path(f"{name}.data").read_text()
    section = re.search(r"^Atoms.*?\n\n(.*?)\n\n", text + "\n\n", re.M | re.S)[1]
    atoms = sorted((line.split() for line in section.splitlines()), key=lambda words: int(words[0]))
    first = np.array([words[4:7] for words in atoms], float)[None]
    rows = [line.split() for line in open(dump) if len(line.split()) == 4 and line[0].isdigit()]
    x = np.array(rows, float)[:, 1:].reshape(-1, len(atoms), 3)
    assert not CHIRAL[name] or (chiralities(name, x) * chiralities(name, first) > 0).all(), dump
    return len(x)


def read_walker(name, number, grids, cells):
    """(sums of weights, numbers of frames), both [BLOCKS, cells ** dimension], of consecutive parts of one walker."""
    table = np.loadtxt(f"{name}.{number}.colvars.traj")
    table = table[round(SKIPPED * len(table)):]
    columns = dict(zip(ATOMS[name], table[:, 1:].T))
    d = len(variables(name))
    V = sum(interpolate(grids[f"{a}_{b}"], np.stack([columns[a], columns[b]], axis=1)) for a, b in pairs(name))
    trans = (abs(columns["omega1"]) > 90) & (abs(columns["omega2"]) > 90)
    s = np.stack([columns[v] for v in variables(name)], axis=1)
    cell = np.floor((s + 180.0) / (360.0 / cells)).astype(int) % cells
    flat, weights = np.ravel_multi_index(cell.T, [cells] * d), np.exp(V / KT) * trans
    parts = np.array_split(np.arange(len(flat)), BLOCKS)
    sums = np.array([np.bincount(flat[k], weights[k], cells**d) for k in parts])
    frames = np.array([np.bincount(flat[k][trans[k]], minlength=cells**d) for k in parts])
    print(f"walker {number}: {len(flat)} frames, {check_chirality(name, f'{name}.{number}.dump')} checked for their chirality, "
          f"{100 * np.mean(~trans):.2f} % not trans and left out")
    return sums, frames


def kld(p, q):
    both = (p > 0) & (q > 0)
    return np.sum(p[both] * np.log(p[both] / q[both])) / p[both].sum()


def relative_std(blocks):
    """Relative std [cells] of a distribution from the spread of its blocks: the error of a ratio."""
    n, sums = len(blocks), blocks.sum(axis=0)
    spread = blocks - sums / sums.sum() * blocks.sum(axis=1, keepdims=True)
    return np.sqrt(np.sum(spread**2, axis=0) * n / (n - 1)) / np.where(sums > 0, sums, np.inf)


def write(name):
    d, grids = len(variables(name)), bias_grids(name)
    cells = CELLS[d]
    numbers = sorted(int(path.name.split(".")[1]) for path in pathlib.Path().glob(f"{name}.*.colvars.traj"))
    walkers, frames = zip(*(read_walker(name, number, grids, cells) for number in numbers))
    blocks, frames = np.concatenate(walkers), np.concatenate(frames)
    p, error = blocks.sum(axis=0) / blocks.sum(), relative_std(blocks)
    kept = frames.sum(axis=0) >= FLOOR
    F = np.where(kept, -np.log(np.where(kept, p, 1.0)), np.inf)
    F -= F.min()
    low = F < 8
    halves = [sum(part).sum(axis=0) for part in (walkers[0::2], walkers[1::2])]
    halves = [half / half.sum() for half in halves]
    both = low & (halves[0] > 0) & (halves[1] > 0)
    rms, floor = np.std(np.log(halves[0][both] / halves[1][both])), kld(*halves) / 4
    print(f"floor {floor:.2e}; {kept.sum()} cells of {cells**d} kept, with {p[kept].sum():.6f} of the probability; {low.sum()} "
          f"below 8 kT, there RMS between halves {rms:.3f} kT, over its std "
          f"{np.sqrt(np.mean(squared_ratio(walkers, halves, both))):.2f}, std median {np.median(error[low]):.3f} kT, root mean square {np.sqrt(np.mean(error[low]**2)):.3f} kT")
    if name == "gly2":
        check_symmetry(F.reshape(cells, cells), error.reshape(cells, cells))
    center = -180.0 + (np.arange(cells) + 0.5) * 360.0 / cells
    with open(f"{name}_pmf.csv", "w") as file:
        file.write(f"# {name}, {COMMENT}: {len(numbers)} walkers, {frames.sum()} frames, one each {2 * EVERY} fs, under frozen "
                   f"biases on pairs of variables; cells of fewer than {FLOOR} frames are left out; halves agree to RMS {rms:.3f} kT below "
                   f"8 kT; forward KLD floor of the whole {floor:.1e}\n")
        file.write(f"# {','.join(v + '_deg' for v in variables(name))},F_kT,std_kT,probability\n")
        for k in np.flatnonzero(kept):
            at = np.unravel_index(k, [cells] * d)
            file.write(",".join([*(f"{center[i]:g}" for i in at), f"{F[k]:.3f}", f"{error[k]:.3f}", f"{p[k]:.4e}"]) + "\n")


def squared_ratio(walkers, halves, cells):
    """[cells]: squared difference of ln of the halves, divided by its variance, in a mask of cells."""
    difference = np.log(halves[0][cells] / halves[1][cells])
    stds = [relative_std(np.concatenate(part))[cells] for part in (walkers[0::2], walkers[1::2])]
    return (difference - difference.mean())**2 / (stds[0]**2 + stds[1]**2)


def check_symmetry(F, error):
    """Prints how symmetric F is: glycine is its own mirror image."""
    twins = (F < 8) & (F[::-1, ::-1] < 8)
    difference = F[twins] - F[::-1, ::-1][twins]
    print(f"F(phi, psi) - F(-phi, -psi): RMS {np.sqrt(np.mean(difference**2)):.3f} kT, over its std "
          f"{np.sqrt(np.mean(difference**2 / (error**2 + error[::-1, ::-1]**2)[twins])):.2f}")
