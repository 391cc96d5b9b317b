# SPDX-License-Identifier: GPL-2.0-only
"""kill -9 at random points of the examples, reduced to some seconds each: in sweeps, in training, in file writes. Started
again, the same command line must end with the files of a run that nothing disturbed, bit by bit.
`kill_points.py [points an example [examples]]`, or through tools/test-kill."""
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import learning as l
from harness import BUILD, LMP, SOURCE
from state_moments import moments

EXAMPLES = SOURCE / "examples" / "USER-CGFLOW"
REDUCED = {    # script, YAML file
    "mueller-brown": ("in.al", "mb.yaml"),
    "alanine-dipeptide": ("in.al", "ala2.yaml"),
    "alanine-dipeptide vacuum": ("in.al_vacuum", "vacuum.yaml"),
    "glycine-dipeptide": ("in.al", "gly2.yaml"),
    "valine-dipeptide": ("in.al", "val2.yaml"),
    "valine-dipeptide chi1": ("in.al_chi1", "val2_chi1.yaml"),
    "threonine-dipeptide": ("in.al", "thr2.yaml"),
    "phenylalanine-dipeptide": ("in.al", "phe2.yaml"),
}
KINDS = ("sweeps", "training", "writes")
FLOW = "flow: {hidden: [32], layers: [%s], precision: float64}\npmf: {members: 3}\n"
TRAIN = """  energy: {points: 64, each: 16, batch: 32}
  consolidate: {points: 64}
  labels: {points: 16, latent: 8}
explore: {quiet: 300, find: 20, keep: 10, wait: 50, target: 0.5}
"""
# The state is written every 20 sweeps: when it has not changed for so many seconds, the run is in a training.
STALL = 0.15


