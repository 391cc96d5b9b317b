// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow_child_pairs.h"

#include "cgflow/molecule_graph.h"
#include "cgflow_child_molecule.h"

#include "atom.h"
#include "force.h"
#include "lammps.h"
#include "pair.h"
#include "utils.h"
#include "utils.h"

#include "fmt/format.h"

#include <cmath>

using namespace LAMMPS_NS;

const char *const LAMMPS_NS::kCGFlowBondsWithoutTerms =
    "The bonds define the molecule, also where the force field needs none (ReaxFF, machine-learned potentials): write them into the data "
    "file (atom_style full), with bond_style zero and special_bonds lj/coul 1 1 1";

namespace {

const char kCharmm[] = "lj/charmm/coul/charmm";

std::string replaced(std::string text, const std::string &from, const std::string &to)
{
  const auto at = text.rfind(from);
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

// The style of the same form without a long-range sum; empty when LAMMPS has none.
std::string same_with_cutoff(const LAMMPS *lmp)
{
  const std::string style = lmp->force->pair_style ? lmp->force->pair_style : "";
  // These dihedrals have the 1-4 pairs, and take their coefficients from a pair style of CHARMM.
  if (lmp->force->dihedral_style && utils::strmatch(lmp->force->dihedral_style, "^charmm") &&
      utils::strmatch(style, "^lj/charmm") && lmp->force->pair_map->count(kCharmm))
    return kCharmm;
  for (const char *sum : {"coul/long", "coul/msm"}) {
    std::string cut = replaced(style, sum, "coul/cut");
    if (cut == style) continue;
    for (const std::string &name : {cut, replaced(cut, "/long/coul", "/coul"), replaced(cut, "/charmm/coul", "/cut/coul"),
                                    replaced(cut, "/long/coul", "/cut/coul")})
      if (lmp->force->pair_map->count(name)) return name;
  }
  return "";
}

}    // namespace

std::string LAMMPS_NS::cgflow_child_short_range(LAMMPS *child)
{
  const std::string name = same_with_cutoff(child);
  std::string text = "a molecule alone needs no long-range sum: leave out kspace_style and write ";
  text += name.empty() ? "a pair_style .../coul/cut"
                       : fmt::format("pair_style {} instead of {}", name, child->force->pair_style);
  text += name == kCharmm ? ", with both cutoffs beyond the stretched molecule"
                          : ", with a cutoff beyond the stretched molecule";
  const cgflow::Molecule molecule = cgflow_child_molecule(child, false);
  const double length = molecule.bonds.empty() ? 0.0 : cgflow::stretched_length(molecule);
  return length > 0.0 && std::isfinite(length) ? text + fmt::format(" ({:.4g})", length) : text;
}

std::string LAMMPS_NS::cgflow_child_with_help(LAMMPS *child, const std::string &error)
{
  if (!child || !child->force || !child->atom || child->atom->nlocal == 0) return error;
  const std::string known = "requires a KSpace style";
  const auto at = error.find(known);
  // The place in the source of LAMMPS is left out: class Error would cut the text there.
  return at == std::string::npos ? error : error.substr(0, at) + known + "; " + cgflow_child_short_range(child);
}

std::string LAMMPS_NS::cgflow_child_missing_pairs(LAMMPS *child)
{
  const Force *force = child->force;
  const Atom *atom = child->atom;
  if (!force->pair || !force->pair->manybody_flag || atom->molecular == Atom::ATOMIC) return "";
  const bool terms[] = {atom->nbonds > 0, atom->nangles > 0, atom->ndihedrals > 0};
  for (int k = 0; k < 3; ++k)
    if (terms[k] && force->special_lj[k + 1] == 0.0 && force->special_coul[k + 1] == 0.0)
      return fmt::format(
          "pair_style {} needs all pairs of atoms, but special_bonds has the weight 0 for 1-{} neighbors, so that it does "
          "not see them; write special_bonds lj/coul 1 1 1",
          force->pair_style, k + 2);
  return "";
}
