# SPDX-License-Identifier: GPL-2.0-only
"""The methods that are compared: the LAMMPS files of each, what is called, and what each is given to spend."""
import dataclasses

import compare_systems
from pmf_grid import PlotError

# Replica exchange: an attempt each so many steps, and the frames left out after it.
SWAP_EVERY, SETTLE = 1000, 400
RECORD_EVERY = 100
REDUCED_WALL = 300
# Exchange: temperatures over that of the PMF, geometric. For 22 atoms a quarter of the attempts succeeds.
LADDER = (1.0, 1.26, 1.59, 2.0)


@dataclasses.dataclass
class Job:
    """One run of one method with one seed."""
    method: str
    seed: int
    files: dict                # {name: text}, its inputs
    steps: list                # [arguments of tools/lmp]
    evaluations: int           # budget, 0: the method's own
    wall: float                # budget, s
    ranks: int = 1
    resumable: bool = False    # a step that was interrupted goes on with the same command
    retry: bool = False        # the first step may fail by chance: once more with another seed


@dataclasses.dataclass
class Method:
    name: str
    title: str
    seeds: int
    wall: float
    evaluations: tuple         # budgets: Mueller-Brown, molecule
    reduced: tuple
    make: callable             # (system, seed, evaluations) -> files, steps, ranks

    def budget(self, system, reduced):
        return (self.reduced if reduced else self.evaluations)[1 if system.molecular else 0]


def lmp(script, seed, *more):
    return ["-nonbuf", "-in", script, "-var", "seed", str(seed), *more, "-log", "log." + script.split(".", 1)[1]]


def damp(system):
    return 1000.0 if system.molecular else 0.1


def bias_factor(system):
    return 7.0 if system.molecular else 10.0


def hill_every(system):
    return 500 if system.molecular else 100


def plain(system, seed, steps):
    script = (f"variable        seed index {seed}\n{compare_systems.dynamics(system, damp(system), f'{system.temperature:g}')}"
              f"{compare_systems.recorded(system, RECORD_EVERY, 'record.txt')}thermo          {max(1, steps // 10)}\n"
              f"run             {steps}\n")
    return {"in.md": script, system.yaml: system.text(system.yaml)}, [lmp("in.md", seed)], 1


def metadynamics(system, seed, steps):
    """Well-tempered. Hills of 0.1 kcal/mol and 10 degrees (sigma) each 0.5 ps, bias factor 7; for the particle 0.1 kT and a
    thirtieth of the range, bias factor 10, which of the settings tried (each 100 or 500 steps, friction 10 or 20) was the best."""
    hill = 0.1 if system.molecular else 0.1 * system.kT
    text = (f"colvarsTrajFrequency {RECORD_EVERY}\ncolvarsRestartFrequency 50000\n{compare_systems.colvars(system)}"
            f"metadynamics {{\n  name wt\n  colvars {' '.join(v.name for v in system.variables())}\n  hillWeight {hill:g}\n"
            f"  hillWidth {20 if system.molecular else 25}\n  newHillFrequency {hill_every(system)}\n  wellTempered on\n"
            f"  biasTemperature {(bias_factor(system) - 1) * system.temperature:g}\n  writeFreeEnergyFile off\n"
            "  writeHillsTrajectory on\n}\n")
    script = (f"variable        seed index {seed}\n{compare_systems.dynamics(system, damp(system), f'{system.temperature:g}')}"
              f"fix             bias all colvars bias.colvars seed ${{seed}} output metad\nthermo          {max(1, steps // 10)}\n"
              f"run             {steps}\n")
    return {"in.metad": script, "bias.colvars": text}, [lmp("in.metad", seed)], 1


