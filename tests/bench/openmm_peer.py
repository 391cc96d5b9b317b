#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Speed of OpenMM in energy evaluations per second of processor time, with one thread, for the alanine dipeptide of
tests/oracle in vacuum and with its fastest implicit solvent (OBC2). There are two figures per platform: dynamics of OpenMM,
in which no positions pass through Python, and energies with forces of given conformers. `peer` is the highest of all
figures.

python3 tests/bench/openmm_peer.py [--only ROW,...] [--seconds S] [--json FILE]     in the environment of tools/bench
"""
import argparse
import json
import pathlib
import statistics
import time

import numpy as np
import openmm
from openmm import app, unit

ORACLE = pathlib.Path(__file__).resolve().parents[1] / "oracle"
ROWS = {"energies_vacuum": None, "energies_obc": app.OBC2}
STEPS, CONFORMERS = 500, 100


def tasks(solvent):
    """{figure: (number of evaluations, a function that makes them)}."""
    prmtop = app.AmberPrmtopFile(str(ORACLE / "ala2.prmtop"))
    inpcrd = app.AmberInpcrdFile(str(ORACLE / "ala2.inpcrd"))
    start = inpcrd.getPositions(asNumpy=True).value_in_unit(unit.nanometer)
    rng = np.random.default_rng(11)
    conformers = [start + rng.normal(scale=0.005, size=start.shape) for _ in range(CONFORMERS)]
    found = {}
    for name in ("Reference", "CPU"):
        system = prmtop.createSystem(nonbondedMethod=app.NoCutoff, constraints=None, implicitSolvent=solvent, removeCMMotion=False)
        platform = openmm.Platform.getPlatform(name)
        properties = {"Threads": "1"} if name == "CPU" else {}
        context = openmm.Context(system, openmm.VerletIntegrator(0.0005), platform, properties)

        def dynamics(context=context):
            context.setPositions(start)
            context.setVelocitiesToTemperature(300, 1)
            context.getIntegrator().step(STEPS)

        def given(context=context):
            for x in conformers:
                context.setPositions(x)
                state = context.getState(getEnergy=True, getForces=True)
                state.getPotentialEnergy()
                state.getForces(asNumpy=True)

        found[f"peer_{name.lower()}"] = (STEPS, dynamics)
        found[f"peer_{name.lower()}_given"] = (CONFORMERS, given)
    return found


def main():
    parser = argparse.ArgumentParser(description="Speed of OpenMM in energy evaluations.")
    parser.add_argument("--only", default=",".join(ROWS), help="rows to measure, some of " + ", ".join(ROWS))
    parser.add_argument("--seconds", type=float, default=3.0, help="processor time per row")
    parser.add_argument("--json", type=pathlib.Path, help="file for the figures")
    options = parser.parse_args()
    rows = {}
    for row in options.only.split(","):
        todo = tasks(ROWS[row])
        times = {name: [] for name in todo}
        for _, call in todo.values():
            call()
        begin = time.process_time()
        while time.process_time() - begin < options.seconds or len(times["peer_cpu"]) < 3:
            for name, (_, call) in todo.items():
                start = time.process_time()
                call()
                times[name].append(time.process_time() - start)
        rows[row] = {name: n / statistics.median(times[name]) for name, (n, _) in todo.items()}
        rows[row]["peer"] = max(rows[row].values())
        print(row, {name: round(rate) for name, rate in rows[row].items()}, flush=True)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
