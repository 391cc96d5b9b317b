# SPDX-License-Identifier: GPL-2.0-only
"""Reference energies and forces of five dipeptides from OpenMM, for tests of converted LAMMPS files.

ala2_nonbonded.npz: Lennard-Jones and Coulomb energies [201] in kcal/mol of the conformers in ala2_conformers.npz, which has
only their sum. glycine_, valine_, threonine_ and phenylalanine_conformers.npz: amber96 for the PDB files in the example
folders. They contain positions [n, atoms, 3] in Angstrom; energies [n] by term; polar and surface energies [n] of OBC1 and
OBC2 (solvent 78.5); and forces [n, atoms, 3] in kcal/mol/Angstrom: the total in vacuum, and the polar and surface forces of
each solvent. The conformers are the minimum, frames of dynamics at 300 K and 600 K, and frames displaced by 0.05 to 0.3
Angstrom per coordinate (strained, some with clashes).

Needs openmm 8.6.1 and numpy. Run: python3 amber_energies.py [NAME ...]     (default: all)
"""
import pathlib
import sys

import numpy as np
from openmm import Context, GBSAOBCForce, LangevinMiddleIntegrator, Platform, System, app, unit
from openmm.app.internal.customgbforces import GBSAOBC1Force

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples" / "USER-CGFLOW"
KCAL, A = unit.kilocalorie_per_mole, unit.angstrom
REFERENCE = Platform.getPlatformByName("Reference")


def integrator(temperature=300):
    made = LangevinMiddleIntegrator(temperature * unit.kelvin, 1 / unit.picosecond, 1 * unit.femtosecond)
    made.setRandomNumberSeed(7)
    return made


def evaluate(forces, masses, positions):
    """Energies [n] and forces [n, atoms, 3] of a sum of forces."""
    system = System()
    for mass in masses:
        system.addParticle(mass)
    for force in forces:
        system.addForce(force)
    context, energies, gradients = Context(system, integrator(), REFERENCE), [], []
    for x in positions:
        context.setPositions(x * 0.1)
        state = context.getState(getEnergy=True, getForces=True)
        energies.append(state.getPotentialEnergy().value_in_unit(KCAL))
        gradients.append(state.getForces(asNumpy=True).value_in_unit(KCAL / A))
    return np.array(energies), np.array(gradients)


def copy(force):
    return force.__copy__()


def split(nonbonded):
    """The Lennard-Jones part and the Coulomb part of a NonbondedForce."""
    lj, coulomb = copy(nonbonded), copy(nonbonded)
    for i in range(nonbonded.getNumParticles()):
        charge, sigma, epsilon = nonbonded.getParticleParameters(i)
        lj.setParticleParameters(i, 0.0, sigma, epsilon)
        coulomb.setParticleParameters(i, charge, sigma, 0.0)
    for k in range(nonbonded.getNumExceptions()):
        i, j, product, sigma, epsilon = nonbonded.getExceptionParameters(k)
        lj.setExceptionParameters(k, i, j, 0.0, sigma, epsilon)
        coulomb.setExceptionParameters(k, i, j, product, sigma, 0.0)
    return lj, coulomb


def of_kind(system, kind):
    """The force of this name."""
    return next(force for force in system.getForces() if force.getName() == kind)


def masses_of(system):
    return [system.getParticleMass(i) for i in range(system.getNumParticles())]


def conformers(system, positions):
    """[n, atoms, 3] in Angstrom, from the positions of the minimum."""
    rng, frames = np.random.default_rng(20240201), [positions]
    for temperature in (300, 600):
        context = Context(system, integrator(temperature), REFERENCE)
        context.setPositions(positions * 0.1)
        context.setVelocitiesToTemperature(temperature, 7)
        for _ in range(15):
            context.getIntegrator().step(2000)
            frames.append(context.getState(getPositions=True).getPositions(asNumpy=True).value_in_unit(A))
    for _ in range(20):
        x = frames[rng.integers(len(frames))]
        frames.append(x + rng.normal(scale=rng.uniform(0.05, 0.3), size=x.shape))
    return np.array(frames)


def born(field_force, nonbonded, model, surface):
    """Generalized Born with the radii and scale factors of the force field."""
    force = GBSAOBCForce() if model == "obc2" else GBSAOBC1Force(solventDielectric=78.5, SA="ACE" if surface else None)
    if model == "obc2":
        force.setSolventDielectric(78.5)
        force.setSoluteDielectric(1.0)
        if not surface:
            force.setSurfaceAreaEnergy(0.0)
    for i in range(nonbonded.getNumParticles()):
        charge = nonbonded.getParticleParameters(i)[0]
        _, radius, scale = field_force.getParticleParameters(i)
        if model == "obc2":
            force.addParticle(charge, radius, scale)
        else:
            force.addParticle([charge._value, radius._value, scale])
    if model == "obc1":
        force.finalize()
    return force


def dipeptide(name, molecule):
    """Writes NAME_conformers.npz."""
    pdb = app.PDBFile(str(EXAMPLES / f"{name}-dipeptide" / f"{molecule}.pdb"))
    system = app.ForceField("amber96.xml", "amber96_obc.xml").createSystem(
        pdb.topology, nonbondedMethod=app.NoCutoff, constraints=None, rigidWater=False, removeCMMotion=False)
    x = conformers(system, pdb.getPositions(asNumpy=True).value_in_unit(A))
    nonbonded, field, masses = of_kind(system, "NonbondedForce"), of_kind(system, "GBSAOBCForce"), masses_of(system)
    parts = {"bond": of_kind(system, "HarmonicBondForce"), "angle": of_kind(system, "HarmonicAngleForce"),
             "torsion": of_kind(system, "PeriodicTorsionForce")}
    parts["lj"], parts["coulomb"] = split(nonbonded)
    out = {"positions": x, **{term: evaluate([copy(force)], masses, x)[0] for term, force in parts.items()}}
    vacuum = [copy(force) for term, force in parts.items() if term not in ("lj", "coulomb")] + [copy(nonbonded)]
    out["vacuum_forces"] = evaluate(vacuum, masses, x)[1]
    for model in ("obc1", "obc2"):
        energy, force = evaluate([born(field, nonbonded, model, False)], masses, x)
        whole, whole_force = evaluate([born(field, nonbonded, model, True)], masses, x)
        out[f"{model}_polar"], out[f"{model}_surface"] = energy, whole - energy
        out[f"{model}_polar_forces"], out[f"{model}_surface_forces"] = force, whole_force - force
    np.savez_compressed(f"{name}_conformers.npz", **out)
    print(name, {key: value[0] for key, value in out.items() if value.ndim == 1})


def ala2():
    """Writes ala2_nonbonded.npz."""
    system = app.AmberPrmtopFile("ala2.prmtop").createSystem(nonbondedMethod=app.NoCutoff, constraints=None)
    x = np.load("ala2_conformers.npz")["positions"]
    lj, coulomb = split(of_kind(system, "NonbondedForce"))
    np.savez_compressed("ala2_nonbonded.npz", lj=evaluate([lj], masses_of(system), x)[0],
                        coulomb=evaluate([coulomb], masses_of(system), x)[0])


makers = {"alanine": ala2}
for name, molecule in (("glycine", "gly2"), ("valine", "val2"), ("threonine", "thr2"), ("phenylalanine", "phe2")):
    makers[name] = lambda name=name, molecule=molecule: dipeptide(name, molecule)
for name in sys.argv[1:] or makers:
    makers[name]()