def exchange(system, seed, evaluations):
    """The friction is higher than in the other runs: an exchange leaves velocities at the old temperature with gjf, and the frames
    until they have settled are left out."""
    ranks = len(LADDER)
    steps = max(SWAP_EVERY, evaluations // ranks // SWAP_EVERY * SWAP_EVERY)
    temperatures = " ".join(f"{system.temperature * factor:g}" for factor in LADDER)
    script = (f"variable        seed index {seed}\nvariable        T world {temperatures}\n"
              f"variable        replica world {' '.join(map(str, range(ranks)))}\n"
              f"{compare_systems.dynamics(system, 0.2 * damp(system), seed='${seed}${replica}')}"
              f"{compare_systems.recorded(system, RECORD_EVERY, 'record.${replica}.txt')}thermo          {max(1, steps // 10)}\n"
              f"temper          {steps} {SWAP_EVERY} $T bath {seed} {seed + 1}\n")
    arguments = ["-np", str(ranks), *lmp("in.temper", seed), "-partition", f"{ranks}x1"]
    return {"in.temper": script, system.yaml: system.text(system.yaml)}, [arguments], ranks


def learn(name=None, lines=("", ""), epochs=(0, 0), basin=False):
    """fix cgflow/al with the system's own script and the example's YAML file, or one of this name: the CG variables, these lines and
    so many epochs, for the Mueller-Brown system and for a molecule."""
    def make(system, seed, evaluations):
        needs_basin = basin or system.needs_basin
        if name:
            parts = [f"example: {{dump: {system.dump}}}"] if needs_basin else []
            parts += [f"energy: {{first_epochs: {n}}}" for n in (epochs[system.molecular],) if n]
            yaml, text = f"{name}.yaml", system.section("cg", "fine", "coordinates") + lines[system.molecular]
            text += f"train: {{{', '.join(parts)}}}\n" if parts else ""
        else:
            yaml, text = system.yaml, system.text(system.yaml)
        if evaluations:
            text = "".join(line for line in text.splitlines(True) if not line.startswith("budget:")) + f"budget: {evaluations}\n"
        files = {system.learn: system.text(system.learn), yaml: text}
        steps = [lmp(system.learn, seed, "-var", "yaml", yaml)]
        if needs_basin:
            files[system.basin] = system.text(system.basin)
            steps.insert(0, lmp(system.basin, seed))
        return files, steps, 1
    return make


# Names of the YAML files of methods that learn; None is the system's own.
LEARNED = {"grid": "grid", "paper": "paper", "ours": None}
METHODS = {method.name: method for method in (
    Method("md", "plain MD", 1, 1800, (20_000_000, 60_000_000), (200_000, 200_000), plain),
    Method("metad", "well-tempered metadynamics", 5, 1500, (5_000_000, 30_000_000), (200_000, 200_000), metadynamics),
    Method("temper", "temperature replica exchange", 1, 1800, (8_000_000, 100_000_000), (80_000, 80_000), exchange),
    Method("grid", "grid conditioning", 1, 1800, (0, 0), (20_000, 100_000),
           learn("grid", [f"explore: {{strategy: grid, grid: {n}}}\n" for n in (200, 60)], (32, 16))),
    Method("paper", "the paper's schedule", 1, 3900, (400_000, 0), (30_000, 0),
           learn("paper", ["paper: true\n"] * 2, basin=True)),
    Method("ours", "active learning", 5, 1800, (0, 0), (20_000, 100_000), learn()),
)}


def jobs(system, method, seeds, evaluations, wall, reduced):
    """Those of one method; evaluations and wall None for the defaults."""
    budget = method.budget(system, reduced) if evaluations is None else evaluations
    if wall is None:
        wall = min(method.wall, REDUCED_WALL) if reduced else method.wall
    if not budget and method.name in ("md", "metad", "temper"):
        raise PlotError(f"--evaluations: {method.name} needs a number above 0")
    result = []
    for seed in range(1, seeds + 1):
        files, steps, ranks = method.make(system, seed, budget)
        learns = system.learn in files
        result.append(Job(method.name, seed, {**system.inputs(), **files}, steps, budget, wall, ranks,
                          resumable=learns, retry=learns and len(steps) > 1))
    return result
