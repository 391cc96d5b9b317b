// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow_walker_rows.h"

#include "cgflow_walkers.h"
#include "fix_cgflow_mc.h"

#include "atom.h"
#include "fmt/format.h"

#include "cgflow/error.h"

#include <algorithm>
#include <map>
#include <numeric>

using namespace LAMMPS_NS;
using namespace LAMMPS_NS::CGFlow;

namespace {

const char *const kWhere = "fix cgflow/al";

// Columns of a row; s follows.
enum { kNumber, kImage, kStopped = kImage + 3, kVariables };

void unpack_image(imageint image, double *flags)
{
  flags[0] = static_cast<int>(image & IMGMASK) - IMGMAX;
  flags[1] = static_cast<int>(image >> IMGBITS & IMGMASK) - IMGMAX;
  flags[2] = static_cast<int>(image >> IMG2BITS) - IMGMAX;
}

imageint pack_image(const double *flags)
{
  const auto part = [&](int k) { return static_cast<imageint>(static_cast<int>(flags[k]) + IMGMAX) & IMGMASK; };
  return part(0) | part(1) << IMGBITS | part(2) << IMG2BITS;
}

}    // namespace

WalkerRows WalkerRows::gather(LAMMPS *lmp, const FixCGFlowMC &mc, cgflow::Communicator &comm, int n_cv, bigint first_id)
{
  const Atom *atom = lmp->atom;
  Walkers access(lmp);
  access.bind(n_cv, kWhere);
  WalkerRows all(n_cv);
  std::vector<double> mine(atom->nlocal * all.width());
  for (int i = 0; i < atom->nlocal; ++i) {
    double *row = mine.data() + i * all.width();
    row[kNumber] = static_cast<double>(first_id + atom->tag[i]);
    unpack_image(atom->image[i], row + kImage);
    row[kStopped] = mc.stopped(i);
    access.get(i, row + kVariables);
  }
  all.numbers_ = comm.gather(mine);

  std::vector<std::size_t> order(all.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return all.row(a)[kNumber] < all.row(b)[kNumber]; });
  std::vector<double> sorted;
  sorted.reserve(all.numbers_.size());
  for (const std::size_t i : order) sorted.insert(sorted.end(), all.row(i), all.row(i) + all.width());
  all.numbers_ = std::move(sorted);
  return all;
}

void WalkerRows::put(LAMMPS *lmp, FixCGFlowMC &mc, bigint first_id, const std::string &file) const
{
  Atom *atom = lmp->atom;
  Walkers access(lmp);
  access.bind(n_cv_, kWhere);
  std::map<bigint, const double *> by_number;
  for (std::size_t i = 0; i < size(); ++i) by_number[static_cast<bigint>(row(i)[kNumber])] = row(i);
  for (int i = 0; i < atom->nlocal; ++i) {
    const auto found = by_number.find(first_id + atom->tag[i]);
    if (found == by_number.end())
      throw cgflow::ModelError(
          fmt::format("{}: it holds no walker {}; the script must create the same walkers", file, atom->tag[i]));
    const double *r = found->second;
    access.set(i, r + kVariables);
    atom->image[i] = pack_image(r + kImage);
    mc.set_stopped(i, r[kStopped] != 0.0);
  }
}

std::vector<double> WalkerRows::stopped_points() const
{
  std::vector<double> points;
  for (std::size_t i = 0; i < size(); ++i)
    if (row(i)[kStopped] != 0.0) points.insert(points.end(), row(i) + kVariables, row(i) + width());
  return points;
}
