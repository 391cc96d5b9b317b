// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow_child_molecule.h"

#include "cgflow/error.h"
#include "cgflow/molecule_graph.h"

#include "atom.h"
#include "domain.h"
#include "lammps.h"

#include "fmt/format.h"

#include <algorithm>

using namespace LAMMPS_NS;

namespace {

// With newton_bond off each bond is stored with both of its atoms. Bonds of type 0 are broken ones.
std::vector<std::array<int, 2>> find_bonds(const Atom *atom)
{
  std::vector<std::array<int, 2>> bonds;
  if (!atom->num_bond || !atom->bond_atom) return bonds;
  for (int i = 0; i < atom->nlocal; ++i)
    for (int b = 0; b < atom->num_bond[i]; ++b) {
      if (atom->bond_type[i][b] == 0) continue;
      const int here = static_cast<int>(atom->tag[i]) - 1, there = static_cast<int>(atom->bond_atom[i][b]) - 1;
      bonds.push_back({std::min(here, there), std::max(here, there)});
    }
  std::sort(bonds.begin(), bonds.end());
  bonds.erase(std::unique(bonds.begin(), bonds.end()), bonds.end());
  return bonds;
}

}    // namespace

cgflow::Molecule LAMMPS_NS::cgflow_child_molecule(LAMMPS *child, bool absolute)
{
  const Atom *atom = child->atom;
  const Domain *domain = child->domain;
  const int n = atom->nlocal;
  cgflow::Molecule molecule;
  molecule.mass.resize(n);
  molecule.configuration.resize(3 * n);
  for (int i = 0; i < n; ++i) {
    const int at = static_cast<int>(atom->tag[i]) - 1;
    molecule.mass[at] = atom->rmass ? atom->rmass[i] : atom->mass[atom->type[i]];
    child->domain->unmap(atom->x[i], atom->image[i], &molecule.configuration[3 * at]);
  }
  molecule.bonds = find_bonds(atom);
  if (absolute) return molecule;
  const double edge[3] = {domain->xperiodic ? domain->xprd : 0.0, domain->yperiodic ? domain->yprd : 0.0,
                          domain->zperiodic ? domain->zprd : 0.0};
  cgflow::make_whole(molecule, edge, molecule.configuration.data());
  return molecule;
}

void LAMMPS_NS::cgflow_require_same_molecule(const cgflow::Model &model, const std::string &file,
                                             const cgflow::Molecule &here, const std::string &script)
{
  const cgflow::Molecule &trained = model.info().molecule;
  if (here.n_atoms() != trained.n_atoms())
    throw cgflow::ModelError(fmt::format("{} has {} atoms, the model{} was made for {}", script, here.n_atoms(),
                                         file.empty() ? "" : " " + file, trained.n_atoms()));
  if (!cgflow::is_molecular(model.config())) return;
  const std::string text = molecule_difference(here, script, trained, file.empty() ? "the model's molecule" : file);
  if (!text.empty()) throw cgflow::ModelError(text);
}
