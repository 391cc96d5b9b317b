# SPDX-License-Identifier: GPL-2.0-only
# Messages and logged steps of tools/setup, tools/test-package and tools/test-sanitized; sourced by them. `program` is the
# name in error messages.
# shellcheck shell=bash

say() { printf '%s\n' "$*"; }
note() { printf '      %s\n' "$*"; }

# fail WHAT [LINE...]: prints what failed, then why and what to do about it, and exits.
fail() {
  printf '\n%s: %s\n' "${program:-tools/setup}" "$1" >&2
  shift
  if [ $# -gt 0 ]; then printf '  %s\n' "$@" >&2; fi
  exit 1
}

# need_disk FOLDER GB WHAT: fails when the file system of FOLDER has less than GB gigabytes free.
need_disk() {
  local free_kb need_kb
  free_kb=$(df -Pk "$1" | awk 'NR == 2 { print $4 }')
  need_kb=$(awk -v gb="$2" 'BEGIN { printf "%d", gb * 1000000 }')
  [ "$free_kb" -ge "$need_kb" ] ||
    fail "$3 needs $2 GB of free disk, but the file system of $1 has $(awk -v kb="$free_kb" 'BEGIN { printf "%.1f", kb / 1e6 }') GB." \
      "Free some space, or clone the repository to a larger disk."
}

child=
# Ctrl-C ends the program of the step and all its children, which do not receive the signal in the background.
end_child() {
  [ -z "$child" ] || kill -- "-$child" 2>/dev/null || true
  printf '\n%s: interrupted; the next call continues from here.\n' "${program:-tools/setup}" >&2
  exit 130
}
trap end_child INT TERM

# run_logged LOG COMMAND...: runs COMMAND with its output in LOG, shows its last line every 30 s, and returns its exit code.
run_logged() {
  local log=$1 began=$SECONDS told=$SECONDS code=0
  shift
  : > "$log"
  set -m    # the command gets a process group of its own, which can be ended as a whole
  "$@" < /dev/null >> "$log" 2>&1 &
  child=$!
  set +m
  while kill -0 "$child" 2>/dev/null; do
    sleep 0.2
    if [ $((SECONDS - told)) -ge 30 ]; then
      told=$SECONDS
      note "$((SECONDS - began)) s: $(tail -n 1 "$log" | tr -d '\r' | cut -c 1-90)"
    fi
  done
  wait "$child" || code=$?
  child=
  return $code
}

# last_lines LOG: shows the end of the log of a failed step.
last_lines() {
  printf '\n  last lines of %s:\n' "$1" >&2
  { grep -v '^[[:space:]]*$' "$1" || echo "(the log is empty)"; } | tail -n 15 | sed 's/^/  | /' >&2
}

# cause LOG: prints advice for the common causes of failure that a log names, often not in its last line.
cause() {
  if grep -q -i 'no space left on device' "$1"; then
    say "The disk is full: free some space and call it again."
  elif grep -q -E -i 'Killed signal|signal 9|out of memory|cannot allocate memory' "$1"; then
    say "The machine ran out of memory: close programs, or build with fewer jobs (tools/setup -j 1)."
  elif grep -q -E -i 'name resolution|temporary failure resolving|could not resolve|connection (timed out|refused|reset)|network is unreachable|ReadTimeout|max retries' "$1"; then
    say "The network did not answer: check the connection (and pip's or apt's proxy settings) and call it again."
  elif grep -q -i 'shm_open' "$1"; then
    say "MPI cannot use shared memory: /dev/shm must be writable (in a container, mount it)."
  elif grep -q -i 'no matching distribution' "$1"; then
    say "A pinned package has no wheel for this Python: give another one, tools/setup --python PROGRAM (3.11 to 3.14)."
  elif grep -q -E -i 'could not get lock|dpkg was interrupted' "$1"; then
    say "Another package manager is running or was interrupted: wait for it, or run 'dpkg --configure -a', and call it again."
  else
    say "The full log is $1. Calling it again continues from here."
  fi
}

# Prints the number of compiler jobs that cores and memory allow: a file that includes ATen takes about 1.5 GB.
compile_jobs() {
  local cores memory_kb limit
  cores=$(nproc)
  memory_kb=$(awk '/^MemAvailable:/ { print $2 }' /proc/meminfo)
  limit=$(cat /sys/fs/cgroup/memory.max 2>/dev/null || say max)
  if [ "$limit" != max ]; then
    limit=$(((limit - $(cat /sys/fs/cgroup/memory.current)) / 1024))
    [ "$limit" -ge "$memory_kb" ] || memory_kb=$limit
  fi
  awk -v cores="$cores" -v kb="$memory_kb" 'BEGIN {
    jobs = int(kb / 1.5e6); if (jobs > cores) jobs = cores; if (jobs < 1) jobs = 1; print jobs }'
}
