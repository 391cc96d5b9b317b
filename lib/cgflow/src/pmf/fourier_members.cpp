// SPDX-License-Identifier: GPL-2.0-only
// Networks with one layer of sinusoidal units, whose output weights have a normal prior: F_m(s) = sum_k c_mk phi_k(s).
// The units are the lowest modes of the (periodic or padded) CG space. Their prior variances are the spectrum of a
// Matern process, so the networks can represent features down to about a twentieth of the ranges and are smooth between
// labels. For fixed units the loss is convex: each member reaches its optimum in a few Newton steps, which take
// milliseconds. Hidden layers trained by Adam take seconds to come near one of many local optima.
//
// Each member's prior function is a draw from this prior, and the member's weights are drawn towards it instead of
// towards zero (randomized maximum a posteriori; Osband et al. 2018, Pearce et al. 2020). Where labels are, the std of
// the members is that of the posterior, with the bootstrap as the draw of the noise. Where they are missing it is that
// of the prior.
#include "pmf/ensemble_members.h"

#include "cgflow/random.h"
#include "kernels/normal_product.h"
#include "pmf/fourier_basis.h"
#include "pmf/fourier_evidence.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace cgflow {

namespace {
// Constants, see doc/Howto_cgflow_theory.rst, Constants.
constexpr double kConstantScale = 10.0;    // prior std of the constant in units of the amplitude: practically free
constexpr int kNewtonSteps = 40;           // of a fit, at most
constexpr int kHalvings = 13;              // of one Newton step, at most
constexpr int kConjugateSteps = 300;       // of one Newton direction, at most
constexpr double kForcing = 0.03;          // residual of a Newton direction, relative to its start
constexpr double kTolerance = 1e-6;        // kT, largest change of F at a label in the last Newton step
constexpr std::int64_t kBlocks = 6;        // of rows of the normal matrix
constexpr std::int64_t kArrays = 12;       // [members, labels] and [members, weights] that a fit holds at once

class FourierMembers : public PmfMembers {
 public:
  FourierMembers(const PmfConfig &config, const CgSpace &space, std::uint64_t seed)
      : config_(config), basis_(space), seed_(seed)
  {
  }

  std::int64_t size() const override { return basis_.size() + 1; }
  Report fit(const LabelData &labels, const Tensor &start, std::uint64_t fit, Communicator &comm) const override;
  std::int64_t memory(std::int64_t labels, std::int64_t ranks) const override;

  Tensor evaluate(const Tensor &parameters, const Tensor &s) const override { return basis_.combine(parameters, s); }
  void evaluate_grid(const Tensor &parameters, const std::vector<std::vector<double>> &axes,
                     const std::function<void(std::int64_t, const Tensor &)> &take) const override
  {
    basis_.combine_on_grid(parameters, axes, take);
  }
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

// The problems of all members in whitened weights theta [members, size] with the prior N(theta0, 1). The members share
// features and labels, so one matrix product serves all of them. Each rank holds n of the labels. All ranks hold theta
// and the sums over labels, with rounding errors that may differ between machines, so the ranks take every decision of a
// loop together.
struct Problems {
  Communicator &comm;
  Tensor wide;        // [n, padded size], features with columns of zeros that the kernel needs
  Tensor features;    // [n, size], view of `wide` without these columns
  Tensor prior;       // [members, size], std of the weights
  Tensor label;       // [n], centered F: -ln w (gamma loss), or with its bias removed (squared loss)
  Tensor weight;      // [members, n], multiplicity / variance
  Tensor theta0;      // [members, size]
  bool gamma;

