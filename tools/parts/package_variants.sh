# SPDX-License-Identifier: GPL-2.0-only
# The builds of LAMMPS with the package, and the tests that run with each; sourced by tools/test-package.
# shellcheck shell=bash disable=SC2154
package_builds="$root/build/package"
copied_tree="$package_builds/lammps-with-package"

# configure_lammps FOLDER TREE CMAKE-OPTIONS...
configure_lammps() {
  local folder=$1 tree=$2 launcher=()
  shift 2
  if command -v ccache > /dev/null; then launcher=(-D CMAKE_CXX_COMPILER_LAUNCHER=ccache); fi
  # Image formats and threads are not tested and only cost time. Warnings of the library are errors as in the plugin's build:
  # with equal flags ccache can reuse its objects.
  cmake --fresh -G Ninja -S "$tree/cmake" -B "$folder" "${launcher[@]}" -D CMAKE_BUILD_TYPE=Release -D BUILD_OMP=off -D WITH_JPEG=off \
    -D WITH_PNG=off -D WITH_FFMPEG=off -D DOWNLOAD_POTENTIALS=off -D PKG_USER-CGFLOW=on -D PKG_MOLECULE=on -D PKG_EXTRA-MOLECULE=on \
    -D CGFLOW_PYTHON_ENV="$python_env" -D CGFLOW_WARNINGS_AS_ERRORS=on \
    -D CMAKE_PROJECT_INCLUDE="$root/tests/package/probe.cmake" -D MPI_CXX_COMPILER="$python_env/bin/mpicxx" "$@"
}

# Makes a copy of LAMMPS' tree with the package in it. Its files are hard links, which the installer replaces and never writes
# to.
copy_tree() {
  if [ ! -f "$copied_tree/.copied" ]; then
    rm -rf "$copied_tree"
    mkdir -p "$package_builds"
    cp -al "$lammps_tree" "$copied_tree"
    : > "$copied_tree/.copied"
  fi
  "$here/install-package" "$copied_tree"
  "$here/install-package" --check "$copied_tree"
}

# Prints a checksum of LAMMPS' tree, which a build must not change.
tree_state() { (cd "$lammps_tree" && find . -type f -printf '%P %s %T@\n' | sort | sha256sum); }

# write_tests FOLDER TEST...: writes a file for ctest; each TEST is a Python file of tests/lammps or tests/package.
write_tests() {
  local folder=$1 test place processors
  shift
  mkdir -p "$folder/cgflow-tests"
  for test in "$@"; do
    place=$(dirname "$test")
    processors=1
    if grep -q ranks "$test"; then processors=2; fi
    cat <<TEXT
add_test("package.$(basename "$test" .py)" "$python_env/bin/python3" "-m" "unittest" "-v" "$(basename "$test" .py)")
set_tests_properties("package.$(basename "$test" .py)" PROPERTIES WORKING_DIRECTORY "$place" TIMEOUT 1800 PROCESSORS $processors
  ENVIRONMENT "CGFLOW_BUILD_DIR=$folder;CGFLOW_PYTHON_ENV=$python_env;CGFLOW_SOURCE_DIR=$root;CGFLOW_PLUGIN_DIR=$build/plugin;PYTHONPATH=$root/tests/lammps;PYTHONDONTWRITEBYTECODE=1")
TEXT
  done > "$folder/cgflow-tests/CTestTestfile.cmake"
}

# python_module FOLDER TREE: copies LAMMPS' Python module and links it with the library of this build, for tests that use
# LAMMPS as a library.
python_module() {
  rm -rf "$1/python"
  mkdir "$1/python"
  cp -r "$2/python/lammps" "$1/python/"
  ln -s "$1/liblammps.so" "$1/python/lammps/"
}

# step NAME LOG COMMAND...: runs a command and reports how long it took, or its failure.
step() {
  local name=$1 log="$logs/package-$variant-$2.log" began=$SECONDS
  shift 2
  say "  $name"
  run_logged "$log" "$@" || { last_lines "$log"; note "$(cause "$log")"; return 1; }
  note "done in $((SECONDS - began)) s"
}

run_tests() { ctest --test-dir "$1/cgflow-tests" --no-tests=error --output-on-failure -j "$jobs"; }

# Checks that LAMMPS' own sources are compiled as without the package.
keeps_cxx17() {
  local command
  command=$(ninja -C "$1" -t commands lmp | grep -- '-c [^ ]*/src/angle.cpp$')
  if ! grep -q -- '-std=c++17' <<< "$command" || grep -q -E 'lib/cgflow|torch' <<< "$command"; then
    note "the package changes how LAMMPS' own sources are compiled: $command"
    return 1
  fi
}

# build_and_test FOLDER TREE OPTIONS...: configures, compiles, and runs `tests`.
build_and_test() {
  local folder=$1 before
  before=$(tree_state)
  step "configuring" configure configure_lammps "$@" || return 1
  keeps_cxx17 "$folder" || return 1
  step "compiling with $jobs jobs" build cmake --build "$folder" -j "$jobs" --target lmp || return 1
  [ "$(tree_state)" = "$before" ] || { note "LAMMPS' tree $lammps_tree was changed by the build"; return 1; }
  [ $build_only = no ] || return 0
  if [ -f "$folder/liblammps.so" ]; then python_module "$folder" "$2"; fi
  write_tests "$folder" "${tests[@]}"
  step "tests with it" test run_tests "$folder" || return 1
  grep -E 'tests passed|tests failed' "$logs/package-$variant-test.log" | sed 's/^/      /'
}

