# SPDX-License-Identifier: GPL-2.0-only
"""Reader of PDB files with OpenMM force fields (XML). OpenMM makes a System, from which the terms are taken."""
import math
import os

from . import mixing
from ..errors import ToolError
from .model import Atom, Molecule

KCAL = 4.184
ALLOWED = "harmonic bonds and angles, periodic torsions, Coulomb, Lennard-Jones and generalized Born (OBC1, OBC2)"
OFFSET = 0.009    # nm, dielectric offset: OpenMM's custom forces contain the radius minus this
# The generalized Born model, by the formula of the Born radius in OpenMM's CustomGBForce.
CUSTOM_BORN = {"tanh(0.8*psi+2.909125*psi^3)": "obc1", "tanh(psi-0.8*psi^2+4.85*psi^3)": "obc2"}


def make_system(pdb, forcefield):
    """(topology, positions in Angstrom, System)."""
    from openmm import app, unit
    try:
        field = app.ForceField(*forcefield)
    except Exception as error:
        raise ToolError(f"--forcefield {' '.join(forcefield)}: OpenMM says: {one_line(error)}") from None
    try:
        if not os.path.exists(pdb):
            raise FileNotFoundError(2, os.strerror(2), pdb)
        file = app.PDBFile(str(pdb))
        if file.topology.getNumAtoms() == 0:
            raise ToolError(f"{pdb}: has no atoms")
        system = field.createSystem(file.topology, nonbondedMethod=app.NoCutoff, constraints=None, rigidWater=False,
                                    removeCMMotion=False)
    except (OSError, ToolError):
        raise
    except Exception as error:
        raise ToolError(f"{pdb}: OpenMM says: {one_line(error)}") from None
    return file.topology, file.getPositions(asNumpy=True).value_in_unit(unit.angstrom).tolist(), system


def tidy(value):
    """The value with twelve digits, without the rounding errors of changed units (316.99999999999994)."""
    return float(f"{value:.12g}")


def one_line(error):
    """The text of an exception without line breaks."""
    return " ".join(str(error).split())


def sort_forces(where, system):
    """{name: force}; refuses forces and particles that the LAMMPS scripts cannot express."""
    known = {"HarmonicBondForce", "HarmonicAngleForce", "PeriodicTorsionForce", "NonbondedForce", "GBSAOBCForce", "CustomGBForce",
             "CMMotionRemover"}
    forces = {}
    for force in system.getForces():
        kind = type(force).__name__
        if kind not in known:
            raise ToolError(f"{where}: the force field has a {kind} ({force.getName()}); allowed are {ALLOWED}")
        if kind in forces:
            raise ToolError(f"{where}: the force field has {kind} twice; one is allowed")
        forces[kind] = force
    if "NonbondedForce" not in forces:
        raise ToolError(f"{where}: the force field has no NonbondedForce")
    if system.getNumConstraints():
        raise ToolError(f"{where}: the force field constrains {system.getNumConstraints()} distances; all must be free")
    for i in range(system.getNumParticles()):
        if system.isVirtualSite(i) or system.getParticleMass(i)._value == 0.0:
            raise ToolError(f"{where}: particle {i + 1} is a virtual site; allowed are ordinary atoms")
    return forces


def read_born(where, forces, n):
    """(generalized Born model, [(radius in Angstrom, scale)]), with None for all where there is none."""
    force = forces.get("GBSAOBCForce") or forces.get("CustomGBForce")
    if force is None:
        return None, [(None, None)] * n
    for i in range(n):
        charge, own = force.getParticleParameters(i)[0], forces["NonbondedForce"].getParticleParameters(i)[0]._value
        if getattr(charge, "_value", charge) != own:
            raise ToolError(f"{where}: atom {i + 1} has charge {own} and for generalized Born {charge}; they must be the same")
    if "GBSAOBCForce" in forces:
        rows = [force.getParticleParameters(i)[1:] for i in range(n)]
        return "obc2", [(tidy(10.0 * radius._value), scale) for radius, scale in rows]
    formulas = "".join(force.getComputedValueParameters(i)[1] for i in range(force.getNumComputedValues())).replace(" ", "")
    model = next((name for formula, name in CUSTOM_BORN.items() if formula in formulas), None)
    names = [force.getPerParticleParameterName(i) for i in range(force.getNumPerParticleParameters())]
    if model is None or names != ["charge", "or", "sr"]:
        raise ToolError(f"{where}: the force field's CustomGBForce is neither OBC1 nor OBC2; allowed are {ALLOWED}")
    rows = [force.getParticleParameters(i) for i in range(n)]
    return model, [(tidy(10.0 * (offset + OFFSET)), tidy(scaled / offset)) for _, offset, scaled in rows]


