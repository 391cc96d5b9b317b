# SPDX-License-Identifier: GPL-2.0-only
"""tools/lmp: from any folder, through links, with several ranks, and its errors when something is missing."""
import os
import pathlib
import shutil
import subprocess
import unittest

from sandbox import SOURCE, Sandbox

LMP = SOURCE / "tools" / "lmp"


class Lmp(Sandbox):
    def lmp(self, *args, program=LMP, environment=None, cwd=None):
        done = subprocess.run([str(program), *args], env=dict(os.environ, **(environment or {})), cwd=cwd or self.folder,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True,
                              timeout=120)
        return done.returncode, done.stdout

    def script(self, text):
        (self.folder / "in.my script").write_text(text)
        return ["-in", "in.my script", "-log", "none"]

    def test_runs_in_another_folder_with_the_plugin(self):
        code, text = self.lmp(*self.script("print 'here I am'\n"))
        self.assertEqual(code, 0, text)
        self.assertIn("here I am", text)
        self.assertRegex(text, r"Loaded [1-9][0-9]* plugins from .*/plugin")

    def test_runs_through_a_link(self):
        link = self.folder / "my lmp"
        link.symlink_to(LMP)
        second = self.folder / "again"
        second.symlink_to(link)
        code, text = self.lmp(*self.script("print 'here I am'\n"), program=second)
        self.assertEqual(code, 0, text)
        self.assertIn("here I am", text)

    def test_ranks_and_exit_codes(self):
        script = self.script("print 'ranks $(extract_setting(world_size))'\nquit 3\n")
        for ranks in (1, 2, 4):
            code, text = self.lmp("-np", str(ranks), *script)
            self.assertEqual(code, 3, text)
            self.assertIn(f"ranks {ranks}\n", text)

    def test_failed_script_has_an_exit_code(self):
        for ranks in ("1", "2"):
            code, text = self.lmp("-np", ranks, *self.script("no_such_command\n"))
            self.assertNotEqual(code, 0)
            self.assertIn("Unknown command: no_such_command", text)

    def test_one_thread_a_rank_unless_said_otherwise(self):
        script = self.script("variable t getenv OMP_NUM_THREADS\nprint 'threads ${t}'\n")
        environment = {k: v for k, v in os.environ.items() if k != "OMP_NUM_THREADS"}
        done = subprocess.run([str(LMP), *script], env=environment, cwd=self.folder, capture_output=True, text=True)
        self.assertIn("threads 1\n", done.stdout)
        _, text = self.lmp(*script, environment={"OMP_NUM_THREADS": "3"})
        self.assertIn("threads 3\n", text)

    def test_waiting_ranks_yield(self):
        script = self.script("variable t getenv MPIR_CVAR_CH4_PROGRESS_THROTTLE\nprint 'throttle ${t}'\n")
        _, text = self.lmp("-np", "2", *script)
        self.assertIn("throttle 1\n", text)
        _, text = self.lmp("-np", "2", *script, environment={"MPIR_CVAR_CH4_PROGRESS_THROTTLE": "0"})
        self.assertIn("throttle 0\n", text)

    def test_own_plugin_path_is_kept(self):
        own = self.folder / "own plugins"
        own.mkdir()
        script = self.script("variable p getenv LAMMPS_PLUGIN_PATH\nprint 'path ${p}'\n")
        _, text = self.lmp(*script, environment={"LAMMPS_PLUGIN_PATH": str(own)})
        self.assertRegex(text, rf"path /.*/plugin:{own}\n")

    def test_limit_of_the_address_space_that_is_too_small(self):
        """Without the check LAMMPS ends with std::bad_alloc, or with an unrecognized pair style."""
        command = f"ulimit -v 450000; exec '{LMP}' -h"
        done = subprocess.run(["bash", "-c", command], cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.assertEqual((done.returncode, len(done.stdout.splitlines())), (1, 1), done.stdout)
        self.assertIn("the limit of the address space is 450 MB (ulimit -v), LAMMPS with the plugin needs 600 MB or more", done.stdout)

    def with_shared_memory(self, options, *args):
        """A run in a name space of its own, with another /dev/shm."""
        command = f"mount -t tmpfs -o {options} tmpfs /dev/shm && exec '{LMP}' {' '.join(args)}"
        if subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", "/dev/shm"], capture_output=True).returncode != 0:
            self.skipTest("no right to mount a file system")
        done = subprocess.run(["unshare", "-m", "bash", "-c", command], cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, timeout=120)
        return done.returncode, done.stdout

    def test_shared_memory_that_is_too_small_or_read_only(self):
        """Without the check a run ends with "Bus error", also on one rank."""
        for ranks, needed in ((1, 1160), (2, 2220), (4, 4340)):
            code, text = self.with_shared_memory(f"size={needed // 8 * 4}k", "-np", str(ranks), "-h")
            self.assertEqual((code, len(text.splitlines())), (1, 1), text)
            self.assertIn(f"MPI needs {needed} kB of shared memory in /dev/shm for {ranks} rank(s), ", text)
            self.assertIn("docker run --shm-size", text)
        code, text = self.with_shared_memory("ro", "-h")
        self.assertEqual(code, 1)
        self.assertIn("/dev/shm cannot be written, and MPI needs shared memory there", text)

    def test_shared_memory_that_is_just_enough(self):
        (self.folder / "in.x").write_text("print 'here I am'\n")
        for ranks, size in ((1, 1164), (2, 2224), (4, 4344)):
            code, text = self.with_shared_memory(f"size={size}k", "-np", str(ranks), "-in", "in.x", "-log", "none")
            self.assertEqual(code, 0, text)
            self.assertIn("here I am", text)

    def test_removes_what_killed_runs_of_older_versions_left_and_nothing_else(self):
        done = subprocess.Popen(["true"])
        done.wait()
        shared = pathlib.Path("/dev/shm")
        stale, alive, foreign = (shared / name for name in (f"cgflow-{done.pid}-abc", f"cgflow-{os.getpid()}-abc", f"other-{done.pid}-abc"))
        for path in (stale, alive, foreign):
            path.write_text("")
            self.addCleanup(path.unlink, missing_ok=True)
        self.assertEqual(self.lmp("-h")[0], 0)
        self.assertEqual([path.exists() for path in (stale, alive, foreign)], [False, True, True])

    def test_bad_number_of_ranks(self):
        for args in (["-np", "0"], ["-np", "two"], ["-np", "-in"], ["-np"]):
            code, text = self.lmp(*args)
            self.assertEqual(code, 1, text)
            self.assertIn("-np needs a number of ranks, 1 or more, but got '%s'" % (args + ["nothing"])[1], text)


class LmpWithoutSetup(Sandbox):
    def test_reports_a_missing_set_up(self):
        code, text = self.run_tool("lmp", "-h")
        self.assertEqual(code, 1)
        self.assertIn(f"not set up yet: no LAMMPS in {self.tree}/build/venv. Run tools/setup", text)

    def test_reports_a_missing_plugin(self):
        package = self.tree / "build" / "venv" / "lib" / "python3.11" / "site-packages" / "lammps"
        package.mkdir(parents=True)
        shutil.copy("/bin/true", package / "lmp")
        code, text = self.run_tool("lmp", "-h")
        self.assertEqual(code, 1)
        self.assertIn(f"not built yet: no cgflowplugin.so in {self.tree}/build/default/plugin", text)
        plugin = self.tree / "build" / "default" / "plugin"
        plugin.mkdir(parents=True)
        shutil.copy("/bin/true", plugin / "cgflowplugin.so")
        self.assertEqual(self.run_tool("lmp", "-h")[0], 0)
        code, text = self.run_tool("lmp", "-np", "2", "-h")
        self.assertEqual(code, 1)
        self.assertIn("-np 2 needs mpiexec", text)

    def test_reports_a_plugin_that_cannot_be_loaded(self):
        """LAMMPS alone would end with an unrecognized style, or with a bus error."""
        package = self.tree / "build" / "venv" / "lib" / "python3.11" / "site-packages" / "lammps"
        package.mkdir(parents=True)
        shutil.copy("/bin/true", package / "lmp")
        plugin = self.tree / "build" / "default" / "plugin" / "cgflowplugin.so"
        plugin.parent.mkdir(parents=True)
        shutil.copy("/bin/true", plugin)
        self.stand_in("ldd", f'echo " libtorch_cpu.so => {self.folder}/libtorch_cpu.so (0x00001)"; [ -e "{self.folder}/libtorch_cpu.so" ] || '
                      'echo " libyaml-cpp.so.0.7 => not found"')
        code, text = self.run_tool("lmp", "-h")
        self.assertEqual(code, 1)
        self.assertIn(f"{plugin} cannot be loaded: libyaml-cpp.so.0.7 => not found. Run tools/setup in {self.tree} again.", text)
        # What was found once is looked for again, without ldd.
        (self.folder / "libtorch_cpu.so").touch()
        os.utime(plugin, (1, 1))
        self.assertEqual(self.run_tool("lmp", "-h")[0], 0)
        self.assertEqual(plugin.with_name("cgflowplugin.so.libraries").read_text(), f"{self.folder}/libtorch_cpu.so\n")
        (self.folder / "libtorch_cpu.so").unlink()
        code, text = self.run_tool("lmp", "-h")
        self.assertEqual(code, 1)
        self.assertIn("libyaml-cpp.so.0.7 => not found", text)
        for content in (b"", b"no library", plugin.read_bytes()[:3000]):
            plugin.write_bytes(content)
            self.stand_in("ldd", 'exec /usr/bin/ldd "$@"')
            code, text = self.run_tool("lmp", "-h")
            self.assertEqual((code, len(text.splitlines())), (1, 1), text)
            self.assertIn(f"{plugin} is damaged: ", text)

    def package_build(self, cache=""):
        """A stand-in for LAMMPS' own build folder, with an lmp that prints its arguments."""
        package = self.tree / "build" / "venv" / "lib" / "python3.11" / "site-packages" / "lammps"
        package.mkdir(parents=True)
        shutil.copy("/bin/false", package / "lmp")
        folder = self.folder / "build lammps"
        folder.mkdir()
        self.stand_in("lmp", 'echo "own lmp, plugins ${LAMMPS_PLUGIN_PATH-none}, args $*"')
        shutil.copy(self.programs / "lmp", folder / "lmp")
        (folder / "CMakeCache.txt").write_text(cache)
        return {"CGFLOW_BUILD_DIR": str(folder), "LAMMPS_PLUGIN_PATH": "/somewhere/plugin"}

    def test_runs_the_lmp_of_a_build_with_the_package_and_no_plugin(self):
        environment = self.package_build()
        self.assertEqual(self.run_tool("lmp", "-in", "x", environment=environment), (0, "own lmp, plugins none, args -in x\n"))

    def test_starts_ranks_of_a_build_with_the_package_and_refuses_them_without_mpi(self):
        environment = self.package_build("BUILD_MPI:BOOL=on\n")
        launcher = self.tree / "build" / "venv" / "bin" / "mpiexec"
        launcher.parent.mkdir()
        self.stand_in("mpiexec", 'echo "ranks $2"; shift 2; exec "$@"')
        shutil.copy(self.programs / "mpiexec", launcher)
        self.assertEqual(self.run_tool("lmp", "-np", "2", "-h", environment=environment),
                         (0, "ranks 2\nown lmp, plugins none, args -h\n"))
        (self.folder / "build lammps" / "CMakeCache.txt").write_text("BUILD_MPI:BOOL=OFF\n")
        code, text = self.run_tool("lmp", "-np", "2", "-h", environment=environment)
        self.assertEqual(code, 1)
        self.assertIn("-np 2 is not possible: ", text)
        self.assertIn("build lammps/lmp is built without MPI", text)
        self.assertEqual(self.run_tool("lmp", "-np", "1", "-h", environment=environment)[0], 0)

    def test_uses_the_environment_that_the_plugin_was_configured_with(self):
        build = self.tree / "build" / "default"
        (build / "plugin").mkdir(parents=True)
        shutil.copy("/bin/true", build / "plugin" / "cgflowplugin.so")
        other = self.folder / "other env"
        package = other / "lib" / "python3.12" / "site-packages" / "lammps"
        package.mkdir(parents=True)
        self.stand_in("lmp", "echo other lammps")
        shutil.copy(self.programs / "lmp", package / "lmp")
        cache = f"CGFLOW_PYTHON_ENV:PATH={other}\nCMAKE_HOME_DIRECTORY:INTERNAL="
        (build / "CMakeCache.txt").write_text(cache + f"{self.tree}\n")
        self.assertEqual(self.run_tool("lmp"), (0, "other lammps\n"))
        (build / "CMakeCache.txt").write_text(cache + "/the/place/it/was/copied/from\n")
        code, text = self.run_tool("lmp")
        self.assertEqual(code, 1)
        self.assertIn(f"no LAMMPS in {self.tree}/build/venv", text)


if __name__ == "__main__":
    unittest.main()
