# SPDX-License-Identifier: GPL-2.0-only
"""Python side of cgflow: reading, comparing and plotting PMFs, importing molecules, comparing sampling methods, and
benchmarks.

Each program that a user can call is a module of `cgflow.programs` with a function main(argv). The other subpackages hold
its parts: `pmf` (files and pictures of PMFs), `molecule` (force fields to LAMMPS), `compare` (sampling methods), `bench`
(speed). Importing this package has no side effects.
"""


def __getattr__(name):
    if name == "__version__":
        from .checkout import version
        return version()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
