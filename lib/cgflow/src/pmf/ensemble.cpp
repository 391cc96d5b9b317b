// SPDX-License-Identifier: GPL-2.0-only
#include "pmf/ensemble.h"

#include "base/grid_points.h"
#include "base/one_thread.h"
#include "base/text.h"
#include "pmf/ensemble_members.h"
#include "pmf/label_weights.h"

#include "cgflow/error.h"

#include <algorithm>
#include <cmath>

namespace cgflow {

namespace {
// Constants, see doc/Howto_cgflow_theory.rst, Constants.
constexpr double kCeiling = 60.0;       // kT over the lowest label: labels above it are moved down to it
constexpr std::int64_t kChunk = 256;    // points evaluated at once, so that their features stay in the cache
// Residuals of the gamma deviance, kT: above the first it continues as a parabola, below the second its curvature is
// kept from falling further.
constexpr double kParabolaFrom = 2.0, kFlatBelow = -3.0;

Tensor view(const double *values, std::int64_t rows, std::int64_t columns)
{
  return at::from_blob(const_cast<double *>(values), {rows, columns}, at::TensorOptions(at::kDouble));
}

// Factor from the spread of m members to the std of the truth around their mean. The mean has an error of spread /
// sqrt(m). The spread of m numbers is itself uncertain, so the truth follows a Student-t distribution with m - 1 degrees
// of freedom.
double std_factor(int m)
{
  const double student = m > 3 ? (m - 1.0) / (m - 3.0) : 3.0;
  return std::sqrt((1.0 + 1.0 / m) * student);
}

LabelData label_data(const std::vector<Label> &labels, const CgSpace &space, Communicator &comm)
{
  const std::int64_t n = static_cast<std::int64_t>(labels.size());
  const std::vector<double> variance = smoothed_variance(labels, space, comm);
  LabelData data{at::empty({n, space.n_cv()}, at::kDouble), at::empty({n}, at::kDouble), at::empty({n}, at::kDouble),
                 at::empty({n}, at::kDouble)};
  for (std::int64_t i = 0; i < n; ++i) {
    const Label &label = labels[i];
    if (static_cast<int>(label.s.size()) != space.n_cv())
      throw ShapeError("PMF ensemble: label " + std::to_string(i + 1) + " has " + std::to_string(label.s.size()) +
                       " CG variables, expected " + std::to_string(space.n_cv()));
    if (!label.finite())
      throw ModelError("PMF ensemble: label " + std::to_string(i + 1) + " of " + std::to_string(n) +
                       ": got ln of the mean weight " + std::to_string(label.ln_mean_w) + ", relative variance " +
                       std::to_string(label.relative_variance) + ", expected finite numbers");
    std::copy(label.s.begin(), label.s.end(), data.s.data_ptr<double>() + i * space.n_cv());
    data.ln_w.data_ptr<double>()[i] = label.ln_mean_w;
    data.variance.data_ptr<double>()[i] = variance[i];
    data.f.data_ptr<double>()[i] = -label.ln_mean_w - 0.5 * variance[i];
  }
  // Walkers never go where F is this high, and the label of a single clash would set the scale of F for all others.
  const double highest = at::max(data.ln_w).item<double>() - kCeiling;
  data.ln_w.clamp_min_(highest);
  data.f.clamp_max_(-highest);
  return data;
}
}    // namespace

Tensor bootstrap_weights(const PmfConfig &config, std::uint64_t seed, std::int64_t first_member, std::int64_t members,
                         std::int64_t first_label, std::int64_t labels)
{
  Tensor weights = at::empty({members, labels}, at::kDouble);
  double *w = weights.data_ptr<double>();
  for (std::int64_t i = 0; i < members; ++i)
    for (std::int64_t j = 0; j < labels; ++j) *w++ = bootstrap_weight(config, seed, first_member + i, first_label + j);
  return weights;
}

Tensor scale_to_ranges(const CgSpace &space, const Tensor &s)
{
  std::vector<Tensor> columns;
  for (int j = 0; j < space.n_cv(); ++j) columns.push_back((s.select(1, j) - space[j].lo) / space[j].width());
  return at::stack(columns, 1);
}

Tensor gamma_deviance(const Tensor &r)
{
  const Tensor capped = at::clamp_max(r, kParabolaFrom), beyond = r - capped;
  return at::exp(capped) * (1.0 + beyond + 0.5 * beyond * beyond) - r - 1.0;
}

Tensor gamma_slope(const Tensor &r)
{
  const Tensor capped = at::clamp_max(r, kParabolaFrom);
  return at::exp(capped) * (1.0 + r - capped) - 1.0;
}

Tensor gamma_curvature(const Tensor &r) { return at::exp(at::clamp(r, kFlatBelow, kParabolaFrom)); }

void PmfMembers::evaluate_grid(const Tensor &parameters, const std::vector<std::vector<double>> &axes,
                               const std::function<void(std::int64_t, const Tensor &)> &take) const
{
  const std::vector<double> s = grid_rows(axes);
  const std::int64_t d = static_cast<std::int64_t>(axes.size()), n = static_cast<std::int64_t>(s.size()) / d;
  for (std::int64_t i = 0; i < n; i += kChunk)
    take(i, evaluate(parameters, view(s.data() + i * d, std::min(kChunk, n - i), d)));
}

struct PmfEnsemble::Impl {
  PmfConfig config;
  CgSpace space;
  std::uint64_t seed;
  std::unique_ptr<PmfMembers> members;
  Tensor parameters;    // [members, size], undefined before the first fit
  Tensor shift;         // [members], added to each member's F