def read_atoms(topology, system, forces, born):
    """The Atoms; `born` are their (radius, scale)."""
    atoms = []
    for i, (atom, (radius, scale)) in enumerate(zip(topology.atoms(), born)):
        charge, sigma, epsilon = (value._value for value in forces["NonbondedForce"].getParticleParameters(i))
        # sigma has no meaning without epsilon: one value for all such atoms gives one type.
        sigma, epsilon = (tidy(10.0 * sigma), tidy(epsilon / KCAL)) if epsilon else (1.0, 0.0)
        residue = f"{atom.residue.name}{atom.residue.id}"
        atoms.append(Atom(atom.name, residue, atom.element.symbol, system.getParticleMass(i)._value, charge, epsilon, sigma, radius,
                          scale, atom.element.symbol))
    return atoms


def read_bonded(where, molecule, topology, forces):
    """Fills in bonds, angles and torsions."""
    known = {frozenset((a.index, b.index)) for a, b in topology.bonds()}
    force = forces.get("HarmonicBondForce")
    for k in range(force.getNumBonds() if force else 0):
        i, j, r0, constant = force.getBondParameters(k)
        if frozenset((i, j)) not in known:
            raise ToolError(f"{where}: bond term of {molecule.label(i, j)}, which the structure does not have bonded "
                            f"(Urey-Bradley?); allowed are {ALLOWED}")
        molecule.bonds.append((i, j, tidy(0.5 * constant._value / KCAL / 100.0), tidy(10.0 * r0._value)))
    missing = known - {frozenset(bond[:2]) for bond in molecule.bonds}
    if missing:
        raise ToolError(f"{where}: bond {molecule.label(*sorted(min(missing, key=sorted)))} has no term in the force field")
    force = forces.get("HarmonicAngleForce")
    for m in range(force.getNumAngles() if force else 0):
        i, j, k, theta0, constant = force.getAngleParameters(m)
        molecule.angles.append((i, j, k, tidy(0.5 * constant._value / KCAL), tidy(math.degrees(theta0._value))))
    force = forces.get("PeriodicTorsionForce")
    for m in range(force.getNumTorsions() if force else 0):
        i, j, k, l, n, phase, constant = force.getTorsionParameters(m)
        if constant._value != 0.0:
            molecule.torsions.append((i, j, k, l, tidy(constant._value / KCAL), n, tidy(math.degrees(phase._value))))


def read_exceptions(where, molecule, force):
    """Excluded and scaled pairs. A factor cannot be found where the product of parameters is zero; the usual factor is
    taken there."""
    atoms, mixed_pairs, unclear = molecule.atoms, [], []
    for m in range(force.getNumExceptions()):
        i, j, product, sigma, epsilon = force.getExceptionParameters(m)
        pair, a, b = (min(i, j), max(i, j)), atoms[i], atoms[j]
        product, sigma, epsilon = product._value, 10.0 * sigma._value, epsilon._value / KCAL
        full, rule = a.charge * b.charge, mixing.mixed((a.epsilon, a.sigma), (b.epsilon, b.sigma))
        if product == 0.0 and epsilon == 0.0 and (full or rule[0]):
            molecule.excluded.add(pair)
            continue
        coulomb, lj = tidy(product / full) if full else None, tidy(epsilon / rule[0]) if rule[0] else None
        if lj is not None:
            mixed_pairs.append(((a.epsilon, a.sigma), (b.epsilon, b.sigma), (rule[0], sigma)))
        if coulomb is None or lj is None:
            unclear.append((pair, coulomb, lj))
        else:
            molecule.scaled[pair] = (coulomb, lj)
    usual = next(iter(molecule.scaled.values()), (1.0, 1.0))
    for pair, coulomb, lj in unclear:
        molecule.scaled[pair] = (usual[0] if coulomb is None else coulomb, usual[1] if lj is None else lj)
    mixing.find_rule(where, mixed_pairs, 1e-6, ("arithmetic",))


def read(pdb, forcefield):
    """The Molecule of a PDB file with an OpenMM force field."""
    topology, positions, system = make_system(pdb, forcefield)
    forces = sort_forces(pdb, system)
    model, born = read_born(pdb, forces, system.getNumParticles())
    molecule = Molecule("", read_atoms(topology, system, forces, born), positions, born_model=model)
    read_bonded(pdb, molecule, topology, forces)
    read_exceptions(pdb, molecule, forces["NonbondedForce"])
    return molecule
