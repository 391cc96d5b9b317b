# SPDX-License-Identifier: GPL-2.0-only
"""Malformed input for LAMMPS with the plugin: what a case is, how it is run, and what is wrong with how it ended.

A case is one script and the files that differ from a good set. It must end with one LAMMPS error that says where, what was
got and what is allowed, and must leave the folder as it was."""
import dataclasses
import json
import pathlib
import re
import selectors
import signal
import subprocess
import sys
import tempfile

from harness import library_environment

# Texts of libraries for programmers, which no user should see.
RAW = re.compile(r"terminate called|Exception raised from|c10::|frame #|std::|what\(\)|bad_alloc|_M_|basic_string|\bvector\b.*::|"
                 r"stod|stoi|\bunknown error\b|Segmentation|Assert", re.I)
# Words by which a text, also one of LAMMPS itself, states the allowed values.
ALLOWED = (r"expected|allowed|must|needs?\b|missing|[Uu]nknown|[Uu]nrecognized|does not exist|differ|only|at most|No such file|"
           r"(here|the script) (it|they|temp|seed|has)|out of (bounds|range)|[Cc]annot|not defined|not allowed|before|damaged|truncated|version|empty|[Bb]ad YAML")


@dataclasses.dataclass
class Case:
    family: str
    name: str
    script: str
    files: dict = dataclasses.field(default_factory=dict)    # name: bytes or text, or None for a file that is not there
    place: str = ""       # regular expressions that the error must match
    got: str = ""
    allowed: str = ALLOWED
    may_pass: bool = False    # such a change need not be an error; then nothing but the absence of a crash is asked
    may_leave: bool = False   # commands before the one that fails have written their files

    @property
    def title(self):
        return f"{self.family}: {self.name}"


@dataclasses.dataclass
class Outcome:
    error: str = ""       # text of the error that LAMMPS ended with; empty: it ended well
    lines: int = 0        # ERROR lines in its log
    left: tuple = ()      # files that have come, gone or changed
    crash: str = ""       # how the process ended instead


def faults(case, outcome):
    """The faults of an ending, as a user would see them; an empty list for a good ending."""
    if outcome.crash:
        return [outcome.crash]
    if not outcome.error:
        return [] if case.may_pass else ["no error came"]
    found = []
    if outcome.lines != 1:
        found.append(f"{outcome.lines} lines with ERROR")
    if RAW.search(outcome.error):
        found.append("text for programmers")
    left = [name for name in outcome.left if not case.may_leave or name.endswith(".tmp")]
    if left:
        found.append("left " + ", ".join(left))
    for what in ("place", "got", "allowed"):
        if not re.search(getattr(case, what), outcome.error, re.S):
            found.append(f"{what}: no {getattr(case, what)!r}")
    return found


class Runner:
    """Runs cases one after the other in a process that holds LAMMPS as a library; when that dies, another takes over."""

    def __init__(self, store, patience=60):
        self.store, self.patience, self.process = pathlib.Path(store), patience, None

    def start(self):
        self.noise = tempfile.TemporaryFile()
        self.process = subprocess.Popen([sys.executable, str(pathlib.Path(__file__).with_name("malformed_worker.py"))],
                                        env=library_environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.noise)

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.communicate()
            self.noise.close()
            self.process = None

    def answer(self):
        """The line of the worker, or None after the time limit."""
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            return self.process.stdout.readline() if selector.select(self.patience) else None

    def run(self, case):
        if not self.process:
            self.start()
        files = {name: None if content is None else (content if isinstance(content, bytes) else content.encode()).hex()
                 for name, content in case.files.items()}
        order = {"store": str(self.store), "script": case.script, "files": files}
        self.process.stdin.write((json.dumps(order) + "\n").encode())
        self.process.stdin.flush()
        line = self.answer()
        if line:
            return Outcome(**json.loads(line))
        if line is None:
            self.stop()
            return Outcome(crash=f"no end after {self.patience} seconds")
        code = self.process.wait()
        self.noise.seek(0)
        said = self.noise.read()[-500:].decode(errors="replace")
        self.stop()
        return Outcome(crash=f"ended by {signal.Signals(-code).name if code < 0 else code}: {said}")