  void require_fitted() const
  {
    if (!parameters.defined()) throw ModelError("PMF ensemble: got an evaluation before the first fit");
  }
  Tensor aligned(const Tensor &s) const { return members->evaluate(parameters, s) + shift.unsqueeze(1); }
  Tensor at_labels(const Tensor &s, Communicator &comm) const;
  void align(const Tensor &f, const std::vector<Label> &labels, Communicator &comm);
};

// F of every member at s, [members, n]; each rank computes its share of s.
Tensor PmfEnsemble::Impl::at_labels(const Tensor &s, Communicator &comm) const
{
  const auto [first, count] = comm.share(s.size(0));
  const Tensor mine = members->evaluate(parameters, s.narrow(0, first, count)).t().contiguous();
  const double *p = mine.data_ptr<double>();
  const std::vector<double> all = comm.gather({p, p + mine.numel()});
  return view(all.data(), s.size(0), config.members).t().clone(at::MemoryFormat::Contiguous);
}

// Sets the members' constants, because only differences of F have a meaning. Each member's weighted mean over the labels
// becomes the mean of all members. The weights are exp(-F) of the common mean, which picks the basins, times the labels'
// spacing weights. The labels are where F is known, in any number of dimensions. f [members, n].
void PmfEnsemble::Impl::align(const Tensor &f, const std::vector<Label> &labels, Communicator &comm)
{
  const std::vector<double> spacing = spacing_weights(labels, space, comm);
  const Tensor crowd = at::tensor(spacing, at::kDouble);
  // Two passes: the common mean itself depends on the constants.
  Tensor weight = crowd / at::sum(crowd);
  for (int pass = 0; pass < 2; ++pass) {
    const Tensor constant = at::mv(f, weight);
    shift = constant.mean() - constant;
    const Tensor mean = (f + shift.unsqueeze(1)).mean(0);
    weight = crowd * at::exp(at::min(mean) - mean);
    weight = weight / at::sum(weight);
  }
  const Tensor constant = at::mv(f, weight);
  shift = (constant.mean() - constant).contiguous();
  comm.broadcast(shift.data_ptr<double>(), sizeof(double) * shift.numel(), 0);
}

PmfEnsemble::PmfEnsemble(const PmfConfig &config, const CgSpace &space, std::uint64_t seed)
    : impl_(new Impl{config, space, seed, nullptr, {}, {}})
{
  impl_->members =
      config.network == "mlp" ? make_mlp_members(config, space, seed) : make_fourier_members(config, space, seed);
}

PmfEnsemble::~PmfEnsemble() = default;

bool PmfEnsemble::fitted() const { return impl_->parameters.defined(); }

PmfEnsemble::FitReport PmfEnsemble::fit(const std::vector<Label> &labels, std::uint64_t fit, Communicator &comm)
{
  const OneThread one_thread;
  if (labels.empty()) throw ModelError("PMF ensemble: got no label to fit, at least one is needed");
  const at::NoGradGuard no_gradient;
  const LabelData data = label_data(labels, impl_->space, comm);
  const PmfMembers::Report members = impl_->members->fit(data, impl_->parameters, fit, comm);
  if (!at::all(at::isfinite(members.parameters)).item<bool>())
    throw ModelError(formatted("PMF ensemble: the fit to %lld labels with F from %g to %g kT gave weights that are not "
                               "finite, expected energies of a size at which kT matters",
                               static_cast<long long>(data.f.size(0)), at::min(data.f).item<double>(),
                               at::max(data.f).item<double>()));
  impl_->parameters = members.parameters;
  const Tensor f = impl_->at_labels(data.s, comm);
  impl_->align(f, labels, comm);

  FitReport report;
  report.epochs = members.epochs;
  report.loss = members.loss / impl_->config.members;
  const Tensor difference = (f + impl_->shift.unsqueeze(1)).mean(0) - data.f;
  report.residual = std::sqrt(at::mean(at::square(difference) / data.variance).item<double>());
  return report;
}

std::int64_t PmfEnsemble::memory(std::int64_t labels, const Communicator &comm) const
{
  return impl_->members->memory(labels, comm.size());
}

void PmfEnsemble::evaluate(int n, const double *s, double *f, double *std, double *gradient) const
{
  const OneThread one_thread;
  impl_->require_fitted();
  const at::NoGradGuard no_gradient;
  const int d = impl_->space.n_cv();
  const double factor = std_factor(impl_->config.members);
  for (std::int64_t i = 0; i < n; i += kChunk) {
    const std::int64_t count = std::min<std::int64_t>(kChunk, n - i);
    const Tensor points = view(s + i * d, count, d);
    const Tensor all = impl_->aligned(points);
    view(f + i, 1, count).copy_(all.mean(0, true));
    if (std) view(std + i, 1, count).copy_(factor * at::std(all, at::IntArrayRef{0}, true, true));
    if (gradient) view(gradient + i * d, count, d).copy_(impl_->members->mean_gradient(impl_->parameters, points));
  }
}

void PmfEnsemble::evaluate_grid(const std::vector<std::vector<double>> &axes, double *f, double *std) const
{
  const OneThread one_thread;
  impl_->require_fitted();
  const at::NoGradGuard no_gradient;
  const double factor = std_factor(impl_->config.members);
  impl_->members->evaluate_grid(impl_->parameters, axes, [&](std::int64_t first, const Tensor &values) {
    const Tensor all = values + impl_->shift.unsqueeze(1);
    view(f + first, 1, all.size(1)).copy_(all.mean(0, true));
    view(std + first, 1, all.size(1)).copy_(factor * at::std(all, at::IntArrayRef{0}, true, true));
  });
}

void PmfEnsemble::evaluate_members(int n, const double *s, double *out) const
{
  const OneThread one_thread;
  impl_->require_fitted();
  const at::NoGradGuard no_gradient;
  const int d = impl_->space.n_cv();
  Tensor target = view(out, impl_->config.members, n);
  for (std::int64_t i = 0; i < n; i += kChunk) {
    const std::int64_t count = std::min<std::int64_t>(kChunk, n - i);
    target.slice(1, i, i + count).copy_(impl_->aligned(view(s + i * d, count, d)));
  }
}

NamedTensors PmfEnsemble::state() const
{
  if (!fitted()) return {};
  return {{"members", impl_->parameters}, {"shift", impl_->shift}};
}

TensorForms PmfEnsemble::forms() const
{
  return {{"members", {impl_->config.members, impl_->members->size()}}, {"shift", {impl_->config.members}}};
}

void PmfEnsemble::load(const NamedTensors &state)
{
  const auto take = [&](const std::string &name, std::vector<std::int64_t> shape) {
    for (const NamedTensor &item : state) {
      if (item.name != name) continue;
      if (item.value.sizes().vec() != shape) {
        std::string got, expected;
        for (const std::int64_t x : item.value.sizes()) got += (got.empty() ? "" : " x ") + std::to_string(x);
        for (const std::int64_t x : shape) expected += (expected.empty() ? "" : " x ") + std::to_string(x);
        throw ModelError("PMF ensemble: '" + name + "' has the shape " + got + ", expected " + expected);
      }
      return item.value.detach().to(at::kDouble).clone();
    }
    throw ModelError("PMF ensemble: the state lacks '" + name + "'");
  };
  if (state.empty()) {
    impl_->parameters = Tensor();
    impl_->shift = Tensor();
    return;
  }
  Tensor parameters = take("members", {impl_->config.members, impl_->members->size()});
  impl_->shift = take("shift", {impl_->config.members});
  impl_->parameters = std::move(parameters);
}

}    // namespace cgflow
