# SPDX-License-Identifier: GPL-2.0-only
"""Generalized Born reference data from OpenMM, and the force field of alanine dipeptide as a LAMMPS data file.

Writes into the folder of this script:
ala2_obc.data: the molecule of openmmtools (ff96) for atom_style full, units real. Each atom has a type of its own with its
  Lennard-Jones coefficients, and so have each bond, angle and dihedral. It needs bond and angle style harmonic, dihedral style
  charmm, pair style lj/cut/coul/cut, special_bonds amber and pair_modify mix arithmetic.
gb_obc.npz: `radius` [22] in Angstrom and `scale` [22] of the molecule in ala2_conformers.npz; with them the energies `polar_1`,
  `polar_2`, `surface_1`, `surface_2` [201] and forces `force_polar_1` ... [201, 22, 3] of OBC1 and OBC2, from OpenMM's
  CustomGBForce for igb 2 and 5 of AMBER.
  Clouds of charged spheres, many of them inside each other: `cloud_x` [20, 12, 3], `cloud_q`, `cloud_radius`, `cloud_scale`
  [20, 12]; their `cloud_polar`, `cloud_surface` [20], `cloud_force_polar`, `cloud_force_surface` [20, 12, 3] from OpenMM's
  GBSAOBCForce (OBC2) with dielectric constants 60 (solvent) and 2 (solute).
Units: kcal/mol and Angstrom. The Coulomb constant is 138.935485 in CustomGBForce and 138.935458 in GBSAOBCForce (kJ nm/mol).
Made with openmm 8.6.1, openmmtools 0.27.0, numpy 2.4.6 from PyPI, Reference platform: python gb_obc.py
"""
import pathlib

import numpy as np
import openmm
from openmm import app, unit
from openmm.app.internal.customgbforces import GBSAOBC1Force, GBSAOBC2Force
from openmmtools import testsystems
from openmmtools.testsystems import get_data_filename

HERE = pathlib.Path(__file__).parent
A, KCAL, RADIAN, E = unit.angstrom, unit.kilocalorie_per_mole, unit.radian, unit.elementary_charge


def value(quantity, of):
    return quantity.value_in_unit(of)


def context(system):
    return openmm.Context(system, openmm.VerletIntegrator(0.001), openmm.Platform.getPlatformByName("Reference"))


def energies_and_forces(system, positions):
    """Energies [n] and forces [n, atoms, 3]."""
    c, energy, force = context(system), [], []
    for x in positions:
        c.setPositions(x * 0.1)
        state = c.getState(getEnergy=True, getForces=True)
        energy.append(value(state.getPotentialEnergy(), KCAL))
        force.append(value(state.getForces(asNumpy=True), KCAL / A))
    return np.array(energy), np.array(force)


def alone(force, n):
    """A system of n particles with only this force."""
    system = openmm.System()
    for _ in range(n):
        system.addParticle(1.0)
    system.addForce(force)
    return system


def molecule_terms(out):
    """Adds the arrays of the molecule."""
    prmtop = app.AmberPrmtopFile(get_data_filename("data/alanine-dipeptide-gbsa/alanine-dipeptide.prmtop"))
    positions = np.load(HERE / "ala2_conformers.npz")["positions"]
    system = prmtop.createSystem(implicitSolvent=app.OBC1, constraints=None)
    force = next(f for f in system.getForces() if isinstance(f, openmm.CustomGBForce))
    table = np.array([force.getParticleParameters(i) for i in range(force.getNumParticles())])
    charge, reduced, scaled = table.T
    out["radius"], out["scale"] = 10 * reduced + 0.09, scaled / reduced
    for k, model in ((1, GBSAOBC1Force), (2, GBSAOBC2Force)):
        for name, surface in (("polar", None), ("both", "ACE")):
            force = model(SA=surface)
            for q, r, s in zip(charge, 0.1 * out["radius"], out["scale"]):
                force.addParticle([q, r, s])
            force.finalize()
            out[name, k] = energies_and_forces(alone(openmm.XmlSerializer.clone(force), len(table)), positions)
    for k in (1, 2):
        polar, both = out.pop(("polar", k)), out.pop(("both", k))
        out[f"polar_{k}"], out[f"surface_{k}"] = polar[0], both[0] - polar[0]
        out[f"force_polar_{k}"], out[f"force_surface_{k}"] = polar[1], both[1] - polar[1]


