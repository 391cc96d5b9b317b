#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Prints how many Monte Carlo sweeps a second fix cgflow/mc makes with 200 walkers on a learned PMF, one core.

python3 tests/bench/sweeps.py [MODEL.cgflow]     without a model it learns that of the Mueller-Brown example first
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parents[2]
LMP = SOURCE / "tools" / "lmp"
EXAMPLE = SOURCE / "examples" / "USER-CGFLOW" / "mueller-brown"
SWEEPS = 20000

WALK = """
units           lj
dimension       2
boundary        f p p
processors      * 1 1
region          cg block -2.6 1.2 -0.5 0.5 -0.5 0.5
create_box      1 cg
create_atoms    1 random 200 4711 NULL
mass            1 1.0
pair_style      cgflow/pmf
pair_coeff      * * model.cgflow
reset_atoms     id sort yes
fix             walk all cgflow/mc 20.0 4711 0.1
thermo          10000
run             1000
run             {sweeps}
"""


def lmp(folder, script):
    done = subprocess.run([str(LMP), "-in", script], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        sys.exit(done.stdout[-2000:])
    return done.stdout


def rate(text, run):
    """Sweeps a second of LAMMPS' own account, and the share of a core it had."""
    seconds, sweeps = re.findall(r"Loop time of (\S+) on 1 procs for (\d+) steps", text)[run]
    share = re.findall(r"([\d.]+)% CPU use", text)[run]
    return int(sweeps) / float(seconds), float(share)


def main():
    with tempfile.TemporaryDirectory(prefix="cgflow-bench-") as name:
        folder = pathlib.Path(name)
        if len(sys.argv) > 1:
            shutil.copy(sys.argv[1], folder / "model.cgflow")
        else:
            for path in EXAMPLE.iterdir():
                shutil.copy(path, folder)
            lmp(folder, "in.basin")
            lmp(folder, "in.al")
            shutil.copy(folder / "mb.cgflow", folder / "model.cgflow")
        (folder / "in.walk").write_text(WALK.format(sweeps=SWEEPS))
        best = max(rate(lmp(folder, "in.walk"), 1) for _ in range(3))
        print(f"200 walkers, learned PMF, one core: {best[0]:.0f} sweeps/s (best of 3 runs of {SWEEPS} sweeps, "
              f"{best[1]:.0f} % of a core)")


if __name__ == "__main__":
    main()
