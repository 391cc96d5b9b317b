# SPDX-License-Identifier: GPL-2.0-only
"""tools/test-package: its errors before it builds anything. Its builds and tests of LAMMPS are tests themselves."""
import unittest

from sandbox import Sandbox


class BeforeTheBuild(Sandbox):
    def set_up_is_done(self):
        package = self.tree / "build" / "venv" / "lib" / "python3.11" / "site-packages" / "lammps"
        package.mkdir(parents=True)
        self.stand_in("lmp", "exit 0").rename(package / "lmp")
        config = self.tree / "build" / "default" / "cgflowConfig.cmake"
        config.parent.mkdir(parents=True)
        config.touch()

    def test_needs_the_set_up(self):
        for args in ([], ["--reduced"]):
            code, text = self.run_tool("test-package", *args)
            self.assertEqual(code, 1, text)
            self.assertIn("tools/test-package: not set up yet", text)
            self.assertIn("Run tools/setup first.", text)

    def test_without_lammps_source_the_reduced_form_is_skipped_and_the_complete_one_fails(self):
        self.set_up_is_done()
        self.stand_in("apt-get", "exit 0")
        reason = "LAMMPS' source is not available here: apt"    # no mirror, or no download, as the apt sources of this machine are
        code, text = self.run_tool("test-package", "--reduced")
        self.assertEqual(code, 0, text)
        self.assertIn(f"tools/test-package: SKIPPED, {reason}", text)
        code, text = self.run_tool("test-package")
        self.assertEqual(code, 1, text)
        self.assertIn(reason, text)
        self.assertIn("Give one with --source FOLDER.", text)

    def test_a_download_that_fails_is_named(self):
        self.set_up_is_done()
        self.stand_in("apt-get", 'case "$*" in *indextargets*) echo "Debian mirror://nowhere/debian/";; '
                      '*update*) echo "E: Could not resolve the name of the mirror"; exit 100;; esac')
        code, text = self.run_tool("test-package", "--reduced")
        self.assertEqual(code, 0, text)
        self.assertIn("SKIPPED, LAMMPS' source is not available here: E: Could not resolve the name of the mirror", text)
        sources = self.tree / "build" / "lammps-source" / "apt" / "sources.list"
        self.assertEqual(sources.read_text(), "deb-src mirror://nowhere/debian/ trixie main\n")

    def test_options(self):
        for args, pattern in ((["--fast"], "unknown option or variant '--fast'"),
                              (["-j", "0"], "-j needs a number of jobs, 1 or more, but got '0'"), (["-j"], "-j needs a value"),
                              (["--source", str(self.folder)], "--source needs the top folder of LAMMPS' source"),
                              (["--reduced", "kokkos"], "--reduced takes no variant, but got kokkos")):
            code, text = self.run_tool("test-package", *args)
            self.assertEqual(code, 1, text)
            self.assertIn(pattern, text)
        self.assertEqual(self.called(), "", "nothing may be begun before the options are read")


if __name__ == "__main__":
    unittest.main()
