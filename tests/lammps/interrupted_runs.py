# SPDX-License-Identifier: GPL-2.0-only
"""Learning runs that are started in the background, killed, and compared with an undisturbed run."""
import os
import random
import signal
import subprocess
import time

import learning as l
from harness import LMP
from state_moments import moments

# A run of some seconds, with refinement, so that it can be killed.
LONGER = l.YAML.replace("quiet: 400", "quiet: 3000").replace("target: 0.15", "target: 0.08")


class InterruptedRuns(l.LearningTest):
    def uninterrupted(self, script, ranks=1, name="whole", yaml=l.YAML):
        self.subfolder(name)
        self.write("mb.yaml", yaml)
        self.lammps(script, ranks=ranks)
        return self.outputs()

    def start(self, script, ranks=1, prefix=()):
        (self.folder / "in.test").write_text(script)
        command = [*prefix, str(LMP)] + (["-np", str(ranks)] if ranks > 1 else []) + ["-in", "in.test", "-log", "log.lammps"]
        environment = dict(os.environ, CGFLOW_BUILD_DIR=str(self.build))
        return subprocess.Popen(command, cwd=self.folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                stdin=subprocess.DEVNULL, text=True, start_new_session=True)

    def kill(self, process):
        """kill -9 of all processes of the run, like the failure of a node."""
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.communicate()

    def wait_for_states(self, process, count):
        """Waits until the run has written its state `count` more times, or has ended. True when it is still running."""
        for _ in moments(self.folder / "mb.state", process):
            count -= 1
            if count <= 0:
                return True
        return False

    def run_killed_again_and_again(self, script, ranks=1, seed=1, most=10):
        """Kills the run up to `most` times, each time after some more checkpoints and a random moment, and starts the same
        command line again, until it ends. Returns (kills, last output)."""
        generator = random.Random(seed)
        kills = 0
        while True:
            process = self.start(script, ranks)
            if kills < most and self.wait_for_states(process, generator.randint(1, 4)):
                time.sleep(0.2 * generator.random() ** 3)
                if process.poll() is None:
                    self.kill(process)
                    kills += 1
                    continue
            output, _ = process.communicate(timeout=300)
            self.assertEqual(process.returncode, 0, output[-3000:])
            return kills, output

    def same_outputs(self, one, other, names=l.OUTPUTS):
        for name in names:
            self.assertEqual(one[name], other[name], name)