  Tensor f(const Tensor &theta) const
  {
    Tensor q = at::zeros({theta.size(0), wide.size(1)}, theta.options()), narrow = q.narrow(1, 0, features.size(1));
    at::mul_out(narrow, theta, prior);
    const Tensor out = at::empty({theta.size(0), wide.size(0)}, theta.options());
    kernels::feature_product(wide.size(0), features.size(1), theta.size(0), wide.data_ptr<double>(), q.data_ptr<double>(),
                             out.data_ptr<double>());
    return out;
  }
  Tensor back(const Tensor &slope) const
  {
    const Tensor c = slope.contiguous(), out = at::empty({slope.size(0), wide.size(1)}, slope.options());
    kernels::transposed_product(wide.size(0), features.size(1), slope.size(0), wide.data_ptr<double>(), c.data_ptr<double>(),
                                out.data_ptr<double>());
    sum(out);
    return out.narrow(1, 0, features.size(1)) * prior;
  }
  Tensor slope(const Tensor &r) const { return weight * (gamma ? gamma_slope(r) : r); }
  Tensor curvature(const Tensor &r) const { return gamma ? weight * gamma_curvature(r) : weight; }
  Tensor loss(const Tensor &f) const
  {
    const Tensor r = f - label, all = at::sum(weight * (gamma ? gamma_deviance(r) : 0.5 * r * r), 1);
    sum(all);
    return all;
  }
  Tensor objective(const Tensor &theta, const Tensor &f) const
  {
    return loss(f) + 0.5 * at::sum(at::square(theta - theta0), 1);
  }
  void sum(const Tensor &t) const { comm.sum(t.data_ptr<double>(), static_cast<std::size_t>(t.numel())); }
  double largest(const Tensor &t) const
  {
    double value = t.numel() > 0 ? at::max(t).item<double>() : 0.0;
    // Only some ranks may see a NaN, and comparisons with NaN differ. Infinity is the same for all.
    if (std::isnan(value)) value = std::numeric_limits<double>::infinity();
    comm.max(&value, 1);
    return value;
  }
  bool any(const Tensor &t) const { return largest(t.to(at::kDouble)) > 0.0; }
};

// F^T w F over the labels of all ranks. Only the lower triangle is used; computing it in blocks takes 0.58 of the products.
Tensor normal_matrix(const Tensor &right, const Tensor &weight, Communicator &comm)
{
  const Tensor left = right.t() * weight;
  const std::int64_t n = right.size(1), block = (n + kBlocks - 1) / kBlocks;
  Tensor normal = at::zeros({n, n}, right.options());
  for (std::int64_t first = 0; first < n; first += block) {
    const std::int64_t rows = std::min(block, n - first), columns = first + rows;
    normal.narrow(0, first, rows)
        .narrow(1, 0, columns)
        .copy_(at::matmul(left.narrow(0, first, rows), right.narrow(1, 0, columns)));
  }
  comm.sum(normal.data_ptr<double>(), static_cast<std::size_t>(normal.numel()));
  return normal;
}

// Preconditioner of the members' Hessians, which differ by bootstrap weights, prior scales and noise. It uses the normal
// matrix of mean weights, computed once, with each member's own scales. Own normal matrices would take nearly all of a
// fit's time from a thousand labels on. Members with equal scales share a Cholesky factor, and the ranks take the
// factors in turns.
class Preconditioner {
 public:
  Preconditioner(const Problems &p, const Tensor &normal, const std::vector<FourierScales> &scales) : problems_(p)
  {
    std::vector<bool> placed(scales.size(), false);
    int turn = 0;
    for (std::size_t i = 0; i < scales.size(); ++i) {
      if (placed[i]) continue;
      std::vector<std::int64_t> rows;
      for (std::size_t j = i; j < scales.size(); ++j)
        if (scales[j] == scales[i]) {
          placed[j] = true;
          rows.push_back(static_cast<std::int64_t>(j));
        }
      if (turn++ % p.comm.size() != p.comm.rank()) continue;
      const Tensor scale = p.prior[static_cast<std::int64_t>(i)] / std::sqrt(scales[i].noise);
      // Scaled to a unit diagonal, the matrix cannot become indefinite by rounding.
      const Tensor diagonal = at::square(scale) * at::diagonal(normal) + 1.0, root = at::rsqrt(diagonal);
      const Tensor half = scale * root;
      Tensor hessian = normal * half * half.unsqueeze(1);
      at::diagonal(hessian) += at::reciprocal(diagonal);
      groups_.push_back({at::tensor(rows, at::kLong), root, at::linalg_cholesky(hessian)});
    }
  }
  Tensor solve(const Tensor &right) const
  {
    Tensor out = at::zeros_like(right);
    for (const Group &group : groups_) {
      const Tensor scaled = (right.index_select(0, group.members) * group.root).t();
      // Not cholesky_solve(), because it copies the factor, which takes longer than the solution.
      const Tensor lower = at::linalg_solve_triangular(group.factor, scaled, false);
      const Tensor solution = at::linalg_solve_triangular(group.factor.t(), lower, true);
      out.index_copy_(0, group.members, solution.t() * group.root);
    }
    problems_.sum(out);
    return out;
  }

