#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Prints how many Monte Carlo sweeps a second fix cgflow/mc makes with 200 walkers on a learned PMF, one core, and as its limit how many
steps LAMMPS makes with the same atoms when nothing moves them and no force is computed: what a step costs that sorts atoms to their
places each time.

python3 tests/bench/sweeps.py [MODEL.cgflow] [--sweeps N] [--repeats N] [--json FILE]
Without a model it learns that of the Mueller-Brown example first.
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
# Fix cgflow/mc has atoms sorted after each sweep, too.
BARE = BOX + """
pair_style      none
comm_modify     cutoff 0.3
neigh_modify    every 1 delay 0 check no
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
    """Sweeps a second of the processor, of LAMMPS' own account."""
    seconds, sweeps = re.findall(r"Loop time of (\S+) on 1 procs for (\d+) steps", text)[run]
    share = float(re.findall(r"([\d.]+)% CPU use", text)[run]) / 100
    return int(sweeps) / (float(seconds) * share)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", nargs="?", metavar="MODEL.cgflow")
    parser.add_argument("--sweeps", type=int, default=20000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", type=pathlib.Path)
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
