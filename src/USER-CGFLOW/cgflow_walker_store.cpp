// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow_walker_store.h"

#include <algorithm>

namespace LAMMPS_NS::CGFlow {

void WalkerStore::layout(int d, int n_pmf)
{
  const int stride = kVariables + 2 * d + 2 * n_pmf;
  if (d == d_ && stride == stride_) return;
  // The values of PMF styles come last, so a change of their number does not move the others.
  std::vector<double> records(static_cast<std::size_t>(nmax_) * stride, 0.0);
  const int kept = d == d_ ? std::min(stride, stride_) : 0;
  for (int i = 0; i < nmax_; ++i) std::copy_n(at(i), kept, records.data() + static_cast<std::size_t>(i) * stride);
  records_ = std::move(records);
  d_ = d;
  stride_ = stride;
}

void WalkerStore::grow(int nmax)
{
  nmax_ = nmax;
  records_.resize(static_cast<std::size_t>(nmax) * stride_, 0.0);
}

void WalkerStore::copy(int from, int to)
{
  if (from != to) std::copy_n(at(from), stride_, at(to));
}

void WalkerStore::clear(int i) { std::fill_n(at(i), stride_, 0.0); }

int WalkerStore::pack(int i, double *buffer) const
{
  std::copy_n(at(i), stride_, buffer);
  return stride_;
}

int WalkerStore::unpack(int i, const double *buffer)
{
  std::copy_n(buffer, stride_, at(i));
  return stride_;
}

}    // namespace LAMMPS_NS::CGFlow
