#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Energy evaluations a processor's second of OpenMM, one thread, for the alanine dipeptide of tests/oracle in vacuum and with its fastest
implicit solvent (OBC2). Two figures a platform: forces in its own dynamics, where no position passes through Python, and energy with
forces of given conformers. `peer` is the highest of all.

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


def works(solvent):
    """{figure: (evaluations, what makes them)}."""
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
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default=",".join(ROWS), help="rows, of " + ", ".join(ROWS))
    parser.add_argument("--seconds", type=float, default=3.0, help="of a row")
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    rows = {}
    for row in options.only.split(","):
        todo = works(ROWS[row])
        times = {name: [] for name in todo}
        for _, work in todo.values():
            work()
        begin = time.process_time()
        while time.process_time() - begin < options.seconds or len(times["peer_cpu"]) < 3:
            for name, (_, work) in todo.items():
                start = time.process_time()
                work()
                times[name].append(time.process_time() - start)
        rows[row] = {name: n / statistics.median(times[name]) for name, (n, _) in todo.items()}
        rows[row]["peer"] = max(rows[row].values())
        print(row, {name: round(rate) for name, rate in rows[row].items()}, flush=True)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
