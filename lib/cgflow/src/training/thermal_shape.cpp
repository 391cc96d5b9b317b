// SPDX-License-Identifier: GPL-2.0-only
#include "training/thermal_shape.h"

#include "base/one_thread.h"
#include "files/tensor_archive.h"
#include "training/energy_batch.h"

namespace cgflow {
namespace {

constexpr double kStep = 0.1;        // of the assumed width: small beside the anharmonicity, large beside rounding
constexpr double kNarrower = 3.0;    // than assumed, and wider

// d(U/kT - ln|dx/dfine|)/dfine of each row, [n, n_fine]; NaN where the energy cannot be evaluated.
Tensor gradients(const CoordinateMap &map, EnergyModel &energy, double kT, const Tensor &s, const Tensor &fine)
{
  const at::AutoGradMode derivatives(true);
  const Tensor leaf = fine.detach().clone().requires_grad_(true);
  const auto x = map.to_cartesian(s, leaf);
  const EnergyBatch batch = evaluate_energies(energy, x.x, kT);
  const Tensor g = torch::autograd::grad({(x.x * batch.gradient).sum() - x.log_det.sum()}, {leaf})[0];
  return at::where(batch.usable.unsqueeze(1), g, std::numeric_limits<double>::quiet_NaN());
}

}    // namespace

ThermalShape thermal_shape(const CoordinateMap &map, EnergyModel &energy, double kT, const CoordinateMap::Start &start,
                           Communicator &comm)
{
  const OneThread one_thread;
  const at::NoGradGuard no_grad;
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
    Tensor fine = start.fine.repeat({2 * count, 1});
    for (std::int64_t i = 0; i < count; ++i) {
      const double h = kStep * width[first + i].item<double>();
      fine[i][open[first + i]] += h;
      fine[count + i][open[first + i]] -= h;
    }
    const Tensor g = gradients(map, energy, kT, start.s.repeat({2 * count, 1}), fine).index_select(1, columns) * width;
    mine = (g.narrow(0, 0, count) - g.narrow(0, count, count)) / (2.0 * kStep);
  }
  // Rows and columns in units of the assumed widths.
  Tensor hessian = to_tensor(comm.gather(to_vector(mine.contiguous())), {m, m});
  shape.evaluations = 2 * m;
  const Tensor bad = hessian.isfinite().all(1).logical_not();
  hessian = at::where(bad.unsqueeze(1).logical_or(bad.unsqueeze(0)), 0.0, 0.5 * (hessian + hessian.t()));
  hessian = hessian + at::diag(bad.to(at::kDouble));
  const auto [values, vectors] = at::linalg_eigh(hessian);
  const Tensor variance = values.clamp(1.0 / (kNarrower * kNarrower), 1e6).reciprocal();
  const Tensor covariance = at::matmul(vectors * variance, vectors.t());
  // Standard deviations apart from correlations; a narrow coordinate stays at a third of the assumed width.
  const Tensor deviation = covariance.diagonal().sqrt();
  const Tensor correlation = covariance / deviation / deviation.unsqueeze(1);
  const Tensor cholesky = at::linalg_cholesky(0.999 * correlation + 0.001 * at::eye(m, at::kDouble));
  shape.scale.index_copy_(0, columns, width * deviation.clamp(1.0 / kNarrower, kNarrower));
  Tensor mixing = shape.mixing.index_select(0, columns);
  mixing.zero_();
  mixing.index_copy_(1, columns, cholesky);
  shape.mixing.index_copy_(0, columns, mixing);
  return shape;
}

}    // namespace cgflow