def cloud_terms(out):
    """Adds the arrays of the clouds."""
    draw = np.random.default_rng(7)
    n_clouds, n = 20, 12
    x = draw.normal(scale=draw.uniform(0.6, 4.0, size=(n_clouds, 1, 1)), size=(n_clouds, n, 3))
    q = draw.normal(scale=0.5, size=(n_clouds, n))
    radius, scale = draw.uniform(0.5, 3.0, size=(n_clouds, n)), draw.uniform(0.3, 1.2, size=(n_clouds, n))
    terms = {"polar": ([], []), "both": ([], [])}
    for c in range(n_clouds):
        for name, surface in (("polar", 0.0), ("both", 2.25936)):
            force = openmm.GBSAOBCForce()
            force.setSolventDielectric(60.0)
            force.setSoluteDielectric(2.0)
            force.setSurfaceAreaEnergy(surface)
            for i in range(n):
                force.addParticle(q[c, i], 0.1 * radius[c, i], scale[c, i])
            energy, f = energies_and_forces(alone(force, n), x[c:c + 1])
            terms[name][0].append(energy[0])
            terms[name][1].append(f[0])
    polar, both = [tuple(map(np.array, terms[name])) for name in ("polar", "both")]
    out.update(cloud_x=x, cloud_q=q, cloud_radius=radius, cloud_scale=scale, cloud_polar=polar[0],
               cloud_surface=both[0] - polar[0], cloud_force_polar=polar[1], cloud_force_surface=both[1] - polar[1])


def data_file():
    """Writes ala2_obc.data."""
    system = testsystems.AlanineDipeptideVacuum(constraints=None)
    forces = {f.getName(): f for f in system.system.getForces()}
    n = system.system.getNumParticles()
    x = value(system.positions, A)
    bond, angle = forces["HarmonicBondForce"], forces["HarmonicAngleForce"]
    torsion, pairs = forces["PeriodicTorsionForce"], forces["NonbondedForce"]
    bonds = [bond.getBondParameters(i) for i in range(bond.getNumBonds())]
    angles = [angle.getAngleParameters(i) for i in range(angle.getNumAngles())]
    torsions = [torsion.getTorsionParameters(i) for i in range(torsion.getNumTorsions())]
    atoms = [pairs.getParticleParameters(i) for i in range(n)]
    lines = ["alanine dipeptide, AMBER ff96, made by gb_obc.py from openmmtools", ""]
    for count, what in ((n, "atom"), (len(bonds), "bond"), (len(angles), "angle"), (len(torsions), "dihedral")):
        lines += [f"{count} {what}s", f"{count} {what} types"]
    lines += [""] + [f"-40 40 {k}lo {k}hi" for k in "xyz"]

    def section(title, rows):
        lines.extend(["", title, ""] + [f"{k + 1} {row}" for k, row in enumerate(rows)])

    section("Masses", [repr(value(system.system.getParticleMass(i), unit.dalton)) for i in range(n)])
    section("Pair Coeffs", [f"{value(e, KCAL)!r} {value(s, A)!r}" for _, s, e in atoms])
    section("Bond Coeffs", [f"{0.5 * value(k, KCAL / A**2)!r} {value(r, A)!r}" for _, _, r, k in bonds])
    section("Angle Coeffs", [f"{0.5 * value(k, KCAL / RADIAN**2)!r} {value(t, unit.degree)!r}" for *_, t, k in angles])
    section("Dihedral Coeffs", [f"{value(k, KCAL)!r} {m} {round(value(p, unit.degree))} 0.0" for *_, m, p, k in torsions])
    section("Atoms # full", [f"1 {i + 1} {value(atoms[i][0], E)!r} " + " ".join(map(repr, map(float, x[i]))) for i in range(n)])
    section("Bonds", [f"{k + 1} {b[0] + 1} {b[1] + 1}" for k, b in enumerate(bonds)])
    section("Angles", [f"{k + 1} {a[0] + 1} {a[1] + 1} {a[2] + 1}" for k, a in enumerate(angles)])
    section("Dihedrals", [f"{k + 1} " + " ".join(str(i + 1) for i in t[:4]) for k, t in enumerate(torsions)])
    (HERE / "ala2_obc.data").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    data_file()
    terms = {}
    molecule_terms(terms)
    cloud_terms(terms)
    np.savez_compressed(HERE / "gb_obc.npz", **terms)
