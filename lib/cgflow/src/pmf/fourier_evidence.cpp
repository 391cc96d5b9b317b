// SPDX-License-Identifier: GPL-2.0-only
#include "pmf/fourier_evidence.h"

#include "base/text.h"

#include "cgflow/error.h"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace cgflow {

namespace {
// The grid of scales; see doc/Howto_cgflow_theory.rst, Constants.
constexpr std::int64_t kLabels = FourierEvidence::kLabels;
constexpr int kLengths = 7;                           // in equal ratios
constexpr double kShortest = 0.05, kLongest = 0.3;    // length in units of the ranges; the longest times sqrt(d)
// Matern's nu. F of stiff fine modes is nearly analytic; where fine modes cross it turns sharply.
constexpr double kSmoothness[] = {2.5, 4.5, 8.5};
// Smallest unit of the amplitudes, kT, because a few labels in one basin do not limit F outside of it.
constexpr double kSmallestSpread = 2.0;
constexpr double kAmplitudes[] = {0.7, 1.0, 1.5, 2.2, 3.3, 5.0};    // in units of the labels' spread
constexpr double kNoises[] = {1.0, 1.5, 2.5, 4.0};                  // factors of the labels' variances
constexpr std::size_t kScales = std::size(kAmplitudes) * std::size(kNoises);
// Each third label first, which takes a twentieth of the time. Lengths and smoothnesses that are then less likely than
// the best by a factor of e^-12 are left out of the evidence of all labels.
constexpr std::int64_t kFirstShare = 3;
constexpr double kUnlikely = 12.0;
// Prior variance of the constant in units of the squared amplitude: ten amplitudes.
constexpr double kConstantVariance = 100.0;

// Input of the evidence, for some of the labels.
struct Sample {
  Tensor features, scale, y;    // [n, size], 1 / std of the labels, (f - center) * scale
};

// ln of the evidence times the prior (up to a constant) for each amplitude and noise, in their order.
std::vector<double> log_evidence(const Sample &sample, const Tensor &spectrum, double spread)
{
  const Tensor half = sample.features * at::sqrt(spectrum);
  const Tensor kernel = (at::matmul(half, half.t()) + kConstantVariance) * sample.scale * sample.scale.unsqueeze(1);
  const auto [values, vectors] = at::linalg_eigh(kernel);
  const Tensor value = at::clamp_min(values, 0.0).contiguous();
  const Tensor square = at::square(at::mv(vectors.t(), sample.y)).contiguous();
  const double *v = value.data_ptr<double>(), *q = square.data_ptr<double>();
  std::vector<double> logs;
  for (const double amplitude : kAmplitudes)
    for (const double noise : kNoises) {
      double sum = std::log(amplitude) * std::log(amplitude) + std::log(noise) * std::log(noise);
      const double a = amplitude * spread * amplitude * spread;
      for (std::int64_t j = 0; j < value.size(0); ++j) sum += std::log(a * v[j] + noise) + q[j] / (a * v[j] + noise);
      logs.push_back(-0.5 * sum);
    }
  return logs;
}

// The highest evidence. Labels that are finite but of the size of 1e150 kT and more overflow when they are squared.
double highest(const std::vector<double> &values, const Tensor &f)
{
  const bool numbers = std::none_of(values.begin(), values.end(), [](double value) { return std::isnan(value); });
  const double best = numbers && !values.empty() ? *std::max_element(values.begin(), values.end()) : 0.0;
  if (numbers && !values.empty() && std::isfinite(best)) return best;
  throw ModelError(formatted("PMF ensemble: the evidence of the prior scales is not a finite number for %lld labels with F "
                             "from %g to %g kT, expected energies of a size at which kT matters",
                             static_cast<long long>(f.size(0)), at::min(f).item<double>(), at::max(f).item<double>()));
}
}    // namespace

FourierEvidence::FourierEvidence(const FourierBasis &basis, const Tensor &all_s, const Tensor &all_f,
                                 const Tensor &all_variance, double prior, Communicator &comm)
{
  const std::int64_t n = all_f.size(0), stride = (n + kLabels - 1) / kLabels;
  if (n == 0) throw ModelError("PMF ensemble: got no label for the evidence, at least one is needed");
  center_ = (at::sum(all_f / all_variance) / at::sum(1.0 / all_variance)).item<double>();
  const double spread = prior * std::max(kSmallestSpread, n > 1 ? at::std(all_f, 0, true).item<double>() : 0.0);
  const auto every = at::indexing::Slice(0, n, stride),
             first_share = at::indexing::Slice(0, at::indexing::None, kFirstShare);
  const Tensor scale = at::rsqrt(all_variance.index({every}));
  const Sample most{basis.features(all_s.index({every})).slice(1, 0, basis.size()), scale,
                    (all_f.index({every}) - center_) * scale};
  const Sample few{most.features.index({first_share}), scale.index({first_share}), most.y.index({first_share})};
  struct Candidate {
    double length, smoothness;
    Tensor spectrum;
  };
  std::vector<Candidate> candidates;
  const double ratio = std::pow(kLongest * std::sqrt(basis.n_cv()) / kShortest, 1.0 / (kLengths - 1));
  for (const double smoothness : kSmoothness)
    for (int i = 0; i < kLengths; ++i) {
      const double length = kShortest * std::pow(ratio, i);
      candidates.push_back({length, smoothness, basis.spectrum(length, smoothness)});
    }
  // The values of all candidates in their order; each rank computes a share of the candidates.
  const auto logs_of = [&](const Sample &labels) {
    const auto [first, count] = comm.share(static_cast<std::int64_t>(candidates.size()));
    std::vector<double> mine;
    for (std::int64_t i = first; i < first + count; ++i) {
      const std::vector<double> logs = log_evidence(labels, candidates[i].spectrum, spread);
      mine.insert(mine.end(), logs.begin(), logs.end());
    }
    return comm.gather(mine);
  };
  const std::vector<double> first_logs = logs_of(few);
  const double enough = highest(first_logs, all_f) - kUnlikely;
  std::vector<Candidate> likely;
  for (std::size_t i = 0; i < candidates.size(); ++i)
    if (std::any_of(&first_logs[i * kScales], &first_logs[i * kScales] + kScales, [&](double l) { return l >= enough; }))
      likely.push_back(candidates[i]);
  candidates = std::move(likely);
  const std::vector<double> logs = logs_of(most);
  for (const Candidate &c : candidates)
    for (const double amplitude : kAmplitudes)
      for (const double noise : kNoises) grid_.push_back({c.length, c.smoothness, amplitude * spread, noise});
  const double best = highest(logs, all_f);
  double sum = 0.0;
  for (const double l : logs) cumulative_.push_back(sum += std::exp(l - best));
  for (double &c : cumulative_) c /= sum;
}

FourierScales FourierEvidence::draw(double u) const
{
  const auto at = std::upper_bound(cumulative_.begin(), cumulative_.end(), u);
  return grid_[std::min<std::size_t>(at - cumulative_.begin(), grid_.size() - 1)];
}

}    // namespace cgflow
