// SPDX-License-Identifier: GPL-2.0-only
#include "training/relaxed_structure.h"

#include "base/one_thread.h"
#include "training/energy_batch.h"

#include <torch/optim/lbfgs.h>

namespace cgflow {
namespace {

constexpr int kMaxEvaluations = 200;
constexpr double kTolerance = 0.05;    // largest gradient, kT a width
constexpr double kRotorWidth = 0.2;    // radians, the unit of coordinates without a width
constexpr double kUnusable = 1e12;     // kT, where the energy is not finite: the line search turns back

}    // namespace

RelaxedStructure relax_structure(const CoordinateMap &map, EnergyModel &energy, double kT, const CoordinateMap::Start &start,
                                 Communicator &comm)
{
  const OneThread one_thread;
  const at::AutoGradMode derivatives(true);
  RelaxedStructure relaxed{start, 0};
  double evaluations = 0.0;
  if (comm.rank() == 0) {
    const Tensor width = at::where(start.scale > 0.0, start.scale, kRotorWidth);
    Tensor u = at::zeros({map.n_fine()}, at::kDouble).requires_grad_(true);
    Tensor best = u.detach().clone();
    double lowest = kUnusable;
    const auto closure = [&] {
      const auto x = map.to_cartesian(start.s.unsqueeze(0), (start.fine + width * u).unsqueeze(0));
      const EnergyBatch batch = evaluate_energies(energy, x.x, kT);
      ++evaluations;
      if (!batch.usable.item<bool>()) {
        u.mutable_grad() = at::zeros_like(u);
        return at::full({}, kUnusable, at::kDouble);
      }
      u.mutable_grad() = torch::autograd::grad({(x.x * batch.gradient).sum() - x.log_det.sum()}, {u})[0];
      const Tensor loss = (batch.u - x.log_det.detach()).sum();
      if (loss.item<double>() < lowest) {
        lowest = loss.item<double>();
        best.copy_(u.detach());
      }
      return loss;
    };
    torch::optim::LBFGS optimiser({u}, torch::optim::LBFGSOptions(1.0)
                                           .max_iter(kMaxEvaluations)
                                           .max_eval(kMaxEvaluations)
                                           .tolerance_grad(kTolerance)
                                           .tolerance_change(1e-9)
                                           .history_size(30)
                                           .line_search_fn("strong_wolfe"));
    optimiser.step(closure);
    const at::NoGradGuard no_grad;
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
