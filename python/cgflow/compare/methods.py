# SPDX-License-Identifier: GPL-2.0-only
"""The methods to compare: for each its LAMMPS files, its commands and its budget."""
import dataclasses

from . import systems
from ..errors import ToolError

REDUCED_WALL = 300    # s
# Temperatures of replica exchange in units of that of the PMF, a geometric ladder. With 22 atoms 40 % of the exchanges
# succeed.
LADDER = (1.0, 1.26, 1.59, 2.0)


@dataclasses.dataclass
class Settings:
    """Settings that a skilled user chooses differently for a molecule and for a particle; times in units of LAMMPS."""
    damp: float          # relaxation time of Langevin dynamics
    record: int          # steps from frame to frame
    hill: float          # height of a hill, kT
    hill_width: int      # twice the sigma of a hill, in cells of Colvars
    hill_every: int      # steps from hill to hill
    bias_factor: float
    swap_damp: float     # relaxation time with replica exchange
    swap_every: int      # steps from exchange to exchange
    settle: int          # steps after an exchange whose frames are left out


MOLECULE = Settings(1000.0, 100, 0.1 / 0.596, 20, 500, 7.0, 200.0, 1000, 400)
# The best of hills every 100 or 500 steps and damp 0.05 or 0.1.
PARTICLE = Settings(0.1, 20, 0.1, 25, 100, 10.0, 0.05, 500, 60)


def settings(system):
    return MOLECULE if system.molecular else PARTICLE


@dataclasses.dataclass
class Job:
    """One run of one method with one seed."""
    method: str
    seed: int
    files: dict                # {name: text}, the inputs
    steps: list                # [arguments of tools/lmp], run one after another
    evaluations: int           # budget; 0 for the method's own stopping criterion
    wall: float                # budget, s
    ranks: int = 1
    resumable: bool = False    # an interrupted step continues with the same command
    retry: bool = False        # the first step may fail by chance and is then repeated once with another seed


@dataclasses.dataclass
class Method:
    name: str
    title: str
    seeds: int                 # default number of runs
    wall: float                # default budget, s
    evaluations: tuple         # default budgets for the particle and for a molecule; 0 for the method's own stopping criterion
    reduced: tuple             # the same for --reduced
    make: callable             # (system, seed, evaluations) -> files, steps, ranks

    def budget(self, system, reduced):
        """The default budget of energy evaluations."""
        return (self.reduced if reduced else self.evaluations)[1 if system.molecular else 0]


def lmp(script, seed, *more):
    """Arguments of tools/lmp."""
    return ["-nonbuf", "-in", script, "-var", "seed", str(seed), *more, "-log", "log." + script.split(".", 1)[1]]


def langevin(system, name):
    """First lines of a script at the temperature of the PMF."""
    lines = systems.dynamics(system, settings(system).damp, f"{system.temperature:g}")
    return f"# {METHODS[name].title}, by tools/compare.\nvariable        seed index 1\n{lines}"


def plain(system, seed, steps):
    """Plain MD."""
    script = (f"{langevin(system, 'md')}{systems.recorded(system, settings(system).record, 'record.txt')}"
              f"thermo          {max(1, steps // 10)}\nrun             {steps}\n")
    return {"in.md": script, system.yaml: system.text(system.yaml)}, [lmp("in.md", seed)], 1


def metadynamics(system, seed, steps):
    """Well-tempered metadynamics. For a molecule hills of 0.1 kcal/mol and 10 degrees (sigma) every 0.5 ps, bias factor
    7; for the particle hills of 0.1 kT and a thirtieth of the range, bias factor 10."""
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
    """Temperature replica exchange. Its friction is higher than that of the other runs: with gjf an exchange leaves the
    velocities at the old temperature. The frames until they have relaxed are left out."""
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
    """The `make` of a method that runs the system's own learning script. Without a name it takes the system's YAML file.
    With a name it writes NAME.yaml: the CG variables, `lines` and `epochs` of the first training, each for the particle
    and for a molecule. basin: learning starts from the frames of the basin script."""
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


# Names of the YAML files of methods that learn; None for that of the system.
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
    """The Jobs of one method; None for the default budgets."""
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
