// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow_gb_molecule_members.h"

#include "cgflow_errors.h"
#include "cgflow_lammps_versions.h"

#include "atom.h"
#include "comm.h"
#include "fmt/format.h"

#include <mpi.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <tuple>

using namespace LAMMPS_NS;
using namespace LAMMPS_NS::CGFlow;

namespace {

// Joins the entries of all ranks, in the order of ranks; counts and starts tell which entries belong to which rank.
std::vector<tagint> gather(const std::vector<tagint> &own, std::vector<int> &counts, std::vector<int> &starts,
                           MPI_Comm world)
{
  int ranks, n = static_cast<int>(own.size());
  MPI_Comm_size(world, &ranks);
  counts.resize(ranks);
  starts.assign(ranks + 1, 0);
  MPI_Allgather(&n, 1, MPI_INT, counts.data(), 1, MPI_INT, world);
  for (int r = 0; r < ranks; ++r) starts[r + 1] = starts[r] + counts[r];
  std::vector<tagint> all(starts[ranks]);
  MPI_Allgatherv(cgflow_send_buffer(own), n, MPI_LMP_TAGINT, all.data(), counts.data(), starts.data(), MPI_LMP_TAGINT,
                 world);
  return all;
}

}    // namespace

bool MoleculeMembers::changed()
{
  const auto same = [](const std::vector<tagint> &kept, const tagint *now) {
    return kept.empty() || memcmp(kept.data(), now, kept.size() * sizeof(tagint)) == 0;
  };
  int mine = static_cast<int>(tags_.size()) != atom->nlocal || !same(tags_, atom->tag) || !same(molecules_, atom->molecule);
  int any = mine;
  if (comm->nprocs > 1) MPI_Allreduce(&mine, &any, 1, MPI_INT, MPI_MAX, world);
  return any != 0;
}

bool MoleculeMembers::refresh(const char *where)
{
  if (!changed()) return false;
  const int n = atom->nlocal;
  tags_.assign(atom->tag, atom->tag + n);
  molecules_.assign(atom->molecule, atom->molecule + n);
  std::vector<Entry> entries(n);
  std::string fault;
  for (int i = 0; i < n; ++i) {
    entries[i] = {molecules_[i], tags_[i], i};
    if (molecules_[i] <= 0 && fault.empty())
      fault = fmt::format("atom {} has molecule ID {}, expected a positive one: all pairs within a molecule interact",
                          tags_[i], molecules_[i]);
  }
  cgflow_raise_together(lmp, where, !fault.empty(), fault);
  const auto by_id = [](const Entry &a, const Entry &b) {
    return std::tie(a.molecule, a.tag) < std::tie(b.molecule, b.tag);
  };
  std::sort(entries.begin(), entries.end(), by_id);
  remote_ = 0;
  if (comm->nprocs > 1) {
    share(entries);
    std::sort(entries.begin(), entries.end(), by_id);
  }

  ids_.clear();
  first_.clear();
  members_.resize(entries.size());
  for (std::size_t k = 0; k < entries.size(); ++k) {
    if (k == 0 || entries[k].molecule != entries[k - 1].molecule) {
      ids_.push_back(entries[k].molecule);
      first_.push_back(static_cast<int>(k));
    }
    members_[k] = entries[k].record;
  }
  first_.push_back(static_cast<int>(entries.size()));
  return true;
}

// Adds the atoms that other ranks own of molecules with an atom on this rank. Only atoms of shared molecules are sent.
void MoleculeMembers::share(std::vector<Entry> &entries)
{
  std::vector<tagint> own;
  for (const Entry &e : entries)
    if (own.empty() || own.back() != e.molecule) own.push_back(e.molecule);
  std::vector<tagint> all = gather(own, counts_, starts_, world);
  std::sort(all.begin(), all.end());
  std::vector<tagint> shared;
  for (std::size_t k = 1; k < all.size(); ++k)
    if (all[k] == all[k - 1] && (shared.empty() || shared.back() != all[k])) shared.push_back(all[k]);

  const auto has = [](const std::vector<tagint> &sorted, tagint id) {
    return std::binary_search(sorted.begin(), sorted.end(), id);
  };
  sent_.clear();
  std::vector<tagint> tags, molecules;
  for (const Entry &e : entries)
    if (has(shared, e.molecule)) {
      sent_.push_back(e.record);
      tags.push_back(e.tag);
      molecules.push_back(e.molecule);
    }
  tags = gather(tags, counts_, starts_, world);
  molecules = gather(molecules, counts_, starts_, world);
  atoms_of_ = counts_;
  remote_ = static_cast<int>(tags.size());
  for (int k = 0; k < remote_; ++k) {
    const bool mine = k >= starts_[comm->me] && k < starts_[comm->me + 1];
    if (!mine && has(own, molecules[k])) entries.push_back({molecules[k], tags[k], atom->nlocal + k});
  }
}

void MoleculeMembers::exchange(double *records, int width)
{
  if (remote_ == 0) return;
  buffer_.resize(sent_.size() * width);
  for (std::size_t k = 0; k < sent_.size(); ++k)
    std::copy_n(records + static_cast<std::size_t>(sent_[k]) * width, width, buffer_.data() + k * width);
  for (int r = 0, start = 0; r < comm->nprocs; ++r) {
    counts_[r] = atoms_of_[r] * width;
    starts_[r] = start;
    start += counts_[r];
  }
  MPI_Allgatherv(buffer_.data(), static_cast<int>(buffer_.size()), MPI_DOUBLE,
                 records + static_cast<std::size_t>(atom->nlocal) * width, counts_.data(), starts_.data(), MPI_DOUBLE,
                 world);
}

double MoleculeMembers::memory_usage() const
{
  return static_cast<double>(sizeof(tagint) * (tags_.capacity() + molecules_.capacity() + ids_.capacity()) +
                             sizeof(int) * (first_.capacity() + members_.capacity() + sent_.capacity()) +
                             sizeof(double) * buffer_.capacity());
}
