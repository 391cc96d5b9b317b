#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Speed of fix cgflow/mc in Monte Carlo sweeps per second, with 200 walkers on a learned PMF and one core. The limit is the
number of LAMMPS steps per second with the same atoms, neither moved nor with forces: the cost of a step that only sorts its
atoms.

python3 tests/bench/sweeps.py [MODEL.cgflow] [--sweeps N] [--repeats N] [--json FILE]
Without a model it first learns that of the Mueller-Brown example.
"""
import argparse
import json
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parents[2]
LMP = SOURCE / "tools" / "lmp"
EXAMPLE = SOURCE / "examples" / "USER-CGFLOW" / "mueller-brown"
BOX = """
units           lj
dimension       2
boundary        f p p
processors      * 1 1
region          cg block -2.6 1.2 -0.5 0.5 -0.5 0.5
create_box      1 cg
create_atoms    1 random 200 4711 NULL
mass            1 1.0
"""
WALK = BOX + """
pair_style      cgflow/pmf
pair_coeff      * * model.cgflow
reset_atoms     id sort yes
fix             walk all cgflow/mc 20.0 4711 0.1
thermo          10000
run             1000
run             {sweeps}
"""
# fix cgflow/mc also has the atoms sorted after each sweep.
BARE = BOX + """
pair_style      none
comm_modify     cutoff 0.3
neigh_modify    every 1 delay 0 check no
thermo          10000
run             1000
run             {sweeps}
"""


def lmp(folder, script):
    """Runs a script and returns the output."""
    done = subprocess.run([str(LMP), "-in", script], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        sys.exit(done.stdout[-2000:])
    return done.stdout


def rate(text, run):
    """Sweeps per second of processor time in a run of a script, counted from 0, from the output of LAMMPS."""
    seconds, sweeps = re.findall(r"Loop time of (\S+) on 1 procs for (\d+) steps", text)[run]
    fraction = float(re.findall(r"([\d.]+)% CPU use", text)[run]) / 100
    return int(sweeps) / (float(seconds) * fraction)


def main():
    parser = argparse.ArgumentParser(description="Speed of fix cgflow/mc in Monte Carlo sweeps per second.")
    parser.add_argument("model", nargs="?", metavar="MODEL.cgflow", help="trained model (default: that of the Mueller-Brown example)")
    parser.add_argument("--sweeps", type=int, default=20000, help="sweeps per run")
    parser.add_argument("--repeats", type=int, default=3, help="number of runs; medians are printed")
    parser.add_argument("--json", type=pathlib.Path, help="file for the figures")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cgflow-bench-") as name:
        folder = pathlib.Path(name)
        if options.model:
            shutil.copy(options.model, folder / "model.cgflow")
        else:
            for path in EXAMPLE.iterdir():
                shutil.copy(path, folder)
            lmp(folder, "in.basin")
            lmp(folder, "in.al")
            shutil.copy(folder / "mb.cgflow", folder / "model.cgflow")
        (folder / "in.walk").write_text(WALK.format(sweeps=options.sweeps))
        (folder / "in.bare").write_text(BARE.format(sweeps=options.sweeps))
        ours, limit = [], []
        for _ in range(options.repeats):
            ours.append(rate(lmp(folder, "in.walk"), 1))
            limit.append(rate(lmp(folder, "in.bare"), 1))
    row = {"ours": statistics.median(ours), "limit": statistics.median(limit)}
    print(f"200 walkers, learned PMF, one core: {row['ours']:.0f} sweeps/s, bare LAMMPS {row['limit']:.0f} steps/s (medians of "
          f"{options.repeats} runs of {options.sweeps})")
    if options.json:
        options.json.write_text(json.dumps({"sweeps": row}) + "\n")


if __name__ == "__main__":
    main()
