// SPDX-License-Identifier: GPL-2.0-only
// Networks of one layer of sinusoidal units whose output weights have a normal prior: F_m(s) = sum_k c_mk phi_k(s). The
// units are the lowest modes of the (periodic or padded) CG space, their prior variances the spectrum of a Matern-5/2
// process, so that any feature down to about a twentieth of the ranges is within reach and the fit between labels is
// smooth. Given the units the loss is convex: each member goes to its optimum in a few Newton steps, in milliseconds,
// where hidden layers trained by Adam take seconds to come near one of many.
//
// Each member's prior function is a draw from that prior, and its output weights are held to it instead of to zero:
// randomised maximum a posteriori, the std of which is the posterior's where labels are (with the bootstrap as the draw of
// the noise) and the prior's where they are not (Osband et al. 2018, Pearce et al. 2020).
#include "ensemble_members.h"

#include "cgflow/random.h"
#include "fourier_basis.h"
#include "fourier_evidence.h"

#include <algorithm>
#include <cmath>

namespace cgflow {

namespace {
constexpr double kConstantScale = 10.0;    // prior of the constant, in amplitudes: practically free
constexpr int kNewtonSteps = 40;
constexpr double kTolerance = 1e-7;     // kT, largest change of F at a label
constexpr double kRebuildCost = 2e8;    // flops below which the Hessian is rebuilt in each Newton step
constexpr int kKeptSteps = 6;           // steps for which it is kept otherwise
constexpr std::int64_t kBlocks = 6;     // of columns, when the lower triangle alone of the Hessian is computed

class FourierMembers : public PmfMembers {
 public:
  FourierMembers(const PmfConfig &config, const CgSpace &space, std::uint64_t seed)
      : config_(config), basis_(space), seed_(seed)
  {
  }

  std::int64_t size() const override { return basis_.size() + 1; }
  Report fit(const LabelData &labels, const Tensor &multiplicity, std::int64_t first, const Tensor &start,
             std::uint64_t fit) const override;

  Tensor evaluate(const Tensor &parameters, const Tensor &s) const override { return basis_.combine(parameters, s); }
  Tensor mean_gradient(const Tensor &parameters, const Tensor &s) const override
  {
    return basis_.gradient(parameters.mean(0), s);
  }

 private:
  Tensor prior_weights(std::int64_t member) const;

  PmfConfig config_;
  FourierBasis basis_;
  std::uint64_t seed_;
};

// One member's problem in whitened weights theta: prior N(theta0, 1).
struct Problem {
  Tensor features;    // [n, size], prior scale included
  Tensor label;       // [n], centred F: -ln w (gamma) or bias-corrected (squared)
  Tensor guess;       // [n], centred bias-corrected F
  Tensor weight;      // [n], multiplicity / variance
  Tensor theta0;      // [size]
  bool gamma;

