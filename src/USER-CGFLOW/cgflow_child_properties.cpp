// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow_child_properties.h"

#include "cgflow_child_sections.h"

#include "atom.h"
#include "fix.h"
#include "group.h"
#include "lammps.h"
#include "lmptype.h"
#include "modify.h"
#include "utils.h"

#include "fmt/format.h"

#include <algorithm>
#include <iterator>

using namespace LAMMPS_NS;

namespace {

const char kStyle[] = "^property/atom";

// Keywords of fix property/atom for properties that some atom styles have themselves.
struct Keyword {
  const char *name;
  int Atom::*flag;
  double *Atom::*values;    // null for molecule IDs, which tell the copies apart
};

constexpr Keyword kKeywords[] = {{"mol", &Atom::molecule_flag, nullptr},
                                 {"q", &Atom::q_flag, &Atom::q},
                                 {"rmass", &Atom::rmass_flag, &Atom::rmass},
                                 {"temperature", &Atom::temperature_flag, &Atom::temperature},
                                 {"heatflow", &Atom::heatflow_flag, &Atom::heatflow}};

}    // namespace

std::string CGFlowChildProperties::obstacle(LAMMPS *child)
{
  const Atom *atom = child->atom;
  auto first_of = [&](const int *fixes, int n) {
    for (int i = 0; i < n; ++i) {
      const Fix *fix = child->modify->get_fix_by_index(fixes[i]);
      if (fix && !utils::strmatch(fix->style, kStyle) && !CGFlowChildSections::carries(fix->style))
        return fmt::format("fix {} of style {}", fix->id, fix->style);
    }
    return std::string();
  };
  const std::string growing = first_of(atom->extra_grow, atom->nextra_grow);
  if (!growing.empty()) return growing;
  const std::string restarting = first_of(atom->extra_restart, atom->nextra_restart);
  if (!restarting.empty()) return restarting;
  return atom->nextra_store ? "per-atom data of a restart file" : "";
}

CGFlowChildProperties::CGFlowChildProperties(CGFlowChildInstance &instance)
    : instance_(instance), lmp_(instance.lammps()), n_atoms_(lmp_->atom->nlocal)
{
  const Atom *atom = lmp_->atom;
  for (int k = 0; k < static_cast<int>(std::size(kKeywords)); ++k)
    if (atom->*kKeywords[k].flag) properties_.push_back({kKeywords[k].name, kKeywords[k].name, k});
  for (int i = 0; i < atom->nivector; ++i) note_custom(atom->ivname[i]);
  for (int i = 0; i < atom->ndvector; ++i) note_custom(atom->dvname[i]);
  for (int i = 0; i < atom->niarray; ++i) note_custom(atom->ianame[i]);
  for (int i = 0; i < atom->ndarray; ++i) note_custom(atom->daname[i]);

  for (auto &property : properties_) {
    const int width = std::max(1, property.columns);
    property.values.resize(static_cast<std::size_t>(n_atoms_) * width);
    for (int i = 0; i < n_atoms_; ++i)
      for (int k = 0; k < width; ++k) property.values[(atom->tag[i] - 1) * width + k] = get(property, i, k);
  }
  for (auto *fix : lmp_->modify->get_fix_by_style(kStyle)) take_out(fix);
}

// A property that was removed leaves an index without a name.
void CGFlowChildProperties::note_custom(const char *name)
{
  if (!name) return;
  Property property{name, ""};
  property.index = lmp_->atom->find_custom(name, property.is_double, property.columns);
  property.word = fmt::format("{}{}_{}", property.is_double ? "d" : "i", property.columns ? "2" : "", name);
  if (property.columns) property.word += fmt::format(" {}", property.columns);
  properties_.push_back(property);
}

bool CGFlowChildProperties::exists(const Property &property) const
{
  int is_double, columns;
  if (property.keyword >= 0) return lmp_->atom->*kKeywords[property.keyword].flag;
  return lmp_->atom->find_custom(property.name.c_str(), is_double, columns) >= 0;
}

double CGFlowChildProperties::get(const Property &property, int i, int column) const
{
  Atom *atom = lmp_->atom;
  if (property.keyword >= 0) {
    const auto values = kKeywords[property.keyword].values;
    return values ? (atom->*values)[i] : 0.0;
  }
  const int at = property.index;
  if (property.columns) return property.is_double ? atom->darray[at][i][column] : atom->iarray[at][i][column];
  return property.is_double ? atom->dvector[at][i] : atom->ivector[at][i];
}

void CGFlowChildProperties::set(const Property &property, int i, int column, double value) const
{
  Atom *atom = lmp_->atom;
  const int at = property.index;
  if (property.keyword >= 0) {
    const auto values = kKeywords[property.keyword].values;
    if (values)
      (atom->*values)[i] = value;
    else
      atom->molecule[i] = 1 + (atom->tag[i] - 1) / n_atoms_;
  } else if (property.columns) {
    if (property.is_double)
      atom->darray[at][i][column] = value;
    else
      atom->iarray[at][i][column] = static_cast<int>(value);
  } else {
    if (property.is_double)
      atom->dvector[at][i] = value;
    else
      atom->ivector[at][i] = static_cast<int>(value);
  }
}

// A fix does not tell which properties it holds: they are those that disappear with it.
void CGFlowChildProperties::take_out(Fix *fix)
{
  const std::string id = fix->id, group = lmp_->group->names[fix->igroup];
  const bool ghosts = fix->comm_border > 0;
  instance_.one("unfix " + id);
  std::string command = fmt::format("fix {} {} property/atom", id, group);
  for (auto &property : properties_) {
    if (property.owned || exists(property)) continue;
    property.owned = true;
    command += " " + property.word;
  }
  commands_.push_back(command + (ghosts ? " ghost yes" : ""));
}

bool CGFlowChildProperties::put_back()
{
  for (const auto &command : commands_) instance_.one(command);
  for (const auto &property : properties_) {
    if (property.keyword >= 0) continue;
    // The index must be the same, because computes keep it. Values that no fix owned were lost when `replicate` replaced the atoms.
    int is_double, columns;
    if (lmp_->atom->find_custom(property.name.c_str(), is_double, columns) != property.index) return false;
  }
  const Atom *atom = lmp_->atom;
  for (const auto &property : properties_) {
    if (!property.owned) continue;
    const int width = std::max(1, property.columns);
    for (int i = 0; i < atom->nlocal; ++i)
      for (int k = 0; k < width; ++k) set(property, i, k, property.values[(atom->tag[i] - 1) % n_atoms_ * width + k]);
  }
  return true;
}