 private:
  struct Group {
    Tensor members;    // rows of theta
    Tensor root;       // square root of the reciprocal diagonal
    Tensor factor;     // lower Cholesky factor
  };
  const Problems &problems_;
  std::vector<Group> groups_;
};

// Newton directions of all members by conjugate gradients, up to a relative residual of kForcing.
Tensor newton_directions(const Problems &p, const Preconditioner &preconditioner, const Tensor &curvature,
                         const Tensor &gradient)
{
  const std::int64_t members = gradient.size(0), size = gradient.size(1);
  const Tensor weight = curvature.contiguous();
  const Tensor wide = at::zeros({members, p.wide.size(1)}, gradient.options()), product = at::empty_like(wide);
  const auto hessian = [&](const Tensor &q) {
    at::Tensor narrow = wide.narrow(1, 0, size);
    at::mul_out(narrow, q, p.prior);
    kernels::normal_product(p.wide.size(0), size, members, p.wide.data_ptr<double>(), weight.data_ptr<double>(),
                            wide.data_ptr<double>(), product.data_ptr<double>());
    p.sum(product);
    return product.narrow(1, 0, size) * p.prior + q;
  };
  Tensor direction = at::zeros_like(gradient), rest = -gradient, z = preconditioner.solve(rest), q = z.clone();
  Tensor norm = at::sum(rest * z, 1);
  const Tensor enough = kForcing * kForcing * norm;
  for (int i = 0; i < kConjugateSteps; ++i) {
    const Tensor active = norm > enough;
    if (!p.any(active)) break;
    const Tensor hq = hessian(q);
    const Tensor step = at::where(active, norm / at::sum(q * hq, 1), 0.0).unsqueeze(1);
    direction += step * q;
    rest -= step * hq;
    z = preconditioner.solve(rest);
    const Tensor next = at::sum(rest * z, 1);
    q = z + at::where(active, next / norm, 1.0).unsqueeze(1) * q;
    norm = next;
  }
  return direction;
}

// Newton's method with step halving, for all members side by side.
Tensor minimize(const Problems &p, const Preconditioner &preconditioner, Tensor theta, int &steps)
{
  Tensor f = p.f(theta), value = p.objective(theta, f);
  for (steps = 0; steps < kNewtonSteps; ++steps) {
    const Tensor r = f - p.label;
    const Tensor direction = newton_directions(p, preconditioner, p.curvature(r), p.back(p.slope(r)) + theta - p.theta0);
    const Tensor change = p.f(direction);
    Tensor share = at::ones_like(value), next, better;
    for (int halvings = 0;; ++halvings) {
      next = p.objective(theta + share.unsqueeze(1) * direction, f + share.unsqueeze(1) * change);
      better = next <= value;
      if (halvings == kHalvings || !p.any(at::logical_not(better))) break;
      share = at::where(better, share, 0.5 * share);
    }
    // A member whose objective no longer falls has reached rounding errors. These may differ between ranks, so rank 0
    // decides.
    share = at::where(better, share, 0.0).unsqueeze(1).contiguous();
    p.comm.broadcast(share.data_ptr<double>(), sizeof(double) * static_cast<std::size_t>(share.numel()), 0);
    theta = theta + share * direction;
    f = f + share * change;
    value = at::where(better, next, value);
    if (p.largest(at::abs(share * change)) < kTolerance) break;
  }
  return theta;
}

std::int64_t FourierMembers::memory(std::int64_t labels, std::int64_t ranks) const
{
  const std::int64_t square = size() * size(), wide = kernels::padded(size()), count = config_.members;
  const std::int64_t share = (labels + ranks - 1) / ranks;
  // The evidence takes features and square matrices of the labels that it uses.
  const std::int64_t seen = std::min(labels, FourierEvidence::kLabels), evidence = 3 * seen * size() + 6 * seen * seen;
  // The normal matrix and the weighted features; later the normal matrix, two temporary copies and at most one factor
  // per member.
  const std::int64_t factors = (count + ranks - 1) / ranks;
  const std::int64_t normal = square + std::max(share * size() + square / kBlocks, (2 + factors) * square);
  // Weights, residuals, slopes and temporary arrays of the Newton steps.
  const std::int64_t steps =
      count * (kArrays * share + kArrays * size()) + kernels::normal_product_room(share, size(), count);
  return 8 * std::max(evidence, share * wide + normal + steps);
}

Tensor FourierMembers::prior_weights(std::int64_t member) const
{
  RandomStream stream(seed_, Stream::ensemble_init, member, 1);
  Tensor out = at::zeros({size()}, at::kDouble);
  double *p = out.data_ptr<double>();
  for (std::int64_t i = 0; i < basis_.size(); ++i) p[i] = stream.normal();
  return out;    // the entry of the constant stays zero
}

// Each rank takes a share of the labels, for all members. With a share of the members instead, each rank would read all
// features, which limits the speed of the products, and more ranks than members would not help.
PmfMembers::Report FourierMembers::fit(const LabelData &labels, const Tensor &start, std::uint64_t, Communicator &comm) const
{
  const bool gamma = config_.loss == "gamma";
  const Tensor variance = gamma ? labels.variance : at::full_like(labels.variance, labels.variance.mean().item<double>());
  const FourierEvidence evidence(basis_, labels.s, labels.f, variance, config_.prior, comm);
  const double center = evidence.center();
  const std::int64_t n = labels.f.size(0), members = config_.members;
  const auto [first, count] = comm.share(n);
  const Tensor my_variance = variance.narrow(0, first, count), my_f = labels.f.narrow(0, first, count);
  const Tensor wide = basis_.features(labels.s.narrow(0, first, count), kernels::padded(size()));
  const Tensor features = wide.narrow(1, 0, size());
  const Tensor normal = normal_matrix(features, 1.0 / my_variance, comm);
  std::vector<Tensor> priors, theta0;
  std::vector<double> share;
  std::vector<FourierScales> scales;
  for (std::int64_t i = 0; i < members; ++i) {
    // A member draws its scales from their posterior by a random number that it keeps over all fits.
    scales.push_back(evidence.draw(RandomStream(seed_, Stream::ensemble_init, i, 2).uniform()));
    priors.push_back(
        at::cat({scales.back().amplitude * at::sqrt(basis_.spectrum(scales.back().length, scales.back().smoothness)),
                 at::full({1}, kConstantScale * scales.back().amplitude, at::kDouble)}));
    theta0.push_back(prior_weights(i));
    share.push_back(1.0 / scales.back().noise);
  }
  const Tensor precision = at::tensor(share, at::kDouble).unsqueeze(1) / my_variance;    // [members, count]
  const Problems problems{comm,
                          wide,
                          features,
                          at::stack(priors),
                          (gamma ? -labels.ln_w.narrow(0, first, count) : my_f) - center,
                          bootstrap_weights(config_, seed_, 0, members, first, count) * precision,
                          at::stack(theta0),
                          gamma};
  const Preconditioner preconditioner(problems, normal, scales);
  Tensor theta;
  if (start.defined()) {
    theta = start.clone();
    theta.select(1, size() - 1) -= center;
    theta /= problems.prior;
  } else {
    // The optimum of the squared loss with equal bootstrap weights.
    const Tensor rest = (my_f - center - problems.f(problems.theta0)) * precision;
    theta = problems.theta0 + preconditioner.solve(problems.back(rest));
  }
  Report report;
  theta = minimize(problems, preconditioner, theta, report.epochs);
  report.loss = at::sum(problems.loss(problems.f(theta))).item<double>() / static_cast<double>(n);
  report.parameters = theta * problems.prior;
  report.parameters.select(1, size() - 1) += center;
  comm.broadcast(report.parameters.data_ptr<double>(), sizeof(double) * static_cast<std::size_t>(report.parameters.numel()),
                 0);
  return report;
}
}    // namespace

std::unique_ptr<PmfMembers> make_fourier_members(const PmfConfig &config, const CgSpace &space, std::uint64_t seed)
{
  return std::make_unique<FourierMembers>(config, space, seed);
}

}    // namespace cgflow