  Tensor solve(const Tensor &factor, const Tensor &w, const Tensor &z) const;
  Tensor factorise(const Tensor &w) const;
  double loss(const Tensor &f) const
  {
    const Tensor r = f - label;
    return at::sum(weight * (gamma ? gamma_deviance(r) : 0.5 * r * r)).item<double>();
  }
  double objective(const Tensor &theta, const Tensor &f) const
  {
    return loss(f) + 0.5 * at::sum(at::square(theta - theta0)).item<double>();
  }
  bool dual() const { return features.size(0) <= features.size(1); }
};

// With fewer labels than units the n x n system (the kernel's form) is the smaller one. Scaled by the roots of the weights
// its eigenvalues are at least 1, which keeps rounding from making it indefinite.
Tensor Problem::factorise(const Tensor &w) const
{
  if (dual()) {
    const Tensor scaled = features * at::sqrt(w).unsqueeze(1);
    return at::linalg_cholesky(at::matmul(scaled, scaled.t()) + at::eye(w.size(0), w.options()));
  }
  // The lower triangle alone, in blocks: 0.58 of the products, which are most of a fit's time.
  const std::int64_t n = features.size(1), block = (n + kBlocks - 1) / kBlocks;
  const Tensor weighted = features.t() * w;
  Tensor normal = at::eye(n, features.options());
  for (std::int64_t first = 0; first < n; first += block) {
    const std::int64_t rows = std::min(block, n - first), columns = first + rows;
    normal.narrow(0, first, rows).narrow(1, 0, columns) +=
        at::matmul(weighted.narrow(0, first, rows), features.narrow(1, 0, columns));
  }
  return at::linalg_cholesky(normal);
}

// Minimiser of sum w (z - features theta)^2 / 2 + |theta - theta0|^2 / 2.
Tensor Problem::solve(const Tensor &factor, const Tensor &w, const Tensor &z) const
{
  const Tensor rest = z - at::mv(features, theta0);
  const Tensor root = at::sqrt(w);
  const Tensor right = dual() ? root * rest : at::mv(features.t(), w * rest);
  const Tensor x = at::cholesky_solve(right.unsqueeze(1), factor).squeeze(1);
  return theta0 + (dual() ? at::mv(features.t(), root * x) : x);
}

// Newton's method with step halving, from the last fit's weights or from the optimum of the squared loss. For many labels
// the Hessian is kept for some steps.
Tensor minimise(const Problem &p, const Tensor &start, int &steps)
{
  const Tensor floor = at::clamp_min(p.weight, 1e-9);
  Tensor w = floor, factor, theta = start;
  if (!theta.defined() || !p.gamma) {
    factor = p.factorise(w);
    theta = p.solve(factor, w, p.guess);
  }
  steps = 1;
  if (!p.gamma) return theta;
  Tensor f = at::mv(p.features, theta);
  double value = p.objective(theta, f);
  const double cost = 2.0 * p.features.size(0) * p.features.size(0) * p.features.size(1);
  const int kept = p.dual() || cost < kRebuildCost ? 1 : kKeptSteps;
  for (; steps < kNewtonSteps; ++steps) {
    const Tensor r = at::clamp(f - p.label, -3.0, 2.0), capped = at::clamp_max(f - p.label, 2.0);
    const Tensor slope = at::exp(capped) - 1.0 + std::exp(2.0) * (f - p.label - capped);
    if ((steps - 1) % kept == 0) {
      w = floor * at::exp(r);
      factor = p.factorise(w);
    }
    const Tensor direction = p.solve(factor, w, f - floor * slope / w) - theta;
    const Tensor change = at::mv(p.features, direction);
    double share = 1.0;
    Tensor next_f = f + change;
    double next = p.objective(theta + direction, next_f);
    while (!(next <= value) && share > 1e-4) {
      share *= 0.5;
      next_f = f + share * change;
      next = p.objective(theta + share * direction, next_f);
    }
    if (!(next <= value)) break;    // rounding: no lower value to be had
    theta = theta + share * direction;
    f = next_f;
    value = next;
    if (share * at::max(at::abs(change)).item<double>() < kTolerance) break;
  }
  return theta;
}

Tensor FourierMembers::prior_weights(std::int64_t member) const
{
  RandomStream stream(seed_, Stream::ensemble_init, member, 1);
  Tensor out = at::zeros({size()}, at::kDouble);
  double *p = out.data_ptr<double>();
  for (std::int64_t i = 0; i < basis_.size(); ++i) p[i] = stream.normal();
  return out;    // the constant's entry stays zero
}

PmfMembers::Report FourierMembers::fit(const LabelData &labels, const Tensor &multiplicity, std::int64_t first,
                                       const Tensor &start, std::uint64_t) const
{
  const bool gamma = config_.loss == "gamma";
  const Tensor variance = gamma ? labels.variance : at::full_like(labels.variance, labels.variance.mean().item<double>());
  const Tensor features = basis_.features(labels.s);
  const FourierEvidence evidence(basis_, features, labels.f, variance, config_.prior);
  const double centre = evidence.centre();
  Report report;
  std::vector<Tensor> rows;
  for (std::int64_t i = 0; i < multiplicity.size(0); ++i) {
    // A member's scales are a draw from their posterior, by a number that stays its own over all fits.
    const FourierScales scales = evidence.draw(RandomStream(seed_, Stream::ensemble_init, first + i, 2).uniform());
    const Tensor prior = at::cat({scales.amplitude * at::sqrt(basis_.spectrum(scales.length)),
                                  at::full({1}, kConstantScale * scales.amplitude, at::kDouble)});
    Problem problem;
    problem.features = features * prior;
    problem.label = (gamma ? -labels.ln_w : labels.f) - centre;
    problem.guess = labels.f - centre;
    problem.weight = multiplicity[i] / (variance * scales.noise);
    problem.theta0 = prior_weights(first + i);
    problem.gamma = gamma;
    int steps = 0;
    // Few labels are fitted in no time, and a start is then as far off as none.
    Tensor last;
    if (start.defined() && !problem.dual()) {
      last = start[i].clone();
      last[size() - 1] -= centre;
      last = last / prior;
    }
    const Tensor theta = minimise(problem, last, steps);
    Tensor row = theta * prior;
    row[size() - 1] += centre;
    rows.push_back(row);
    report.epochs = std::max(report.epochs, steps);
    report.loss += problem.loss(at::mv(problem.features, theta)) / static_cast<double>(labels.f.size(0));
  }
  report.parameters = rows.empty() ? at::zeros({0, size()}, at::kDouble) : at::stack(rows);
  return report;
}
}    // namespace

std::unique_ptr<PmfMembers> make_fourier_members(const PmfConfig &config, const CgSpace &space, std::uint64_t seed)
{
  return std::make_unique<FourierMembers>(config, space, seed);
}

}    // namespace cgflow
