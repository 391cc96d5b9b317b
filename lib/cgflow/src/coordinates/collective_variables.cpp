// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow/collective_variables.h"

#include "coordinates/linear_map.h"
#include "molecule/geometry.h"

#include <algorithm>
#include <vector>

namespace cgflow {

struct CollectiveVariables::Impl {
  Config config;
  int n_atoms;
  CgSpace space;
  std::unique_ptr<LinearMap> linear;    // null for internal coordinates
};

CollectiveVariables::CollectiveVariables(const Config &config, int n_atoms, int dimension)
    : impl_(std::make_unique<Impl>(Impl{config, n_atoms, make_cg_space(config), nullptr}))
{
  check_cg_atoms(config, n_atoms);
  if (!is_molecular(config)) impl_->linear = std::make_unique<LinearMap>(config, n_atoms, dimension);
}

CollectiveVariables::~CollectiveVariables() = default;

int CollectiveVariables::n_atoms() const { return impl_->n_atoms; }

const CgSpace &CollectiveVariables::space() const { return impl_->space; }

void CollectiveVariables::evaluate(int n, const double *x, double *s) const
{
  if (n == 0) return;
  if (impl_->linear) {
    // from_blob takes no pointer to const; the map only reads.
    const Tensor positions = at::from_blob(const_cast<double *>(x), {n, n_atoms(), 3}, at::kDouble);
    const Tensor values = impl_->linear->to_internal(positions).s.t().contiguous();
    std::copy_n(values.data_ptr<double>(), values.numel(), s);
    return;
  }
  for (int i = 0; i < n; ++i, x += 3 * n_atoms()) {
    const auto at = [x](int id) { return x + 3 * (id - 1); };
    for (const auto &entry : impl_->config.cg) {
      if (const auto &d = entry.dihedral; !d.empty())
        *s++ = dihedral(at(d[0]), at(d[1]), at(d[2]), at(d[3]));
      else if (const auto &a = entry.angle; !a.empty())
        *s++ = angle(at(a[0]), at(a[1]), at(a[2]));
      else
        *s++ = distance(at(entry.bond[0]), at(entry.bond[1]));
    }
  }
}

}    // namespace cgflow
