// SPDX-License-Identifier: GPL-2.0-only
#include "training/relaxed_structure.h"

#include "base/one_thread.h"
#include "training/energy_batch.h"

#include <torch/optim/lbfgs.h>

namespace cgflow {
namespace {

constexpr int kMaxEvaluations = 200;
constexpr double kTolerance = 0.05;    // largest component of the gradient, kT per width
constexpr double kRotorWidth = 0.2;    // radians, the unit of coordinates without a width
constexpr double kUnusable = 1e12;     // kT, in place of an energy that is not finite, so that the line search turns back

}    // namespace

RelaxedStructure relax_structure(const CoordinateMap &map, EnergyModel &energy, double kT, const CoordinateMap::Start &start,
                                 Communicator &comm)
{
  const OneThread one_thread;
  RelaxedStructure relaxed{start, 0};
  double evaluations = 0.0;
  if (comm.rank() == 0) {
    const Tensor width = at::where(start.scale > 0.0, start.scale, kRotorWidth);
    const Tensor s = start.s.unsqueeze(1), one = at::ones({1}, at::kDouble);
    Tensor u = at::zeros({map.n_fine()}, at::kDouble);
    Tensor best = u.clone();
    double lowest = kUnusable;
    const auto closure = [&] {
      const Tensor fine = (start.fine + width * u).unsqueeze(1);
      const auto x = map.to_cartesian(s, fine);
      const EnergyBatch batch = evaluate_energies(energy, x.x, kT);
      ++evaluations;
      if (!batch.usable.item<bool>()) {
        u.mutable_grad() = at::zeros_like(u);
        return at::full({}, kUnusable, at::kDouble);
      }
      const auto back = map.pull_back(s, fine, batch.gradient, one);
      u.mutable_grad() = width * (back.by_x.fine - back.by_log_det.fine).squeeze(1);
      const Tensor loss = (batch.u - x.log_det).sum();
      if (loss.item<double>() < lowest) {
        lowest = loss.item<double>();
        best.copy_(u);
      }
      return loss;
    };
    torch::optim::LBFGS optimizer({u}, torch::optim::LBFGSOptions(1.0)
                                           .max_iter(kMaxEvaluations)
                                           .max_eval(kMaxEvaluations)
                                           .tolerance_grad(kTolerance)
                                           .tolerance_change(1e-9)
                                           .history_size(30)
                                           .line_search_fn("strong_wolfe"));
    optimizer.step(closure);
    relaxed.start.fine = start.fine + width * best;
  }
  Tensor fine = relaxed.start.fine.contiguous().clone();
  comm.broadcast(fine.data_ptr<double>(), sizeof(double) * fine.numel(), 0);
  comm.broadcast(&evaluations, sizeof(double), 0);
  relaxed.start.fine = fine;
  relaxed.evaluations = static_cast<std::int64_t>(evaluations);
  return relaxed;
}

}    // namespace cgflow
