# SPDX-License-Identifier: GPL-2.0-only
"""The rows of tools/bench: the runs of each, and the figures that a run gives."""
import contextlib
import dataclasses
import pathlib
import re
import resource
import shutil
import sys
import tempfile
import time

from . import peers
from ..checkout import EXAMPLES, LMP, ROOT
from .executables import launcher, program, rows_of, run

BENCH = ROOT / "tests" / "bench"


@dataclasses.dataclass
class Effort:
    """The length of the runs."""
    quick: bool = False
    peers: bool = True

    def seconds(self, normal):
        return str(0.2 if self.quick else normal)


@contextlib.contextmanager
def example(name):
    """A temporary copy of an example to run in."""
    with tempfile.TemporaryDirectory(prefix="cgflow-bench-") as folder:
        shutil.copytree(EXAMPLES / name, folder, dirs_exist_ok=True)
        yield pathlib.Path(folder)


def from_program(name, row, *arguments, seconds=6):
    """A run of a program of tests/bench for one row."""
    def figures(effort):
        return rows_of([program(name), "--only", row, "--seconds", effort.seconds(seconds), *arguments])[row]
    return figures


def from_peer(script, row, seconds):
    """A run of a peer for one row, by a script of tests/bench."""
    def figures(effort):
        command = [peers.prepare(), BENCH / script, "--only", row, "--seconds", effort.seconds(seconds)]
        return rows_of(command, env=peers.peer_environment())[row]
    return figures


def coordinates(row):
    """A run of the coordinate map and of the same map by plain torch operators, which are one program."""
    def figures(effort):
        return rows_of([program("coordinates")])[row]
    return figures


def ensemble(effort):
    return rows_of([program("ensemble_mc"), "--seconds", effort.seconds(4)])["ensemble_mc"]


def sweeps(effort):
    few = ["--sweeps", 2000, "--repeats", 1] if effort.quick else []
    return rows_of([sys.executable, BENCH / "sweeps.py", *few])["sweeps"]


def energies(row, script):
    """A run of energies of alanine dipeptide by the child LAMMPS, for several numbers of copies."""
    def figures(effort):
        with example("alanine-dipeptide") as folder:
            copies = "64" if effort.quick else "32,64,128"
            return rows_of([program("child_energies"), script, "real", "--copies", copies, "--row", row], folder)[row]
    return figures


def training(effort, flow="default", batch=256, ranks=1, clock="processor", parts=False):
    """Samples per second of a training step with energies, and with `parts` the percentages of its parts."""
    launch = [launcher(), "-n", ranks] if ranks > 1 else []
    with example("alanine-dipeptide") as folder:
        command = [*launch, program("training_step"), "in.vacuum", "--flow", flow, "--batch", batch, "--clock", clock,
                   "--parts", "yes" if parts else "no", "--seconds", effort.seconds(5), "--row", "row"]
        return rows_of(command, folder)["row"]


def default_iteration(effort):
    figures = training(effort, parts=True)
    figures["ours_batch_32"] = training(effort, batch=32)["ours"]
    return figures


def two_ranks(effort):
    """Two ranks with 256 samples each, their limit of twice one rank, and the speedup of two ranks that share 64 samples."""
    found = {}
    for flow, name in (("default", ""), ("paper", "_paper")):
        one = training(effort, flow, clock="wall")["ours"]
        found[f"ours{name}"] = training(effort, flow, ranks=2, clock="wall")["ours"]
        found[f"limit{name}"] = 2 * one
        found[f"speedup{name}"] = found[f"ours{name}"] / one
    one = training(effort, batch=64, clock="wall")["ours"]
    found["speedup_strong_64"] = training(effort, batch=32, ranks=2, clock="wall")["ours"] / one
    return found


TIMES = re.compile(r"^cgflow/al: processor time of all ranks [\d.]+ s: (.*)$", re.M)
PERCENT = re.compile(r"([a-z ]+) ([\d.]+) %")


def iteration(effort):
    """A whole run of active learning: alanine dipeptide in vacuum, from one structure until its stopping criterion is
    met."""
    with example("alanine-dipeptide") as folder:
        if effort.quick:
            with open(folder / "vacuum.yaml", "a", encoding="utf-8") as file:
                file.write("budget: 5000\n")
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        text = run([LMP, "-in", "in.al_vacuum", "-var", "seed", "1"], folder)
        after, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic() - began
    evaluations = int(re.findall(r"^cgflow/al: status .* total (\d+)$", text, re.M)[-1])
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"ours": evaluations / cpu, "evaluations": evaluations, "wall_s": wall, "cpu_s": cpu,
            **{f"percent_{name.strip().replace(' ', '_')}": float(percent) for name, percent in PERCENT.findall(TIMES.search(text)[1])}}


@dataclasses.dataclass
class Row:
    unit: str                    # of the items per second
    runs: tuple                  # functions of an Effort that give {figure: number}, called in turn
    peers: tuple = ()            # the same for peers
    once: bool = False           # True for a run that is long enough to be made once


ROWS = {
    "train_step_f64": Row("samples", (from_program("flow_step", "train_step_f64"),),
                          (from_peer("normflows_peer.py", "train_step_f64", 12),)),
    "train_step_f32": Row("samples", (from_program("flow_step", "train_step_f32"),),
                          (from_peer("normflows_peer.py", "train_step_f64", 12),)),
    "sample_f64": Row("samples", (from_program("flow_step", "sample_f64"),),
                      (from_peer("normflows_peer.py", "sample_f64", 6),)),
    "default_step": Row("samples", (from_program("flow_step", "default_step"),)),
    "default_iteration": Row("samples", (default_iteration,)),
    "coordinates_forward": Row("conformers", (coordinates("coordinates_forward"),)),
    "coordinates_backward": Row("conformers", (coordinates("coordinates_backward"),)),
    "spline": Row("coordinates", (from_program("spline", "spline"),)),
    "ensemble_mc": Row("walkers", (ensemble,)),
    "ensemble_fit_2d": Row("fits", (from_program("ensemble_fit", "ensemble_fit_2d", seconds=4),)),
    "ensemble_fit_3d": Row("fits", (from_program("ensemble_fit", "ensemble_fit_3d", seconds=4),)),
    "sweeps": Row("sweeps", (sweeps,), once=True),
    "energies_vacuum": Row("conformers", (energies("energies_vacuum", "in.vacuum"),),
                           (from_peer("openmm_peer.py", "energies_vacuum", 3),)),
    "energies_obc": Row("conformers", (energies("energies_obc", "in.ala2"),), (from_peer("openmm_peer.py", "energies_obc", 3),)),
    "iteration": Row("evaluations", (iteration,), once=True),
    "ranks_2": Row("samples", (two_ranks,)),
}
