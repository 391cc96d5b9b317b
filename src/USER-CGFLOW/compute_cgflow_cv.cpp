// SPDX-License-Identifier: GPL-2.0-only
#include "compute_cgflow_cv.h"

#include "cgflow/collective_variables.h"
#include "cgflow/config.h"
#include "cgflow/molecule_graph.h"
#include "cgflow_errors.h"
#include "cgflow_lammps_versions.h"

#include "atom.h"
#include "comm.h"
#include "domain.h"
#include "error.h"
#include "group.h"
#include "memory.h"
#include "update.h"

#include <algorithm>
#include <unordered_map>
#include <vector>

using namespace LAMMPS_NS;

struct ComputeCGFlowCV::Impl {
  std::unique_ptr<cgflow::CollectiveVariables> variables;
  int n_atoms = 0;                   // of each molecule
  bool molecular = false;            // the variables are internal coordinates
  cgflow::Molecule rows_of_atoms;    // the atoms of each CG variable as a chain of bonds, along which images are resolved
  std::vector<tagint> molecules;     // by row, ascending
  std::unordered_map<tagint, int> slots;    // atom ID -> row * n_atoms + place in the order of IDs
  // [rows, n_atoms, 3] unwrapped positions, then [rows, 3] the vector from the first atom's image to its position in the box, then the
  // number of atoms.
  std::vector<double> buffer;
  std::vector<double> values;    // [rows, n_cv]
};

namespace {

cgflow::Molecule rows_as_bonds(const cgflow::Config &config, int n_atoms)
{
  cgflow::Molecule molecule;
  molecule.mass.assign(n_atoms, 1.0);
  for (const auto &entry : config.cg)
    for (std::size_t i = 1; i < entry.atoms().size(); ++i) {
      const int a = entry.atoms()[i - 1] - 1, b = entry.atoms()[i] - 1;
      molecule.bonds.push_back({std::min(a, b), std::max(a, b)});
    }
  return molecule;
}

// (molecule, atom ID) of all atoms of the group on all ranks, sorted.
std::vector<std::pair<tagint, tagint>> gather_ids(const Atom *atom, int groupbit, int size, MPI_Comm world)
{
  std::vector<double> mine;
  for (int i = 0; i < atom->nlocal; ++i) {
    if (!(atom->mask[i] & groupbit)) continue;
    mine.push_back(static_cast<double>(atom->molecule_flag ? atom->molecule[i] : atom->tag[i]));
    mine.push_back(static_cast<double>(atom->tag[i]));
  }
  int count = static_cast<int>(mine.size());
  std::vector<int> counts(size), first(size, 0);
  MPI_Allgather(&count, 1, MPI_INT, counts.data(), 1, MPI_INT, world);
  for (int r = 1; r < size; ++r) first[r] = first[r - 1] + counts[r - 1];
  std::vector<double> all(first.back() + counts.back());
  MPI_Allgatherv(mine.data(), count, MPI_DOUBLE, all.data(), counts.data(), first.data(), MPI_DOUBLE, world);

  std::vector<std::pair<tagint, tagint>> ids;
  for (std::size_t i = 0; i < all.size(); i += 2)
    ids.emplace_back(static_cast<tagint>(all[i]), static_cast<tagint>(all[i + 1]));
  std::sort(ids.begin(), ids.end());
  return ids;
}

}    // namespace

ComputeCGFlowCV::ComputeCGFlowCV(LAMMPS *lmp, int narg, char **arg) : Compute(lmp, narg, arg), impl(std::make_unique<Impl>())
{
  if (narg < 4) utils::missing_cmd_args(FLERR, "compute cgflow/cv FILE", error);
  if (narg > 4) error->all(FLERR, "Compute cgflow/cv: unexpected argument {} after the YAML file", arg[4]);
  if (!atom->tag_enable) error->all(FLERR, "Compute cgflow/cv needs atom IDs");

  array_flag = 1;
  extarray = 0;
  dynamic_group_allow = 0;

  find_molecules();
  if (impl->molecules.empty()) error->all(FLERR, "Compute cgflow/cv: no atoms in group {}", group->names[igroup]);
  cgflow_guarded(lmp, fmt::format("Compute cgflow/cv {}", id), [&] {
    const auto config = cgflow::Config::read(arg[3]);
    impl->variables = std::make_unique<cgflow::CollectiveVariables>(config, impl->n_atoms, domain->dimension);
    impl->molecular = cgflow::is_molecular(config);
    if (impl->molecular) impl->rows_of_atoms = rows_as_bonds(config, impl->n_atoms);
  });

  size_array_rows = static_cast<int>(impl->molecules.size());
  size_array_cols = impl->variables->space().n_cv();
  memory->create(array, size_array_rows, size_array_cols, "cgflow/cv:array");
  impl->values.resize(static_cast<std::size_t>(size_array_rows) * size_array_cols);
}

