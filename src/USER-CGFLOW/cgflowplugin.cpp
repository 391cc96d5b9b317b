// SPDX-License-Identifier: GPL-2.0-only
// Entry of the LAMMPS plugin: one table of styles.
extern "C" __attribute__((visibility("default"))) void lammpsplugin_init(void *, void *, void *) {}
