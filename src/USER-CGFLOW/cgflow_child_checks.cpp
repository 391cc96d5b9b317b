// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow_child_checks.h"

#include "cgflow/error.h"
#include "cgflow_child_pairs.h"

#include "atom.h"
#include "domain.h"
#include "fix.h"
#include "force.h"
#include "lammps.h"
#include "modify.h"
#include "output.h"
#include "pair.h"
#include "update.h"
#include "utils.h"

#include <limits>
#include <vector>

using namespace LAMMPS_NS;
using cgflow::EnergyError;

namespace {

const std::string kConstrains = "it constrains the molecule, whose coordinates must all be free";

void check_atoms(LAMMPS *lmp)
{
  const Atom *atom = lmp->atom;
  if (!lmp->domain->box_exist || atom->natoms == 0) throw EnergyError("defines no atoms; one molecule is needed");
  if (!atom->tag_enable) throw EnergyError("atoms have no IDs (atom_modify id no); IDs 1 to N are needed");

  const int n = atom->nlocal;
  std::vector<char> seen(n + 1, 0);
  for (int i = 0; i < n; ++i) {
    const tagint id = atom->tag[i];
    if (id < 1 || id > n || seen[id])
      throw EnergyError("atom ID " + std::to_string(id) + " with " + std::to_string(n) +
                        " atoms; IDs must be 1 to N (reset_atoms id)");
    seen[id] = 1;
  }
  if (!atom->molecule_flag) {
    if (n > 1)
      throw EnergyError("atom_style " + std::string(atom->atom_style) + " with " + std::to_string(n) + " atoms counts as " +
                        std::to_string(n) + " molecules; one molecule is allowed. " + kCGFlowBondsWithoutTerms);
    return;
  }
  for (int i = 1; i < n; ++i)
    if (atom->molecule[i] != atom->molecule[0])
      throw EnergyError("atoms have several molecule IDs (" + std::to_string(atom->molecule[0]) + ", " +
                        std::to_string(atom->molecule[i]) + "); one molecule is allowed");
}

void check_box(LAMMPS *lmp, const std::string &parent_units, bool absolute)
{
  if (parent_units != lmp->update->unit_style)
    throw EnergyError("units " + std::string(lmp->update->unit_style) + " differ from the main script's units " +
                      parent_units);
  if (lmp->domain->triclinic) throw EnergyError("box is triclinic; an orthogonal box is needed");
  // In a shrink-wrapped box the position of a copy would depend on the other copies.
  if (absolute && lmp->domain->nonperiodic == 2)
    throw EnergyError("box is shrink-wrapped; where positions are absolute, boundary f or p is needed");
  if (lmp->force->kspace)
    throw EnergyError("kspace_style " + std::string(lmp->force->kspace_style) +
                      " is not allowed: copies of the molecule would interact, and " + cgflow_child_short_range(lmp));
}

void check_fix(LAMMPS *lmp, Fix *fix)
{
  using namespace FixConst;
  const std::string name = "fix " + std::string(fix->id) + " of style " + fix->style;
  const std::string refused = fix->rigid_flag ? kConstrains : cgflow_refused_fix(fix->style);
  if (!refused.empty()) throw EnergyError(name + " is not allowed: " + refused);
  const int mask = lmp->modify->get_fix_mask(fix);
  const bool thermostat = utils::strmatch(fix->style, "^langevin") || utils::strmatch(fix->style, "^temp/") ||
                          utils::strmatch(fix->style, "^press/");
  if (fix->time_integrate || thermostat || (mask & (INITIAL_INTEGRATE | FINAL_INTEGRATE)))
    throw EnergyError(name + " is not allowed: it is for moving atoms, and an atomistic script defines the system and " +
                      "nothing else");
  if (fix->box_change) throw EnergyError(name + " is not allowed: it changes the box");
  if (mask & (END_OF_STEP | PRE_EXCHANGE))
    throw EnergyError(name + " is not allowed: it acts as a run goes on, and an atomistic script defines the system and " +
                      "nothing else");
}

void add_name(std::string &names, const Fix *fix)
{
  names += (names.empty() ? "" : ", ") + std::string(fix->id) + " (" + fix->style + ")";
}

}    // namespace

std::string LAMMPS_NS::cgflow_refused_fix(const std::string &style)
{
  for (const char *begin : {"^rigid", "^shake", "^rattle", "^poems"})
    if (utils::strmatch(style, begin)) return kConstrains;
  if (style == "cgflow/al" || style == "cgflow/mc") return "an atomistic script defines the system and nothing else";
  return "";
}

void LAMMPS_NS::cgflow_check_child_system(LAMMPS *child, const std::string &parent_units, bool absolute)
{
  if (child->output->ndump > 0) throw EnergyError("dump is not allowed: an atomistic script defines the system only");
  if (child->output->restart_flag) throw EnergyError("restart is not allowed: an atomistic script defines the system only");
  for (auto *fix : child->modify->get_fix_list()) check_fix(child, fix);
  check_atoms(child);
  check_box(child, parent_units, absolute);
}

std::string LAMMPS_NS::cgflow_child_global_energies(LAMMPS *child)
{
  std::string names;
  for (auto *fix : child->modify->get_fix_list())
    if (fix->energy_global_flag && fix->thermo_energy && !fix->energy_peratom_flag) add_name(names, fix);
  return names;
}

std::string LAMMPS_NS::cgflow_child_energy_fixes(LAMMPS *child)
{
  std::string names;
  for (auto *fix : child->modify->get_fix_list())
    if (fix->energy_global_flag && fix->thermo_energy && !utils::strmatch(fix->style, "^cmap")) add_name(names, fix);
  return names;
}

bool LAMMPS_NS::cgflow_child_setup_is_slow(LAMMPS *child)
{
  for (auto *fix : child->modify->get_fix_list())
    if (utils::strmatch(fix->style, "^cmap")) return true;
  return false;
}

std::string LAMMPS_NS::cgflow_child_silent_fixes(LAMMPS *child)
{
  std::string names;
  for (auto *fix : child->modify->get_fix_list())
    if (fix->energy_global_flag && !fix->thermo_energy) add_name(names, fix);
  return names;
}

double LAMMPS_NS::cgflow_child_reach(LAMMPS *child) { return child->force->pair ? child->force->pair->cutforce : 0.0; }

// For a hybrid style, the longest cutoff. The cutoff of gb/obc does not count: that style sums over all pairs, and its cutoff only
// says how far ghost atoms reach.
double LAMMPS_NS::cgflow_child_cutoff(LAMMPS *child)
{
  const Force *force = child->force;
  const bool cuts = force->pair && force->pair->cutforce > 0.0 && !utils::strmatch(force->pair_style, "^gb/obc");
  return cuts ? force->pair->cutforce : std::numeric_limits<double>::infinity();
}
