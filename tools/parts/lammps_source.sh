# SPDX-License-Identifier: GPL-2.0-only
# LAMMPS' source from Debian; sourced by tools/test-package.
# shellcheck shell=bash disable=SC2154
lammps_package=20250204+dfsg.1-2
lammps_suite=trixie
lammps_home="$root/build/lammps-source"
lammps_tree="$lammps_home/lammps-4Feb2025"

# Prints the Debian mirror of the user's apt: from apt itself, or from its sources before the first apt-get update.
debian_mirror() {
  local known
  # shellcheck disable=SC2016  # apt's variables, not the shell's
  known=$(apt-get indextargets --format '$(ORIGIN) $(REPO_URI)' 2>/dev/null | awk '$1 == "Debian" && $2 !~ /security/ { print $2; exit }')
  [ -n "$known" ] || known=$(grep -r -h -s -v '^#' /etc/apt/sources.list /etc/apt/sources.list.d | grep -o -E '[a-z]+://[^ ]+/debian/?( |$)' |
    head -n 1 | tr -d ' ' || true)
  say "$known"
}

# apt-get with its own lists and cache; those of the user are neither read nor changed.
private_apt() {
  apt-get -o Dir::Etc::SourceList="$lammps_home/apt/sources.list" -o Dir::Etc::SourceParts=/dev/null \
    -o Dir::State::Lists="$lammps_home/apt/lists" -o Dir::Cache="$lammps_home/apt/cache" -o APT::Sandbox::User=root "$@"
}

# Returns 3 when the source is not available here.
download_lammps() {
  local mirror
  command -v apt-get > /dev/null || { echo "no apt-get to download it from Debian"; return 3; }
  mirror=$(debian_mirror)
  [ -n "$mirror" ] || { echo "apt's sources name no mirror of Debian"; return 3; }
  mkdir -p "$lammps_home/apt/lists/partial" "$lammps_home/apt/cache/archives/partial"
  printf 'deb-src %s %s main\n' "$mirror" "$lammps_suite" > "$lammps_home/apt/sources.list"
  private_apt -o APT::Update::Error-Mode=any update || return 3
  (cd "$lammps_home" && private_apt source --download-only --tar-only "lammps=$lammps_package") || return 3
  compgen -G "$lammps_home/lammps_*.orig.tar.xz" > /dev/null || { echo "apt-get has downloaded no lammps_*.orig.tar.xz"; return 3; }
}

# Leaves out documentation, examples and bench, three quarters of the files. The unit tests of LAMMPS need two of the examples.
unpack_lammps() {
  rm -rf "$lammps_tree"
  tar -x -f "$lammps_home"/lammps_*.orig.tar.xz -C "$lammps_home" --exclude='lammps-*/examples/[!Cp]*' --exclude='lammps-*/doc/*' \
    --exclude='lammps-*/bench/*'
  rm -rf "$lammps_home/apt"
  : > "$lammps_home/.unpacked"
}

# Makes $lammps_tree; false when the source is not available, with the reason in `lammps_fault`.
get_lammps_source() {
  local log="$logs/lammps-source.log"
  [ ! -f "$lammps_home/.unpacked" ] || return 0
  mkdir -p "$lammps_home"
  if ! compgen -G "$lammps_home/lammps_*.orig.tar.xz" > /dev/null; then
    need_disk "$lammps_home" 1 "LAMMPS' source"
    say "LAMMPS' source: downloading lammps $lammps_package, 130 MB, from Debian's $lammps_suite"
    run_logged "$log" download_lammps || {
      lammps_fault=$(grep -v '^[[:space:]]*$' "$log" | tail -n 1)
      return 1
    }
  fi
  run_logged "$log" unpack_lammps || { last_lines "$log"; fail "Unpacking LAMMPS' source failed." "$(cause "$log")"; }
}
