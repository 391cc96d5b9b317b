# SPDX-License-Identifier: GPL-2.0-only
"""Readers of PMF files, histories of iterations, LAMMPS logs, and tables of references and labels."""
import dataclasses
import math
import re

import numpy as np

from ..errors import ToolError
from .grid import Grid, find_periods, make_axes

STATUS = {0: "running", 1: "converged", 2: "budget spent", 3: "run ended"}


def lines_of(path):
    """The lines of a text file."""
    try:
        with open(path, encoding="utf-8") as file:
            return file.read().splitlines()
    except UnicodeDecodeError:
        raise ToolError(f"{path}: got a binary file, expected text") from None


def numbers(path, line, words):
    """The words of a line as numbers."""
    try:
        return [float(word) for word in words]
    except ValueError:
        raise ToolError(f"{path}:{line}: got '{' '.join(words)}', expected numbers") from None


@dataclasses.dataclass
class Pmf(Grid):
    """A PMF file: the grid, and what its header says."""
    known: np.ndarray    # mask of the grid's shape: points where the file says that F is known
    kT: float            # in the energy units of the file
    header: dict         # {word: text}
    names: list          # of the CG variables

    def line(self):
        """A summary in one line."""
        total = self.header.get("total", "?")
        status = STATUS.get(int(self.header.get("status", -1)), "status unknown")
        return f"{self.F.size} points, {100 * self.known.mean():.1f} % known, {total} evaluations, {status}"


def read_header(words, header):
    """Adds the pairs (word, value) of a comment line of a PMF file to `header`."""
    if words[:1] == ["kT"] and "domain" in words:
        at = words.index("domain")
        header["domain"] = " ".join(words[at + 1:])
        words = words[:at]
    # Older versions wrote these titles without their unit: F[kcal/mol].
    elif [word.split("[")[0] for word in words[-3:]] == ["F", "std", "known"]:
        header["names"] = words[:-3]
        return
    if words[:1] == ["evaluations"]:
        words = words[1:]
    header.update(zip(words[0::2], words[1::2]))


def read_pmf(path):
    """The Pmf of a .pmf file. Energies are converted to kT."""
    header, rows = {}, []
    for i, line in enumerate(lines_of(path), 1):
        words = line.split()
        if line.startswith("#"):
            read_header(line[1:].split(), header)
        elif words:
            rows.append(numbers(path, i, words))
            if len(rows[-1]) != len(rows[0]):
                raise ToolError(f"{path}:{i}: got {len(rows[-1])} columns, expected {len(rows[0])} as before")
    if not rows:
        raise ToolError(f"{path}: got no points, expected lines of CG variables, F, std, known")
    try:
        kT = float(header.get("kT", "nan"))
    except ValueError:
        kT = math.nan
    if not kT > 0:
        raise ToolError(f"{path}: no line '# kT V units U T V domain D' with V > 0 in it")
    dimension = len(rows[0]) - 3
    if dimension not in (1, 2, 3):
        raise ToolError(f"{path}: got {len(rows[0])} columns, expected 1 to 3 CG variables, F, std, known")
    axes, shape, rows = make_axes(path, np.array(rows), dimension)
    F, std, known = (rows[:, dimension + k].reshape(shape) for k in range(3))
    if not np.isfinite(F).all():
        raise ToolError(f"{path}: got an F that is not finite")
    names = header.pop("names", [])
    if len(names) != dimension:
        names = ["s"] if dimension == 1 else [f"s{k + 1}" for k in range(dimension)]
    return Pmf(axes, F / kT, std / kT, find_periods(axes, F / kT), known > 0, kT, header, names)


@dataclasses.dataclass
class Iteration:
    """One iteration of active learning."""
    header: dict           # {word of KEYS or OPTIONAL: number}
    points: np.ndarray     # [n, dimension], the CG points that it chose
    grid: Grid = None      # the PMF after it, where the file has it


KEYS = ("iteration", "evaluations", "labels", "std", "change")
# Files of older versions lack the threshold of the std; with an infinite one all points count as known.
OPTIONAL = {"threshold": "inf"}