class Example:
    """One example in a folder of its own, with small networks, few points, and 500 sweeps."""

    def __init__(self, name, root):
        self.name, self.root = name, pathlib.Path(root)
        self.script, self.yaml = REDUCED[name]
        self.stem = self.yaml.split(".")[0]

    def furnish(self, folder):
        source = EXAMPLES / self.name.split()[0]
        for path in source.iterdir():
            if path.is_file() and not path.name.startswith(("log.", "README")):
                shutil.copy(path, folder)
        text = (source / self.yaml).read_text()
        cg = re.match(r"(?:#.*\n)*cg:\n(?:  .*\n)+(?:fine:\n(?:  .*\n)+)?", text)[0]
        linear = "linear" in cg
        train = "train:\n" + ("  example: {dump: mb_basin.dump, epochs: 5}\n" if linear else "") + TRAIN
        (folder / self.yaml).write_text(cg + FLOW % ("affine" if linear else "rotor, affine") + train + f"budget: {4500 if linear else 6000}\n")
        if linear:
            (folder / "mb_basin.dump").write_text(l.basin_dump())
        script = (source / self.script).read_text()
        script, runs = re.subn(r"(?m)^run .*$", "run 500", script)
        script, fixes = re.subn(r"threshold 0.2", "threshold 0.8 checkpoint 20 sweeps", script)
        assert runs == 1 and fixes == 1
        (folder / self.script).write_text(script.replace("random 200", "random 40"))

    def folder(self, name):
        folder = self.root / name
        folder.mkdir()
        self.furnish(folder)
        return folder

    def start(self, folder, prefix=()):
        return subprocess.Popen([*prefix, str(LMP), "-in", self.script, "-log", "none"], cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, start_new_session=True, env=dict(os.environ, CGFLOW_BUILD_DIR=str(BUILD)))

    def finish(self, process):
        output, _ = process.communicate(timeout=600)
        if process.returncode != 0:
            raise AssertionError(f"{self.name}: ended with {process.returncode}\n{output[-3000:]}")
        return output

    def outputs(self, folder):
        return {ending: (folder / f"{self.stem}.{ending}").read_bytes() for ending in ("state", "cgflow", "pmf", "iterations")}

    def undisturbed(self):
        """Runs the example once and counts, for the choice of kill points, calls that write files, states, and trainings."""
        folder, calls = self.folder("whole"), self.root / "calls"
        prefix = (shutil.which("strace"), "-f", "-o", str(calls), "-e", "trace=rename,fsync,write") if tracing() else ()
        process = self.start(folder, prefix)
        self.states, self.stalls = 0, 0
        for moment in self.moments(folder, process):
            self.states += moment == "state"
            self.stalls += moment == "stall"
        self.finish(process)
        self.calls = {call: len(re.findall(pattern, calls.read_text())) if prefix else 0
                      for call, pattern in (("rename", r" rename\("), ("fsync", r" fsync\("))}
        self.whole = self.outputs(folder)

    def moments(self, folder, process):
        return moments(folder / f"{self.stem}.state", process, STALL)

    def killed(self, folder, kind, generator):
        """Starts a run and kills it at a random point of that kind. Returns a description of the point."""
        if kind == "writes" and tracing():
            call = generator.choice(("rename", "fsync"))
            when = generator.randint(1, self.calls[call])
            process = self.start(folder, (shutil.which("strace"), "-f", "-o", os.devnull, "-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={when}"))
            process.communicate(timeout=600)
            return f"{call} {when} of {self.calls[call]}" if process.returncode != 0 else "not killed"
        wanted, count = ("stall", self.stalls) if kind == "training" else ("state", self.states)
        left = generator.randint(1, max(1, count))
        delay = generator.uniform(0.0, 0.4 if kind == "training" else 0.02)
        text = f"{wanted} {left} of {count}, {1000 * delay:.0f} ms later"
        process = self.start(folder)
        for moment in self.moments(folder, process):
            left -= moment == wanted
            if left == 0:
                time.sleep(delay)
                break
        alive = process.poll() is None
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.communicate()
        return text if alive else "not killed"

    def point(self, number, generator):
        """One kill and its result: (where, killed?, resumed?, names of files that differ)."""
        folder = self.folder(f"point{number}")
        kind = KINDS[number % len(KINDS)]
        where = self.killed(folder, kind, generator)
        had_state = (folder / f"{self.stem}.state").exists()
        output = self.finish(self.start(folder))
        resumed = "resumed from" in output or "learning has ended" in output
        lost = [name for name, content in self.outputs(folder).items() if content != self.whole[name]]
        litter = [p.name for p in folder.iterdir() if p.name.endswith(".tmp")]
        shutil.rmtree(folder)
        if had_state and not resumed:
            lost.append("the state was not used")
        return f"{kind}: {where}", where != "not killed", had_state, lost + litter


def tracing():
    strace = shutil.which("strace")
    return bool(strace) and subprocess.run([strace, "-o", os.devnull, "true"], capture_output=True).returncode == 0


def run(name, points, seed=1, report=print):
    """Kills one example at so many points. Returns (kills, runs resumed from a state, descriptions of losses)."""
    generator, killed, resumed, bad = random.Random(f"{name} {seed}"), 0, 0, []
    with tempfile.TemporaryDirectory(prefix="cgflow-kill-") as root:
        example = Example(name, root)
        began = time.monotonic()
        example.undisturbed()
        report(f"{name}: {time.monotonic() - began:.1f} s undisturbed, {example.states} states, {example.stalls} trainings, {example.calls}")
        for number in range(points):
            where, dead, had_state, lost = example.point(number, generator)
            killed, resumed = killed + dead, resumed + (dead and had_state)
            report(f"  {where}{', state there' if had_state else ''}: {', '.join(lost) or 'same bits'}")
            if lost:
                bad.append(f"{name}, {where}: {', '.join(lost)}")
    return killed, resumed, bad


def main():
    points = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    lost, killed, resumed = [], 0, 0
    for name in sys.argv[2:] or REDUCED:
        got = run(name, points, report=lambda text: print(text, flush=True))
        killed, resumed, lost = killed + got[0], resumed + got[1], lost + got[2]
    print(f"{killed} runs killed, {resumed} of them with a state to go on from, {len(lost)} lost")
    print("\n".join(lost))
    return bool(lost)


if __name__ == "__main__":
    sys.exit(main())
