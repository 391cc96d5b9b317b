# SPDX-License-Identifier: GPL-2.0-only
"""Runs jobs, several at a time, each in a folder of its own, and measures their wall and CPU time. A job that has ended
is not run again."""
import fcntl
import functools
import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

from ..checkout import LMP, build_folder
from ..errors import ToolError
from ..whole_file import write_whole

POLL = 0.2           # s between looks at the running jobs
SAVE_EVERY = 5.0     # s between writes of a job's mark
GRACE = 20.0         # s that LAMMPS has to end after SIGTERM, before SIGKILL
MARK = "job.json"    # what a job has spent, and how it ended
# The evaluations are read from the screen output, which LAMMPS does not buffer with -nonbuf. The log file of a killed run is
# cut.
SCREEN = "screen.txt"
COUNT = re.compile(r" (\d+) evaluations(?:,|$)", re.M)
FIRST = re.compile(r"about (\d+) energy evaluations for the first iteration")


@functools.cache
def plugin_digest():
    """SHA-256 of the plugin that tools/lmp loads; empty where there is none."""
    plugin = build_folder() / "plugin" / "cgflowplugin.so"
    return hashlib.sha256(plugin.read_bytes()).hexdigest() if plugin.is_file() else ""


def fingerprint(job):
    """SHA-256 of everything that determines the result of a job: its files and commands, and for learning the plugin. The
    limit of wall time does not count."""
    content = [job.files, job.steps, job.ranks, plugin_digest() if job.resumable else ""]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def read_mark(folder):
    """The mark of a job; empty where there is none."""
    try:
        return json.loads((folder / MARK).read_text())
    except (OSError, ValueError):
        return {}


def ended(job, folder):
    """True for a job that needs no more work: it has finished, or spent its wall time."""
    mark = read_mark(folder)
    if mark.get("job") != fingerprint(job) or "end" not in mark:
        return False
    return mark["end"] == "finished" or mark["wall"] >= job.wall


def counts_of(path):
    """(energy evaluations so far, expected evaluations of the first iteration), from the lines of fix cgflow/al; 0 where
    it does not say."""
    try:
        text = path.read_text(errors="replace")
    except OSError:
        return 0, 0
    return int((COUNT.findall(text) or [0])[-1]), int((FIRST.findall(text) or [0])[0])


def processes_of(session):
    """The fields of /proc/PID/stat of each process of a session, from its state on; without zombies."""
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            words = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(words[3]) == session and words[0] != "Z":
            yield words


def cpu_of(session):
    """CPU seconds of all live processes of a session, with those of their ended children."""
    return sum(sum(map(int, words[11:15])) for words in processes_of(session)) / os.sysconf("SC_CLK_TCK")


