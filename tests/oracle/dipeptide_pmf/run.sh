#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs metadynamics of one dipeptide, unless its result exists, and walkers under its frozen biases:
#   LMP=lmp ./run.sh NAME STEPS WALKER [WALKER ...]
# Run it in a folder with these scripts and with in.NAME and NAME.data of the example. lmp needs COLVARS and pair_style gb/obc.
set -euo pipefail
name=$1 steps=$2
python3 dipeptide_pmf.py inputs "$name"
[ -f "$name.bias.colvars.state" ] || ${LMP:-lmp} -in in.bias -var name "$name" -log "$name.bias.log" -screen none
python3 dipeptide_pmf.py freeze "$name"
for walker in "${@:3}"; do
  ${LMP:-lmp} -in in.sample -var name "$name" -var walker "$walker" -var steps "$steps" \
    -var pull "$(python3 dipeptide_pmf.py pull "$name" "$walker")" -log "$name.$walker.log" -screen none
done
