# SPDX-License-Identifier: GPL-2.0-only
"""tools/lmp: from any folder, through links, with several ranks, and its errors when something is missing."""
import os
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
        (plugin / "cgflowplugin.so").touch()
        self.assertEqual(self.run_tool("lmp", "-h")[0], 0)
        code, text = self.run_tool("lmp", "-np", "2", "-h")
        self.assertEqual(code, 1)
        self.assertIn("-np 2 needs mpiexec", text)

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
        (build / "plugin" / "cgflowplugin.so").touch()
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
