// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow_al_worlds.h"

#include "cgflow_lammps_versions.h"

#include "cgflow/error.h"

#include "atom.h"
#include "fmt/format.h"
#include "lammps.h"
#include "universe.h"

#include <algorithm>
#include <numeric>

using namespace LAMMPS_NS;

CGFlowWorlds::CGFlowWorlds(LAMMPS *lmp, bool share)
    : lmp_(lmp), several_(share && lmp->universe->nworlds > 1), ranks_(several_ ? lmp->universe->uworld : lmp->world)
{
  int size = 1;
  MPI_Comm_size(ranks_, &size);
  ranks_each_ = {size};
  if (!several_) return;
  const Universe &universe = *lmp->universe;
  mine_ = universe.iworld;
  root_ = universe.root_proc[mine_];
  ranks_each_.assign(universe.procs_per_world, universe.procs_per_world + universe.nworlds);
}

void CGFlowWorlds::count_walkers()
{
  const Atom *atom = lmp_->atom;
  walkers_each_ = numbers(atom->natoms);
  bigint highest = 0, here = 0;
  for (int i = 0; i < atom->nlocal; ++i) here = std::max<bigint>(here, atom->tag[i]);
  MPI_Allreduce(&here, &highest, 1, MPI_LMP_BIGINT, MPI_MAX, lmp_->world);
  const std::vector<std::int64_t> ids = numbers(highest);
  first_id_ = std::accumulate(ids.begin(), ids.begin() + mine_, std::int64_t{0});
}

std::int64_t CGFlowWorlds::walkers() const
{
  return std::accumulate(walkers_each_.begin(), walkers_each_.end(), std::int64_t{0});
}

std::vector<std::string> CGFlowWorlds::texts(const std::string &mine) const
{
  if (!several_) return {mine};
  int rank = 0, size = 1;
  MPI_Comm_rank(ranks_, &rank);
  MPI_Comm_size(ranks_, &size);
  int length = rank == root_ ? static_cast<int>(mine.size()) : 0;
  std::vector<int> lengths(size), first(size, 0);
  MPI_Allgather(&length, 1, MPI_INT, lengths.data(), 1, MPI_INT, ranks_);
  std::partial_sum(lengths.begin(), lengths.end() - 1, first.begin() + 1);
  std::string all(first.back() + lengths.back(), ' ');
  MPI_Allgatherv(cgflow_send_buffer(mine), length, MPI_CHAR, all.data(), lengths.data(), first.data(), MPI_CHAR, ranks_);
  std::vector<std::string> each;
  int at = 0;
  for (const std::int64_t ranks : ranks_each_) {
    each.push_back(all.substr(first[at], lengths[at]));
    at += static_cast<int>(ranks);
  }
  return each;
}

std::vector<std::int64_t> CGFlowWorlds::numbers(std::int64_t mine) const
{
  std::vector<std::int64_t> each;
  for (const std::string &text : texts(std::to_string(mine))) each.push_back(std::stoll(text));
  return each;
}

void CGFlowWorlds::require_equal(const std::vector<Fact> &facts) const
{
  if (!several_) return;
  for (const auto &[name, value] : facts) {
    const std::vector<std::string> all = texts(value);
    const auto other = std::find_if(all.begin(), all.end(), [&](const std::string &text) { return text != all.front(); });
    if (other == all.end()) continue;
    disagree(name, all.front(), *other, other - all.begin());
  }
}

void CGFlowWorlds::disagree(const std::string &name, const std::string &here, const std::string &there,
                            std::size_t other) const
{
  throw cgflow::ModelError(
      fmt::format("share yes: {} is {} in partition 0 and {} in partition {}; partitions that learn together "
                  "must agree in it, with share no each learns for itself",
                  name, here, there, other));
}