# sees_kokkos FOLDER WHERE: checks that the library is compiled with the Kokkos headers in WHERE and with no others.
sees_kokkos() {
  local commands
  commands=$(ninja -C "$1" -t commands lmp | grep -- '-c [^ ]*/kernels/runtime.cpp$')
  grep -q -- "-isystem [^ ]*$2" <<< "$commands" || { note "the library does not see LAMMPS' Kokkos in $2: $commands"; return 1; }
  if grep -q trilinos <<< "$commands"; then note "the library sees a second Kokkos: $commands"; return 1; fi
}

# Kokkos 4.5 is rarely installed, so this only configures: with a stand-in for an installed one, and with the one that LAMMPS
# would download for its build. Neither may pick up Debian's Kokkos, which is also installed.
test_kokkos() {
  local folder="$package_builds/kokkos" kokkos=(-D BUILD_MPI=on -D PKG_KOKKOS=on)
  kokkos+=(-D CMAKE_PROJECT_lammps_INCLUDE="$root/cmake/lammps_package.cmake")
  step "configuring with an installed Kokkos" installed configure_lammps "$folder" "$lammps_tree" "${kokkos[@]}" -D EXTERNAL_KOKKOS=on \
    -D Kokkos_DIR="$root/tests/package/kokkos" && sees_kokkos "$folder" tests/package/kokkos/include || return 1
  step "configuring with LAMMPS' own Kokkos" own configure_lammps "$folder" "$lammps_tree" "${kokkos[@]}" -D DOWNLOAD_KOKKOS=on &&
    sees_kokkos "$folder" kokkos_build
}

# LAMMPS' unit tests download googletest; this gives them the source in Debian's package instead.
configure_harness() {
  local folder=$1 archive="$package_builds/googletest.tar.gz"
  tar -c -C /usr/src googletest | gzip -n > "$archive" || return 1
  cmake -S "$lammps_tree/cmake" -B "$folder" -D MPI_C_COMPILER="$python_env/bin/mpicc" -D ENABLE_TESTING=on -D GTEST_URL="file://$archive" \
    -D GTEST_MD5="$(md5sum < "$archive" | cut -c 1-32)"
}

# Runs LAMMPS' own test programs on our styles, with one YAML file of references per style: plain, newton off, restart, data
# file, respa.
test_harness() {
  local folder="$package_builds/smallbig-mpi" ours="$root/tests/package/yaml" yaml tester input
  if [ ! -f /usr/src/googletest/CMakeLists.txt ] || [ ! -f /usr/include/yaml.h ]; then
    note "needs the Debian packages googletest and libyaml-dev: apt-get install googletest libyaml-dev"
    return 1
  fi
  [ -x "$folder/lmp" ] || { note "needs the build of smallbig-mpi: tools/test-package smallbig-mpi harness"; return 1; }
  step "configuring LAMMPS' unit tests" configure configure_harness "$folder" || return 1
  step "compiling them" build cmake --build "$folder" -j "$jobs" --target test_pair_style test_fix_timestep || return 1
  mkdir -p "$package_builds/harness/cgflow-tests"
  for yaml in "$ours"/*.yaml; do
    tester=test_pair_style
    if [[ "$yaml" == */fix-* ]]; then tester=test_fix_timestep; fi
    input=$ours
    if grep -q 'input_file: in.fourmol' "$yaml"; then input="$lammps_tree/unittest/force-styles/tests"; fi
    cat <<TEXT
add_test("harness.$(basename "$yaml" .yaml)" "$folder/$tester" "$yaml" "-d" "$input")
set_tests_properties("harness.$(basename "$yaml" .yaml)" PROPERTIES ENVIRONMENT "LD_LIBRARY_PATH=$python_env/lib;OMP_NUM_THREADS=1"
  FAIL_REGULAR_EXPRESSION "FAILED;SKIPPED[^\n]*[.]plain")
TEXT
  done > "$package_builds/harness/cgflow-tests/CTestTestfile.cmake"
  step "running them" test run_tests "$package_builds/harness" || return 1
  grep -E 'tests passed|tests failed' "$logs/package-$variant-test.log" | sed 's/^/      /'
}

# test_variant NAME: builds and tests a variant in its own folder of build/package.
test_variant() {
  variant=$1
  local folder="$package_builds/$variant" untouched=(-D CMAKE_PROJECT_lammps_INCLUDE="$root/cmake/lammps_package.cmake")
  local more=(-D PKG_KSPACE=on -D PKG_RIGID=on -D PKG_EXTRA-DUMP=on -D PKG_PLUGIN=on -D PKG_OPENMP=on -D BUILD_SHARED_LIBS=on)
  local tests=("$root"/tests/package/test_*.py "$root"/tests/lammps/test_*.py)
  say "== $variant"
  if [ $reduced = yes ]; then
    tests=("$root"/tests/package/test_*.py "$root/tests/lammps/test_examples.py" "$root/tests/lammps/test_molecule_examples.py")
    build_and_test "$package_builds/reduced" "$lammps_tree" "${untouched[@]}" -D BUILD_MPI=on -D PKG_PLUGIN=on -D cgflow_DIR="$build"
    return
  fi
  case "$variant" in
    smallbig-mpi)
      build_and_test "$folder" "$lammps_tree" "${untouched[@]}" "${more[@]}" -D BUILD_MPI=on -D LAMMPS_SIZES=smallbig ;;
    bigbig-mpi)
      step "copying the package into a LAMMPS tree" install copy_tree &&
        build_and_test "$folder" "$copied_tree" "${more[@]}" -D BUILD_MPI=on -D LAMMPS_SIZES=bigbig ;;
    smallbig-serial)
      build_and_test "$folder" "$lammps_tree" "${untouched[@]}" "${more[@]}" -D BUILD_MPI=off -D LAMMPS_SIZES=smallbig ;;
    harness) test_harness ;;
    kokkos) test_kokkos ;;
  esac
}
