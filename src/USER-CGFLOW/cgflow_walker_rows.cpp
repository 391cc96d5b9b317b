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

WalkerRows WalkerRows::read(const cgflow::Archive &archive, const std::string &name, const cgflow::CgSpace &space,
                            std::int64_t walkers)
{
  constexpr double most = cgflow::Archive::kMostNumber;
  WalkerRows all(space.n_cv());
  const auto width = static_cast<std::int64_t>(all.width());
  all.numbers_ = archive.numbers(name, {walkers * width}, -most, most);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const double *r = all.row(i);
    const auto refuse = [&](const std::string &text) { archive.refuse(name, fmt::format("row {} {}", i + 1, text)); };
    const double before = i > 0 ? all.row(i - 1)[kNumber] : 0.0;
    if (!(r[kNumber] > before && r[kNumber] <= static_cast<double>(cgflow::Archive::kMostCount)))
      refuse(fmt::format("is of walker {:.15g}, expected walkers from 1 on in ascending order", r[kNumber]));
    for (int k = 0; k < 3; ++k)
      if (!(r[kImage + k] >= -IMGMAX && r[kImage + k] < IMGMAX))
        refuse(fmt::format("has the image flag {:.15g}, expected {} to {}", r[kImage + k], -IMGMAX, IMGMAX - 1));
    if (r[kStopped] != 0.0 && r[kStopped] != 1.0)
      refuse(fmt::format("has the mark of a stopped walker {:.15g}, expected 0 or 1", r[kStopped]));
    for (int k = 0; k < space.n_cv(); ++k) {
      // A walker may have left through a periodic boundary.
      const double s = r[kVariables + k], margin = space[k].periodic ? space[k].width() : 0.0;
      if (!(s >= space[k].lo - margin && s <= space[k].hi + margin))
        refuse(fmt::format("has {} = {:.15g}, expected {} to {}", space[k].name, s, space[k].lo, space[k].hi));
    }
  }
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
