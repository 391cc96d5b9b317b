# SPDX-License-Identifier: GPL-2.0-only
# Step 1 of the set-up: the compiler, build programs and libraries that Debian has; sourced by tools/setup.
# shellcheck shell=bash disable=SC2154

# package : program that proves it is there, whoever installed it. Libraries are asked for by package name.
programs=(g++:g++ cmake:cmake ninja-build:ninja)
# Alternatives: Debian 12 has Kokkos as a part of Trilinos, later releases also on its own.
libraries=("libtrilinos-kokkos-dev|libkokkos-dev" libyaml-cpp-dev libgtest-dev libgmock-dev)
# Wished for, never asked of others: a second build of the same file takes no time with it.
wishes=(ccache:ccache)

runs() { "$1" --version > /dev/null 2>&1; }

installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# True when one of the packages "a|b" is installed.
any_installed() {
  local name
  for name in ${1//|/ }; do
    if installed "$name"; then return 0; fi
  done
  return 1
}

# Fills `missing` (needed) and `wished`.
find_missing() {
  local entry
  missing=()
  wished=()
  for entry in "${programs[@]}"; do
    runs "${entry#*:}" || missing+=("${entry%%:*}")
  done
  for entry in "${libraries[@]}"; do
    any_installed "$entry" || missing+=("$entry")
  done
  for entry in "${wishes[@]}"; do
    runs "${entry#*:}" || wished+=("${entry%%:*}")
  done
}

# The first of "a|b" that apt knows; nothing when it knows none.
known_alternative() {
  local name
  for name in ${1//|/ }; do
    if apt-cache show "$name" > /dev/null 2>&1; then
      say "$name"
      return
    fi
  done
}

# Puts what apt shall install into `chosen`; false when apt does not know one of them (yet).
choose_packages() {
  local entry name
  chosen=()
  for entry in "$@"; do
    name=$(known_alternative "$entry")
    [ -n "$name" ] || return 1
    chosen+=("$name")
  done
}

apt_install() {
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=300 "${chosen[@]}"
}

# Package lists are fetched only when the ones at hand do not do.
install_packages() {
  local log="$logs/packages.log"
  need_disk / 1 "Installing Debian packages"
  if ! choose_packages "$@" || ! run_logged "$log" apt_install; then
    note "fetching apt's package lists"
    run_logged "$log" apt-get update || { last_lines "$log"; fail "apt-get update failed." "$(cause "$log")"; }
    choose_packages "$@" || fail "apt knows no package of these names: $*" \
      "Debian 12 or newer has them; is one of its parts switched off in apt's sources?"
    run_logged "$log" apt_install || { last_lines "$log"; fail "Installing Debian packages failed: ${chosen[*]}" "$(cause "$log")"; }
  fi
}

# Without root nothing is installed: names what to ask for.
ask_for_packages() {
  command -v apt-get > /dev/null || fail "These are missing, and there is no apt-get to install them with: $*" \
    "Install by your own package manager: g++ 11, cmake 3.25, ninja, Kokkos 3.4, yaml-cpp, GoogleTest with GoogleMock (or newer)," \
    "then run: tools/setup --no-packages"
  choose_packages "$@" || chosen=("${@%%|*}")
  fail "Debian packages are missing, and only root can install them. Ask for:" "" \
    "  sudo apt-get update && sudo apt-get install -y --no-install-recommends ${chosen[*]}" "" "then run tools/setup again."
}

check_versions() {
  local cmake_version gcc_version
  cmake_version=$(cmake --version | awk 'NR == 1 { print $3 }')
  [ "$(printf '%s\n' 3.25 "$cmake_version" | sort -V | head -n 1)" = 3.25 ] ||
    fail "CMake 3.25 or newer is needed, but $(command -v cmake) is $cmake_version." "Debian 12 and newer have it."
  gcc_version=$(g++ -dumpversion)
  [ "${gcc_version%%.*}" -ge 11 ] || fail "g++ 11 or newer is needed (C++20), but $(command -v g++) is $gcc_version."
}

# step_packages EXTRA...: EXTRA are packages that the chosen Python asks for.
step_packages() {
  local wanted
  find_missing
  missing+=("$@")
  if [ ${#missing[@]} -eq 0 ] && { [ ${#wished[@]} -eq 0 ] || [ "$(id -u)" != 0 ]; }; then
    say "[1/3] Debian packages: all there"
  elif [ "$(id -u)" != 0 ] || ! command -v apt-get > /dev/null; then
    say "[1/3] Debian packages: missing ${missing[*]%%|*}"
    ask_for_packages "${missing[@]}"
  else
    wanted=("${missing[@]}" "${wished[@]}")
    say "[1/3] Debian packages: installing ${wanted[*]%%|*}; needs up to 1 GB of disk and 2 minutes"
    install_packages "${wanted[@]}"
    note "done"
    hash -r
  fi
  check_versions
}