def read_iterations(path, pmf):
    """The Iterations of a file NAME.iterations. Each block begins with `# iteration I evaluations N labels L std X change
    Y threshold Z`, X, Y and Z in kT. Lines `point s...` and `pmf s... F std` follow, F and std in the energy units of the
    file. A block may lack the lines pmf. `pmf` is the PMF of the same run: kT, number and periods of the CG variables."""
    blocks = []
    for i, line in enumerate(lines_of(path), 1):
        words = line.split()
        if words[:2] == ["#", "iteration"]:
            header = {**OPTIONAL, **dict(zip(words[1::2], words[2::2]))}
            missing = [key for key in KEYS if key not in header]
            if missing:
                raise ToolError(f"{path}:{i}: no '{missing[0]}' in the header, expected # {' V '.join(KEYS)} V")
            keys = (*KEYS, *OPTIONAL)
            blocks.append((dict(zip(keys, numbers(path, i, [header[key] for key in keys]))), [], []))
        elif words and words[0] in ("point", "pmf"):
            expected = pmf.dimension + (2 if words[0] == "pmf" else 0)
            if not blocks:
                raise ToolError(f"{path}:{i}: got '{words[0]}' before the first '# iteration' line")
            if len(words) != expected + 1:
                raise ToolError(f"{path}:{i}: got {len(words) - 1} numbers after '{words[0]}', expected {expected}")
            blocks[-1][1 if words[0] == "point" else 2].append(numbers(path, i, words[1:]))
        elif words and words[0] != "#":
            raise ToolError(f"{path}:{i}: got '{words[0]}', expected '# iteration', 'point' or 'pmf'")
    iterations = []
    for header, points, rows in blocks:
        iteration = Iteration(header, np.array(points).reshape(-1, pmf.dimension))
        if rows:
            where = f"{path}: iteration {header['iteration']:g}"
            axes, shape, rows = make_axes(where, np.array(rows), pmf.dimension)
            F, std = (rows[:, pmf.dimension + k].reshape(shape) / pmf.kT for k in range(2))
            iteration.grid = Grid(axes, F, std, pmf.periods)
        iterations.append(iteration)
    return iterations


def convergence(history):
    """{evaluations, std, change: lists over the iterations}."""
    return {key: [past.header[key] for past in history] for key in ("evaluations", "std", "change")}


def read_log(path):
    """The same from the thermo columns f_ID[2], f_ID[4] and f_ID[6] of fix cgflow/al in a LAMMPS log."""
    result = {key: [] for key in ("evaluations", "std", "change")}
    columns, fix = None, None
    for line in lines_of(path):
        words = line.split()
        if words[:1] == ["Step"]:
            ids = [m[1] for word in words if (m := re.fullmatch(r"f_(\w+)\[6\]", word))]
            fixes = [name for name in ids if {f"f_{name}[2]", f"f_{name}[4]"} <= set(words)]
            columns, fix = (words, fixes[0]) if fixes else (None, None)
        elif line.startswith("Loop time"):
            columns = None
        elif columns and len(words) == len(columns):
            try:
                values = dict(zip(columns, map(float, words)))
            except ValueError:
                continue
            # One entry per iteration: the columns are constant from one iteration to the next.
            if result["evaluations"][-1:] != [values[f"f_{fix}[2]"]]:
                for key, k in (("evaluations", 2), ("std", 4), ("change", 6)):
                    result[key].append(values[f"f_{fix}[{k}]"])
    if not result["evaluations"]:
        raise ToolError(f"{path}: no thermo table with the columns f_ID[2], f_ID[4] and f_ID[6] of fix cgflow/al")
    return result


def read_table(path, dimension, more):
    """Array [rows, columns] of a text file with at least dimension + more columns, separated by commas or blanks. #
    begins a comment."""
    rows = []
    for i, line in enumerate(lines_of(path), 1):
        words = line.split("#")[0].replace(",", " ").split()
        if not words:
            continue
        rows.append(numbers(path, i, words))
        if len(words) < dimension + more or len(words) != len(rows[0]):
            expected = f"{len(rows[0])} as before" if len(words) != len(rows[0]) else f"at least {dimension + more}"
            raise ToolError(f"{path}:{i}: got {len(words)} columns, expected {expected}")
    if not rows:
        raise ToolError(f"{path}: got no numbers, expected a table of at least {dimension + more} columns")
    return np.array(rows)
