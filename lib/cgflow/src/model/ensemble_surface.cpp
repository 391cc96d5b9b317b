// SPDX-License-Identifier: GPL-2.0-only
#include "model/ensemble_surface.h"

#include "base/grid_points.h"

#include <algorithm>
#include <limits>

namespace cgflow {

EnsembleSurface::EnsembleSurface(const Model::Parts &parts)
    : space_(parts.map->space()), kT_(parts.info.kT), ensemble_(parts.config.pmf, space_, parts.info.seed)
{
  ensemble_.load(parts.ensemble->state());
}

void EnsembleSurface::evaluate(int n, const double *s, double *f, double *std, double *gradient) const
{
  const int d = space_.n_cv();
  std::vector<double> inside(s, s + static_cast<std::size_t>(n) * d);
  for (int i = 0; i < n; ++i)
    for (int k = 0; k < d; ++k)
      if (!space_[k].periodic) inside[i * d + k] = std::clamp(inside[i * d + k], space_[k].lo, space_[k].hi);
  ensemble_.evaluate(n, inside.data(), f, std, gradient);
  for (int i = 0; i < n; ++i) {
    f[i] *= kT_;
    if (std) std[i] = space_.contains(s + i * d) ? std[i] * kT_ : std::numeric_limits<double>::infinity();
  }
  if (gradient)
    for (int i = 0; i < n * d; ++i) gradient[i] *= kT_;
}

void EnsembleSurface::evaluate_grid(const std::vector<std::vector<double>> &axes, double *f, double *std) const
{
  std::vector<std::vector<double>> inside = axes;
  for (int k = 0; k < space_.n_cv(); ++k)
    for (double &value : inside[k])
      if (!space_[k].periodic) value = std::clamp(value, space_[k].lo, space_[k].hi);
  ensemble_.evaluate_grid(inside, f, std);
  const std::vector<double> s = grid_rows(axes);
  for (std::size_t i = 0; i < s.size() / axes.size(); ++i) {
    f[i] *= kT_;
    std[i] = space_.contains(&s[i * axes.size()]) ? std[i] * kT_ : std::numeric_limits<double>::infinity();
  }
}

}    // namespace cgflow
