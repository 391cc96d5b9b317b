# SPDX-License-Identifier: GPL-2.0-only
"""The methods that are compared: the LAMMPS files of each, what is called, and what each is given to spend."""
import dataclasses

from . import systems
from ..errors import ToolError

REDUCED_WALL = 300
# Replica exchange: temperatures over that of the PMF, geometric. For 22 atoms two fifths of the attempts succeed.
LADDER = (1.0, 1.26, 1.59, 2.0)


@dataclasses.dataclass
class Settings:
    """What a skilled user sets otherwise for a molecule than for the particle; steps and units of LAMMPS."""
    damp: float          # relaxation time of Langevin dynamics
    record: int          # a frame each so many steps
    hill: float          # over kT
    hill_width: int      # twice sigma, in cells of Colvars
    hill_every: int
    bias_factor: float
    swap_damp: float     # with replica exchange
    swap_every: int
    settle: int          # steps after an attempt whose frames are left out


MOLECULE = Settings(1000.0, 100, 0.1 / 0.596, 20, 500, 7.0, 200.0, 1000, 400)
# Hills each 100 or 500 steps and damp 0.05 or 0.1 were tried: these are the best.
PARTICLE = Settings(0.1, 20, 0.1, 25, 100, 10.0, 0.05, 500, 60)


def settings(system):
    return MOLECULE if system.molecular else PARTICLE


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


def langevin(system, name):
    """First lines of a run at the PMF's temperature."""
    lines = systems.dynamics(system, settings(system).damp, f"{system.temperature:g}")
    return f"# {METHODS[name].title}, by tools/compare.\nvariable        seed index 1\n{lines}"


def plain(system, seed, steps):
    script = (f"{langevin(system, 'md')}{systems.recorded(system, settings(system).record, 'record.txt')}"
              f"thermo          {max(1, steps // 10)}\nrun             {steps}\n")
    return {"in.md": script, system.yaml: system.text(system.yaml)}, [lmp("in.md", seed)], 1


def metadynamics(system, seed, steps):
    """Well-tempered. Hills of 0.1 kcal/mol and 10 degrees (sigma) each 0.5 ps, bias factor 7; for the particle 0.1 kT and a
    thirtieth of the range, bias factor 10."""
    use = settings(system)
    text = f"""colvarsTrajFrequency {use.record}
colvarsRestartFrequency 50000
{systems.colvars(system)}metadynamics {{
  name wt
  colvars {' '.join(v.name for v in system.variables())}
  hillWeight {use.hill * system.kT:.3g}
  hillWidth {use.hill_width}
  newHillFrequency {use.hill_every}
  wellTempered on
  biasTemperature {(use.bias_factor - 1) * system.temperature:g}
  writeFreeEnergyFile off
  writeHillsTrajectory on
}}
"""
    script = (f"{langevin(system, 'metad')}fix             bias all colvars bias.colvars seed ${{seed}} output metad\n"
              f"thermo          {max(1, steps // 10)}\nrun             {steps}\n")
    return {"in.metad": script, "bias.colvars": text}, [lmp("in.metad", seed)], 1


def exchange(system, seed, evaluations):
    """The friction is higher than in the other runs: an exchange leaves velocities at the old temperature with gjf, and the frames
    until they have settled are left out."""
    use, ranks = settings(system), len(LADDER)
    steps = max(1, evaluations // ranks // use.swap_every) * use.swap_every
    temperatures = " ".join(f"{system.temperature * factor:g}" for factor in LADDER)
    lines = systems.dynamics(system, use.swap_damp, seed="${seed}${replica}")
    script = (f"# {METHODS['temper'].title}, by tools/compare.\nvariable        seed index 1\nvariable        T world {temperatures}\n"
              f"variable        replica world {' '.join(map(str, range(ranks)))}\n{lines}"
              f"{systems.recorded(system, use.record, 'record.${replica}.txt')}thermo          {max(1, steps // 10)}\n"
              f"temper          {steps} {use.swap_every} $T bath ${{seed}} ${{seed}}\n")
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
           learn("grid", [f"explore: {{strategy: grid, grid: {n}}}\n" for n in (200, 60)], (12, 6))),
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
        raise ToolError(f"--evaluations: {method.name} needs a number above 0")
    result = []
    for seed in range(1, seeds + 1):
        files, steps, ranks = method.make(system, seed, budget)
        learns = system.learn in files
        result.append(Job(method.name, seed, {**system.inputs(), **files}, steps, budget, wall, ranks,
                          resumable=learns, retry=learns and len(steps) > 1))
    return result
