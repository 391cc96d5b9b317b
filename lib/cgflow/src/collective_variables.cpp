// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow/collective_variables.h"

#include "coordinates.h"

#include <algorithm>

namespace cgflow {

struct CollectiveVariables::Impl {
  std::unique_ptr<CoordinateMap> map;
};

CollectiveVariables::CollectiveVariables(const Config &config, int n_atoms, int dimension)
    : impl_(std::make_unique<Impl>(Impl{make_coordinate_map(config, n_atoms, dimension)}))
{
}

CollectiveVariables::~CollectiveVariables() = default;

int CollectiveVariables::n_atoms() const { return impl_->map->n_atoms(); }

const CgSpace &CollectiveVariables::space() const { return impl_->map->space(); }

void CollectiveVariables::evaluate(int n, const double *x, double *s) const
{
  if (n == 0) return;
  const at::NoGradGuard no_grad;
  // from_blob takes no const pointer; the map only reads.
  const Tensor positions = at::from_blob(const_cast<double *>(x), {n, n_atoms(), 3}, at::kDouble);
  const Tensor values = impl_->map->to_internal(positions).s.contiguous();
  std::copy_n(values.data_ptr<double>(), values.numel(), s);
}

}    // namespace cgflow
