# SPDX-License-Identifier: GPL-2.0-only
"""Import of a molecule: readers of AMBER and OpenMM force fields fill one model, and writers make LAMMPS files of it."""