ComputeCGFlowCV::~ComputeCGFlowCV() { memory->destroy(array); }

// Each row is a molecule, in the order of molecule IDs; without molecule IDs each atom is a molecule.
void ComputeCGFlowCV::find_molecules()
{
  const auto ids = gather_ids(atom, groupbit, comm->nprocs, world);
  impl->molecules.clear();
  impl->slots.clear();
  impl->n_atoms = 0;
  for (std::size_t first = 0; first < ids.size();) {
    std::size_t last = first;
    while (last < ids.size() && ids[last].first == ids[first].first) ++last;
    const int n = static_cast<int>(last - first);
    if (impl->molecules.empty()) impl->n_atoms = n;
    if (n != impl->n_atoms)
      error->all(FLERR, "Compute cgflow/cv {}: molecule {} has {} atoms in group {}, but molecule {} has {}", id,
                 ids[first].first, n, group->names[igroup], impl->molecules[0], impl->n_atoms);
    for (std::size_t i = first; i < last; ++i) impl->slots[ids[i].second] = static_cast<int>(i);
    impl->molecules.push_back(ids[first].first);
    first = last;
  }
  impl->buffer.resize(3 * ids.size() + 3 * impl->molecules.size() + 1);
}

void ComputeCGFlowCV::init()
{
  const int n_atoms = impl->n_atoms;
  find_molecules();
  if (static_cast<int>(impl->molecules.size()) != size_array_rows || impl->n_atoms != n_atoms)
    error->all(FLERR,
               "Compute cgflow/cv {}: group {} has {} molecules of {} atoms, but had {} of {} when the compute was "
               "defined",
               id, group->names[igroup], impl->molecules.size(), impl->n_atoms, size_array_rows, n_atoms);
}

// Linear variables: image flags make each molecule whole, and its first atom is at its position in the box, because a variable of
// absolute positions must agree with an external field. Internal coordinates: consecutive atoms of a variable are nearest images of
// each other, as bonded atoms are in LAMMPS, whatever their image flags.
void ComputeCGFlowCV::compute_array()
{
  invoked_array = update->ntimestep;
  const int n_atoms = impl->n_atoms;
  auto &buffer = impl->buffer;
  const std::size_t total = static_cast<std::size_t>(size_array_rows) * n_atoms;
  std::fill(buffer.begin(), buffer.end(), 0.0);
  for (int i = 0; i < atom->nlocal; ++i) {
    if (!(atom->mask[i] & groupbit)) continue;
    const auto found = impl->slots.find(atom->tag[i]);
    if (found == impl->slots.end()) continue;
    const int slot = found->second;
    double *at = &buffer[3 * static_cast<std::size_t>(slot)];
    if (impl->molecular)
      std::copy_n(atom->x[i], 3, at);
    else
      domain->unmap(atom->x[i], atom->image[i], at);
    if (slot % n_atoms == 0)
      for (int k = 0; k < 3; ++k) buffer[3 * (total + slot / n_atoms) + k] = atom->x[i][k] - at[k];
    buffer.back() += 1.0;
  }
  MPI_Allreduce(MPI_IN_PLACE, buffer.data(), static_cast<int>(buffer.size()), MPI_DOUBLE, MPI_SUM, world);
  if (buffer.back() != static_cast<double>(total))
    error->all(FLERR, "Compute cgflow/cv {}: {} of {} atoms are left in group {}", id, buffer.back(), total,
               group->names[igroup]);
  for (std::size_t i = 0; i < total; ++i)
    for (int k = 0; k < 3; ++k) buffer[3 * i + k] += buffer[3 * (total + i / n_atoms) + k];

  if (impl->molecular)
    for (std::size_t row = 0; row < impl->molecules.size(); ++row)
      cgflow::make_whole(
          impl->rows_of_atoms, [this](double *delta) { cgflow_minimum_image(domain, delta); }, &buffer[3 * row * n_atoms]);

  cgflow_guarded(lmp, fmt::format("Compute cgflow/cv {}", id),
                 [&] { impl->variables->evaluate(size_array_rows, buffer.data(), impl->values.data()); });
  for (int row = 0; row < size_array_rows; ++row)
    for (int column = 0; column < size_array_cols; ++column)
      array[row][column] = impl->values[static_cast<std::size_t>(row) * size_array_cols + column];
}

double ComputeCGFlowCV::memory_usage()
{
  return static_cast<double>((impl->buffer.size() + 2 * impl->values.size()) * sizeof(double) +
                             impl->slots.size() * (sizeof(tagint) + sizeof(int) + 2 * sizeof(void *)));
}
