# SPDX-License-Identifier: GPL-2.0-only
# Programs of tests/lammps that run longer than a test should; sourced by tools/test-kill and tools/test-malformed.
# shellcheck shell=bash disable=SC2154

fail() {
  printf '%s: %s\n' "$program" "$*" >&2
  exit 1
}

# run_lammps_tests FILE ARGUMENTS...: runs a Python program of tests/lammps with the plugin of this checkout.
run_lammps_tests() {
  if [ -z "$(lammps_folder)" ] || ! compgen -G "$build/plugin/*plugin.so" > /dev/null; then
    fail "not set up yet: no LAMMPS in $python_env or no plugin in $build/plugin. Run tools/setup first."
  fi
  export CGFLOW_SOURCE_DIR="$root" CGFLOW_BUILD_DIR="$build" PYTHONDONTWRITEBYTECODE=1
  cd "$root/tests/lammps"
  exec "$python_env/bin/python3" "$@"
}
