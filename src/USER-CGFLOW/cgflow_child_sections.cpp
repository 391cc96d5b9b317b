// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow_child_sections.h"

#include "atom.h"
#include "fix.h"
#include "lammps.h"
#include "lmptype.h"
#include "modify.h"
#include "utils.h"

#include <cstdio>
#include <cstdlib>
#include <functional>

using namespace LAMMPS_NS;

namespace {

// What `write` prints into a file.
std::string printed(const std::function<void(FILE *)> &write)
{
  char *text = nullptr;
  std::size_t size = 0;
  FILE *file = open_memstream(&text, &size);
  if (!file) throw std::runtime_error("no memory for sections of the data file");
  write(file);
  fclose(file);
  const std::string all(text, size);
  free(text);
  return all;
}

}    // namespace

bool CGFlowChildSections::carries(const std::string &style) { return style == "cmap"; }

CGFlowChildSections::CGFlowChildSections(CGFlowChildInstance &instance)
    : instance_(instance), lmp_(instance.lammps()), n_atoms_(lmp_->atom->nlocal)
{
  Atom *atom = lmp_->atom;
  for (auto *fix : lmp_->modify->get_fix_list()) {
    if (!carries(fix->style)) continue;
    Carried carried{fix};
    auto registered = [&](const int *fixes, int n) {
      for (int i = 0; i < n; ++i)
        if (lmp_->modify->get_fix_by_index(fixes[i]) == fix) return true;
      return false;
    };
    carried.grows = registered(atom->extra_grow, atom->nextra_grow);
    carried.restarts = registered(atom->extra_restart, atom->nextra_restart);
    instance_.guarded([&] { save(carried); });
    carried_.push_back(carried);
  }
  if (!carried_.empty()) atom->nextra_grow = atom->nextra_restart = 0;
}

CGFlowChildSections::~CGFlowChildSections() { register_fixes(); }

// By the functions with which `write_data` writes the sections.
void CGFlowChildSections::save(Carried &carried) const
{
  Fix *fix = carried.fix;
  for (int section = 0; section < fix->wd_section; ++section) {
    int n = 0, columns = 0;
    fix->write_data_section_size(section, n, columns);
    if (n == 0) continue;
    std::vector<double> values(static_cast<std::size_t>(n) * columns);
    std::vector<double *> rows(n);
    for (int i = 0; i < n; ++i) rows[i] = &values[static_cast<std::size_t>(i) * columns];
    fix->write_data_section_pack(section, rows.data());
    carried.sections.push_back({utils::trim(printed([&](FILE *to) { fix->write_data_section_keyword(section, to); })),
                                printed([&](FILE *to) { fix->write_data_section(section, to, n, rows.data(), 1); }), n});
  }
}

void CGFlowChildSections::register_fixes()
{
  if (registered_) return;
  registered_ = true;
  Modify *modify = lmp_->modify;
  for (const auto &carried : carried_) {
    // Class Atom registers the fix whose place in the list is empty: LAMMPS calls it while a fix is being replaced.
    for (int i = 0; i < modify->nfix; ++i) {
      if (modify->fix[i] != carried.fix) continue;
      modify->fix[i] = nullptr;
      if (carried.grows) lmp_->atom->add_callback(Atom::GROW);
      if (carried.restarts) lmp_->atom->add_callback(Atom::RESTART);
      modify->fix[i] = carried.fix;
      break;
    }
  }
}

void CGFlowChildSections::put_back(int copies)
{
  register_fixes();
  instance_.guarded([&] {
    const Atom *atom = lmp_->atom;
    for (auto &carried : carried_) {
      carried.fix->grow_arrays(atom->nmax);
      for (int i = 0; i < atom->nmax; ++i) carried.fix->set_arrays(i);
      for (auto &section : carried.sections)
        for (int c = 0; c < copies; ++c) {
          std::string lines = section.lines;    // LAMMPS may write into them
          carried.fix->read_data_section(section.keyword.data(), section.n, lines.data(), static_cast<tagint>(c) * n_atoms_);
        }
    }
  });
}