class Running:
    """A running job: its processes, and what it has spent."""

    def __init__(self, job, folder, lock):
        self.job, self.folder, self.lock = job, folder, lock
        self.mark = read_mark(folder)
        if self.mark.get("job") != fingerprint(job) or not job.resumable:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            for name, text in job.files.items():
                (folder / name).write_text(text, encoding="utf-8")
            self.mark = {"job": fingerprint(job), "method": job.method, "seed": job.seed, "budget": job.evaluations, "step": 0,
                         "wall": 0.0, "cpu": 0.0, "marks": []}
        self.mark.pop("end", None)
        self.save()
        self.begin_step()

    def save(self):
        write_whole(self.folder / MARK, json.dumps(self.mark))

    def begin_step(self):
        arguments = list(self.job.steps[self.mark["step"]])
        if self.mark["step"] == 0 and self.mark.get("retried"):
            arguments[arguments.index("seed") + 1] = str(self.job.seed + 1000)
        self.before = self.mark["wall"], self.mark["cpu"]
        self.began = self.saved = time.monotonic()
        self.cpu, self.told_to_end = 0.0, None
        # The processes inherit the lock, so that no other comparison starts here while any of them lives.
        with open(self.folder / SCREEN, "ab") as screen:
            self.process = subprocess.Popen([str(LMP), *arguments], cwd=self.folder, stdin=subprocess.DEVNULL, stdout=screen,
                                            stderr=subprocess.STDOUT, start_new_session=True, pass_fds=[self.lock])

    def spend(self, cpu):
        """Records the time spent, and for learning the time at each new number of evaluations."""
        self.cpu = max(self.cpu, cpu)
        self.mark["wall"] = self.before[0] + time.monotonic() - self.began
        self.mark["cpu"] = self.before[1] + self.cpu
        count, first = counts_of(self.folder / SCREEN) if self.job.resumable else (0, 0)
        if first and not self.mark["marks"]:
            self.mark["first"] = first
        if count > (self.mark["marks"][-1][0] if self.mark["marks"] else 0):
            self.mark["marks"].append([count, self.mark["wall"], self.mark["cpu"]])

    def send(self, number):
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            pass

    def wait_for_all(self):
        """Waits for all processes of the session, which may outlive the first one; kills them after GRACE."""
        until = time.monotonic() + GRACE
        while any(processes_of(self.process.pid)):
            if time.monotonic() > until:
                self.send(signal.SIGKILL)
            time.sleep(0.02)

    def stop(self):
        """Ends the processes and keeps the mark, so that the job can continue another time."""
        self.send(signal.SIGTERM)
        _, status, usage = os.wait4(self.process.pid, 0)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        self.wait_for_all()
        self.spend(usage.ru_utime + usage.ru_stime)
        self.save()

    def watch(self):
        """Enforces the limit of wall time and saves the mark now and then."""
        self.spend(cpu_of(self.process.pid))
        now = time.monotonic()
        if self.told_to_end is None and self.mark["wall"] > self.job.wall:
            self.told_to_end = now
            self.send(signal.SIGTERM)
        elif self.told_to_end is not None and now - self.told_to_end > GRACE:
            self.send(signal.SIGKILL)
        if now - self.saved > SAVE_EVERY:
            self.saved = now
            self.save()

    def poll(self):
        """True when the job has ended."""
        pid, status, usage = os.wait4(self.process.pid, os.WNOHANG)
        if not pid:
            self.watch()
            return False
        code = self.process.returncode = os.waitstatus_to_exitcode(status)
        self.spend(usage.ru_utime + usage.ru_stime)
        if self.told_to_end is not None:
            self.wait_for_all()
            self.mark["end"] = "wall time"
        elif code and self.job.retry and self.mark["step"] == 0 and not self.mark.get("retried"):
            self.mark["retried"] = True
        elif code:
            self.save()
            raise ToolError(f"{self.job.method}, seed {self.job.seed}: LAMMPS ended with code {code}; its output is in "
                            f"{self.folder / SCREEN}")
        else:
            self.mark["step"] += 1
            if self.mark["step"] == len(self.job.steps):
                self.mark["end"] = "finished"
        self.save()
        if "end" not in self.mark:
            self.begin_step()
        return "end" in self.mark


def lock_of(results):
    """A file descriptor with a lock on the folder of results, held by this program and by the processes that inherit it."""
    lock = os.open(results / ".lock", os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise ToolError(f"{results}: another comparison, or a run that one has started, is still working there") from None
    return lock


def folder_of(results, job):
    return results / job.method / str(job.seed)


def run_all(jobs, results, at_once, say):
    """Runs all jobs that have not ended, `at_once` ranks at a time; a job with more ranks than that runs alone. Reports
    with say(text)."""
    # The longest first, so that no long job runs alone at the end.
    waiting = sorted((job for job in jobs if not ended(job, folder_of(results, job))), key=lambda job: -job.wall)
    say(f"{len(jobs)} runs, {len(jobs) - len(waiting)} of them done already")
    lock, running, failures, done = lock_of(results), [], [], len(jobs) - len(waiting)
    try:
        while waiting or running:
            free = at_once - sum(min(work.job.ranks, at_once) for work in running)
            # The first job that fits: a job with several ranks waits until enough are free, and others overtake it.
            fits = [job for job in waiting if min(job.ranks, at_once) <= free]
            if fits:
                waiting.remove(fits[0])
                running.append(Running(fits[0], folder_of(results, fits[0]), lock))
                continue
            time.sleep(POLL)
            for work in list(running):
                try:
                    if not work.poll():
                        continue
                    done += 1
                    mark = work.mark
                    say(f"{done}/{len(jobs)} {work.job.method}, seed {work.job.seed}: {mark['end']}, {mark['wall']:.0f} s, "
                        f"CPU {mark['cpu']:.0f} s")
                except ToolError as error:
                    # The other jobs continue: hours of work are not lost for one error.
                    failures.append(str(error))
                running.remove(work)
    finally:
        for work in running:
            if work.process.returncode is None:
                work.stop()
        os.close(lock)
    if failures:
        raise ToolError(failures[0] + (f"; {len(failures) - 1} more have failed" if failures[1:] else ""))
