# SPDX-License-Identifier: GPL-2.0-only
"""What is different when the styles are a part of LAMMPS' own build. tools/test-package runs this, with the tests of tests/lammps,
for each of its builds."""
import concurrent.futures
import os
import pathlib
import re
import subprocess
import unittest

from harness import BUILD, PACKAGE, SOURCE, LammpsTest

TABLE = (SOURCE / "src/USER-CGFLOW/cgflowplugin.cpp").read_text()
STYLES = re.findall(r'^\s*\{"(pair|fix|compute)",\s*"([\w/]+)",', TABLE, re.M)
COMMANDS = re.findall(r'^\s*\{"([\w/]+)",\s*command<', TABLE, re.M)


class Package(LammpsTest):
    def setUp(self):
        super().setUp()
        self.assertTrue(PACKAGE, f"no lmp in {BUILD}")

    def test_help_lists_package_and_styles(self):
        text = self.lammps("", "-h").text
        packages = text[text.index("Installed packages:"):text.index("List of individual style options")]
        self.assertIn("USER-CGFLOW", packages.split())
        for kind, name in STYLES:
            section = re.search(rf"^\* {kind.capitalize()} styles:?\n(.*?)(?=^\* )", text, re.M | re.S)[1]
            self.assertIn(name, section.split())
        for name in COMMANDS:
            self.assertIn(name, text.split())

    def test_styles_are_there_without_a_plugin_and_after_clear(self):
        text = self.lammps("clear\ninfo styles pair\ninfo styles fix\ninfo config\nplugin list\n").text
        self.assertIn("cgflow/pmf", text)
        self.assertIn("mueller/brown", text)
        self.assertIn("USER-CGFLOW", text)
        self.assertNotIn("Loaded", text)

    def test_the_plugin_is_refused_by_a_lammps_without_plugins_of_the_process(self):
        plugin = pathlib.Path(os.environ["CGFLOW_PLUGIN_DIR"]) / "cgflowplugin.so"
        self.assertTrue(plugin.is_file(), plugin)
        if re.search(r"^LAMMPS_SIZES:\w+=bigbig$", (BUILD / "CMakeCache.txt").read_text(), re.M | re.I):
            # Made for 32-bit IDs, it does not come as far as to speak.
            self.assertRegex(self.lammps(f"plugin load {plugin}\n").text, "Open of file .*cgflowplugin.so failed: .*undefined symbol")
            return
        result = self.assert_error(f"plugin load {plugin}\n", "cgflow: the plugin needs LAMMPS of 12 Jun 2025 or newer, this is version "
                                   "4 Feb 2025: older ones do not show a plugin's styles to child instances.*as a package.*"
                                   r"Howto_cgflow_install\.rst")
        self.assertEqual(len(result.errors()), 1)


class OtherBuilds(unittest.TestCase):
    """Without MPI and with 64-bit IDs: compiled here, so that a full tools/test-package does not find it first."""

    def test_sources_compile_with_the_mpi_stubs_and_bigbig(self):
        cache = (BUILD / "CMakeCache.txt").read_text()
        compiler, tree = (re.search(rf"^{name}:\w+=(.*)$", cache, re.M)[1] for name in ("CMAKE_CXX_COMPILER", "CMAKE_HOME_DIRECTORY"))
        lammps = pathlib.Path(tree).parent / "src"
        folders = [SOURCE / "lib/cgflow/include", lammps, lammps / "STUBS"]
        self.assertTrue((lammps / "STUBS/mpi.h").is_file(), lammps)

        def errors(source):
            command = [compiler, "-std=c++20", "-fsyntax-only", "-DLAMMPS_BIGBIG", *(f"-I{folder}" for folder in folders), str(source)]
            run = subprocess.run(command, capture_output=True, text=True, check=False)
            return "" if run.returncode == 0 else f"{source.name}:\n{run.stderr[:2000]}"

        sources = [s for s in sorted((SOURCE / "src/USER-CGFLOW").glob("*.cpp")) if s.name != "cgflowplugin.cpp"]
        self.assertGreater(len(sources), 30)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            self.assertEqual([text for text in pool.map(errors, sources) if text], [])


if __name__ == "__main__":
    unittest.main()
