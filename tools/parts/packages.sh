# SPDX-License-Identifier: GPL-2.0-only
# Step 1 of the set-up: compiler, build programs and libraries from Debian packages; sourced by tools/setup.
# shellcheck shell=bash disable=SC2154

# package:program. A program that runs is enough, from whatever source. Libraries are looked up by package name.
programs=(g++:g++ cmake:cmake ninja-build:ninja)
# a|b are alternatives: Debian 12 has Kokkos as a part of Trilinos, later releases also as a package of its own.
libraries=("libtrilinos-kokkos-dev|libkokkos-dev" libyaml-cpp-dev libgtest-dev libgmock-dev)
# Optional, installed only with root rights: with ccache a second build of the same file takes no time.
wishes=(ccache:ccache)

runs() { "$1" --version > /dev/null 2>&1; }

installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# any_installed 'a|b': true when one of the packages is installed.
any_installed() {
  local name
  for name in ${1//|/ }; do
    if installed "$name"; then return 0; fi
  done
  return 1
}

# Sets `missing` (required packages) and `wished` (optional ones).
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

# known_alternative 'a|b': prints the first one that apt knows; nothing when it knows none.
known_alternative() {
  local name
  for name in ${1//|/ }; do
    if apt-cache show "$name" > /dev/null 2>&1; then
      say "$name"
      return
    fi
  done
}

# choose_packages 'a|b'...: sets `chosen` to the packages for apt to install; false when apt does not know one of them (yet).
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

# Fetches package lists only when the present ones are not sufficient.
install_packages() {
  local log="$logs/packages.log"
  need_disk / 1 "Installing Debian packages"
  if ! choose_packages "$@" || ! run_logged "$log" apt_install; then
    note "fetching apt's package lists"
    run_logged "$log" apt-get update || { last_lines "$log"; fail "apt-get update failed." "$(cause "$log")"; }
    choose_packages "$@" || fail "apt knows no package of these names: $*" \
      "Debian 12 or newer has them; is one of its components disabled in apt's sources?"
    run_logged "$log" apt_install || { last_lines "$log"; fail "Installing Debian packages failed: ${chosen[*]}" "$(cause "$log")"; }
  fi
}

# Without root rights nothing is installed; this says what to ask the administrator for.
ask_for_packages() {
  command -v apt-get > /dev/null || fail "These packages are missing, and there is no apt-get to install them: $*" \
    "Install with your package manager: g++ 12, cmake 3.25, ninja, Kokkos 3.4, yaml-cpp, GoogleTest with GoogleMock (or newer)," \
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
  [ "${gcc_version%%.*}" -ge 12 ] || fail "g++ 12 or newer is needed (C++20), but $(command -v g++) is $gcc_version."
}

# step_packages EXTRA...: EXTRA are packages that the chosen Python needs.
step_packages() {
  local wanted
  find_missing
  missing+=("$@")
  if [ ${#missing[@]} -eq 0 ] && { [ ${#wished[@]} -eq 0 ] || [ "$(id -u)" != 0 ]; }; then
    say "[1/3] Debian packages: all installed"
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
