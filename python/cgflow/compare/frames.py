# SPDX-License-Identifier: GPL-2.0-only
"""PMFs from the frames of plain MD and of replica exchange, at several lengths of a run."""
import array

import numpy as np

from . import methods

POINTS = 24      # of a curve, evenly spaced in the logarithm of the length
FROM = 0.005     # fraction of the run at the first point


def counts(total):
    """The lengths at which the curve of a run of `total` steps or frames has its points."""
    return np.unique(np.geomspace(max(1, FROM * total), max(1, total), POINTS).astype(int))


def table(path, columns):
    """Rows [n, columns] of a file of LAMMPS or Colvars; empty where there is none. Skips other lines, and the last one of
    a run that was killed, which may be cut. An array holds the numbers, since there are millions."""
    values = array.array("d")
    try:
        with open(path) as file:
            for line in file:
                words = line.split()
                if len(words) == columns and words[0][0] in "-0123456789" and line.endswith("\n"):
                    values.extend(map(float, words))
    except FileNotFoundError:
        pass
    return np.array(values).reshape(-1, columns)


def of_md(cells, folder):
    """("md", evaluations, F [cells]) at several lengths."""
    rows = table(folder / "record.txt", len(cells.axes) + 2)[1:]
    cell = cells.cell_of(rows[:, 1:-1])
    for n in counts(len(rows)) if len(rows) else ():
        yield "md", int(rows[n - 1, 0]), cells.of_frames(cell[:n], np.ones(n))


def ladder_of(path, steps, replicas):
    """[steps, replicas]: the index of the temperature that each replica had before each step, from the exchange log of
    LAMMPS."""
    rows = table(path, replicas + 1).astype(int)
    return rows[np.searchsorted(rows[:, 0], steps) - 1, 1:]


def mbar(energies, betas, f):
    """(weights [n] of the frames at the first temperature, free energies f) by MBAR, for equally many frames at each
    temperature. The weight of a frame is exp(-beta_0 U) over the sum of exp(f_k - beta_k U) over temperatures k; the f_k
    make the weights of all temperatures have the same sum. `f` is the starting point. energies: [n]."""
    exponents = (energies - energies.min())[:, None] * -betas
    for _ in range(200):
        top = (exponents + f).max(axis=1, keepdims=True)
        terms = exponents - top - np.log(np.exp(exponents + f - top).sum(axis=1, keepdims=True))
        highest = terms.max(axis=0)
        new = -highest - np.log(np.mean(np.exp(terms - highest), axis=0))
        moved, f = np.abs(new - new[0] - f).max(), new - new[0]
        if moved < 1e-6:
            break
    return np.exp(terms[:, 0] - terms[:, 0].max()), f


def of_exchange(cells, folder, kT, swap_every, settle):
    """(estimator, evaluations, F [cells]) at several lengths: "temper" takes the frames at the temperature of the PMF, as
    users do, and "temper-weights" takes weighted frames of all temperatures. Frames less than `settle` steps after an
    exchange are left out."""
    replicas = [table(folder / f"record.{k}.txt", len(cells.axes) + 2)[1:] for k in range(len(methods.LADDER))]
    n = min(map(len, replicas))
    if not n:
        return
    steps = replicas[0][:n, 0]
    after = steps % swap_every
    keep = (after == 0) | (after >= settle)
    frames = np.stack([rows[:n][keep] for rows in replicas], axis=1)
    cell = cells.cell_of(frames[:, :, 1:-1].reshape(-1, len(cells.axes))).reshape(frames.shape[:2])
    cold = ladder_of(folder / "log.temper", steps[keep], len(replicas)) == 0
    betas, f = 1.0 / (kT * np.array(methods.LADDER)), np.zeros(len(replicas))
    for m in counts(len(frames)):
        evaluations = int(frames[m - 1, 0, 0]) * len(replicas)
        yield "temper", evaluations, cells.of_frames(cell[:m][cold[:m]], np.ones(m))
        weights, f = mbar(frames[:m, :, -1].ravel(), betas, f)
        yield "temper-weights", evaluations, cells.of_frames(cell[:m].ravel(), weights)
