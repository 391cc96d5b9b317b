// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow_cite.h"

#include "citeme.h"
#include "lammps.h"

namespace LAMMPS_NS {

namespace {
const char kReference[] =
    "USER-CGFLOW package: arXiv:2402.01195\n\n"
    "@InProceedings{Schopmans2024,\n"
    " author    = {Schopmans, Henrik and Friederich, Pascal},\n"
    " title     = {Conditional Normalizing Flows for Active Learning of Coarse-Grained Molecular Representations},\n"
    " booktitle = {Proceedings of the 41st International Conference on Machine Learning},\n"
    " year      = {2024},\n"
    " note      = {arXiv:2402.01195}\n"
    "}\n\n";
}    // namespace

void cgflow_cite(LAMMPS *lmp)
{
  if (lmp->citeme) lmp->citeme->add(kReference);
}

}    // namespace LAMMPS_NS
