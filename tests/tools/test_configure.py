# SPDX-License-Identifier: GPL-2.0-only
"""What a build reports about Kokkos when it is configured, with stand-ins for installed ones. Only CMake's own checks are
compiled."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ.get("CGFLOW_SOURCE_DIR", pathlib.Path(__file__).resolve().parents[2]))
PYTHON_ENV = os.environ.get("CGFLOW_PYTHON_ENV", str(SOURCE / "build/venv"))

# The parts of an installed Kokkos' configuration that the build reads. The note appears when the build asks for Kokkos'
# compiler.
KOKKOS = """
set(Kokkos_DEVICES {devices})
add_library(Kokkos::kokkos INTERFACE IMPORTED)
function(kokkos_compilation)
  message(STATUS "Kokkos' compiler: ${{ARGN}}")
endfunction()
"""
VERSION = """
set(PACKAGE_VERSION 4.6.1)
set(PACKAGE_VERSION_COMPATIBLE TRUE)
"""


class Configure(unittest.TestCase):
    def configure(self, devices, *options):
        """(exit code, text) of configuring the library with a Kokkos that has these backends."""
        folder = pathlib.Path(tempfile.mkdtemp(prefix="cgflow test "))
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        (folder / "KokkosConfig.cmake").write_text(KOKKOS.format(devices=devices))
        (folder / "KokkosConfigVersion.cmake").write_text(VERSION)
        done = subprocess.run(["cmake", "-G", "Ninja", "-S", str(SOURCE), "-B", str(folder / "build"), f"-DKokkos_DIR={folder}",
                               f"-DCGFLOW_PYTHON_ENV={PYTHON_ENV}", "-DCGFLOW_BUILD_PLUGIN=OFF", "-DCGFLOW_BUILD_TESTS=OFF", *options],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=240)
        # CMake breaks the lines of errors.
        return done.returncode, " ".join(done.stdout.split())

    def test_says_what_a_build_will_use(self):
        code, text = self.configure("SERIAL")
        self.assertEqual(code, 0, text)
        for words in ("LAMMPS none: the library alone", "with SERIAL", "kernels on the host by SERIAL, one thread a rank",
                      "its CPU libraries alone", "tests are not built"):
            self.assertIn(words, text)
        self.assertNotIn("no kernel runs on it", text)
        self.assertRegex(text, r"LibTorch \d+\.\d+")

    def test_takes_openmp_where_there_is_both(self):
        for devices in ("OPENMP;SERIAL", "SERIAL;OPENMP"):
            code, text = self.configure(devices)
            self.assertEqual(code, 0, text)
            self.assertIn("kernels on the host by OPENMP, as many threads a rank as the program asks OpenMP for", text)

    def test_cuda_asks_for_its_compiler_in_one_target_and_says_that_no_kernel_runs_there(self):
        code, text = self.configure("CUDA;SERIAL")
        self.assertEqual(code, 0, text)
        self.assertIn("Kokkos' compiler: TARGET;cgflow_kokkos", text)
        self.assertIn("kernels on the host by SERIAL", text)
        self.assertIn("no kernel runs on it", text)

    def test_refuses_devices_that_nobody_has_tried(self):
        code, text = self.configure("HIP;SERIAL")
        self.assertNotEqual(code, 0)
        self.assertIn("has the backend HIP: expected one with SERIAL or OPENMP, and CUDA at most besides", text)

    def test_refuses_compilers_with_which_kernels_are_slow(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="cgflow test "))
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        # GCC under the names of others, as CMake sees them.
        for macros, name in (("-D__clang__=1 -D__clang_major__=14 -D__clang_minor__=0 -D__clang_patchlevel__=6", "Clang 14.0.6"),
                             ("-U__GNUC__ -U__GNUC_MINOR__ -D__GNUC__=11 -D__GNUC_MINOR__=4", "GNU 11.4")):
            compiler = folder / "compiler"
            compiler.write_text(f'#!/bin/sh\nexec g++ -w {macros} "$@"\n')
            compiler.chmod(0o755)
            code, text = self.configure("SERIAL", f"-DCMAKE_CXX_COMPILER={compiler}")
            self.assertNotEqual(code, 0)
            self.assertIn(f"cgflow got the compiler {name}", text)
            self.assertIn("expected GCC 12 or newer: others leave its kernels several times slower. Set -D CMAKE_CXX_COMPILER=g++", text)


if __name__ == "__main__":
    unittest.main()
