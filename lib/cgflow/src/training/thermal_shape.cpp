// SPDX-License-Identifier: GPL-2.0-only
#include "training/thermal_shape.h"

#include "base/one_thread.h"
#include "files/tensor_archive.h"
#include "training/energy_batch.h"

namespace cgflow {
namespace {

constexpr double kStep = 0.1;     // in assumed widths: short against the scale of anharmonicity, long against rounding
constexpr double kRange = 3.0;    // largest ratio of a width to the assumed one, and of that to a width

// d(U/kT - ln|dx/dfine|)/dfine of each column, [n_fine, n]; NaN where the energy cannot be evaluated.
Tensor gradients(const CoordinateMap &map, EnergyModel &energy, double kT, const Tensor &s, const Tensor &fine)
{
  const auto x = map.to_cartesian(s, fine);
  const EnergyBatch batch = evaluate_energies(energy, x.x, kT);
  const auto back = map.pull_back(s, fine, batch.gradient, at::ones_like(x.log_det));
  return at::where(batch.usable, back.by_x.fine - back.by_log_det.fine, std::numeric_limits<double>::quiet_NaN());
}

}    // namespace

ThermalShape thermal_shape(const CoordinateMap &map, EnergyModel &energy, double kT, const CoordinateMap::Start &start,
                           Communicator &comm)
{
  const OneThread one_thread;
  const auto n = static_cast<std::int64_t>(map.n_fine());
  ThermalShape shape{at::ones({n}, at::kDouble), at::eye(n, at::kDouble), 0};
  std::vector<std::int64_t> open;
  for (std::int64_t k = 0; k < n; ++k)
    if (start.scale[k].item<double>() > 0.0) open.push_back(k);
  const auto m = static_cast<std::int64_t>(open.size());
  if (m == 0) return shape;
  const Tensor columns = at::tensor(open, at::kLong), width = start.scale.index_select(0, columns);

  const auto [first, count] = comm.share(m);
  Tensor mine = at::zeros({count, m}, at::kDouble);
  if (count > 0) {
    Tensor fine = start.fine.unsqueeze(1).repeat({1, 2 * count});
    for (std::int64_t i = 0; i < count; ++i) {
      const double h = kStep * width[first + i].item<double>();
      fine[open[first + i]][i] += h;
      fine[open[first + i]][count + i] -= h;
    }
    const Tensor s = start.s.unsqueeze(1).repeat({1, 2 * count});
    const Tensor g = gradients(map, energy, kT, s, fine).index_select(0, columns) * width.unsqueeze(1);
    mine = ((g.narrow(1, 0, count) - g.narrow(1, count, count)) / (2.0 * kStep)).t();
  }
  // Rows and columns in units of the assumed widths.
  Tensor hessian = to_tensor(comm.gather(to_vector(mine.contiguous())), {m, m});
  shape.evaluations = 2 * m;
  const Tensor bad = hessian.isfinite().all(1).logical_not();
  hessian = at::where(bad.unsqueeze(1).logical_or(bad.unsqueeze(0)), 0.0, 0.5 * (hessian + hessian.t()));
  hessian = hessian + at::diag(bad.to(at::kDouble));
  const auto [values, vectors] = at::linalg_eigh(hessian);
  const Tensor variance = values.clamp(1.0 / (kRange * kRange), 1e6).reciprocal();
  const Tensor covariance = at::matmul(vectors * variance, vectors.t());
  // Standard deviations are limited, correlations are kept as they are.
  const Tensor deviation = covariance.diagonal().sqrt();
  const Tensor correlation = covariance / deviation / deviation.unsqueeze(1);
  const Tensor cholesky = at::linalg_cholesky(0.999 * correlation + 0.001 * at::eye(m, at::kDouble));
  shape.scale.index_copy_(0, columns, width * deviation.clamp(1.0 / kRange, kRange));
  Tensor mixing = shape.mixing.index_select(0, columns);
  mixing.zero_();
  mixing.index_copy_(1, columns, cholesky);
  shape.mixing.index_copy_(0, columns, mixing);
  return shape;
}

}    // namespace cgflow
