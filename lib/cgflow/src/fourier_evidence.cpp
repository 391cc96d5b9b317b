// SPDX-License-Identifier: GPL-2.0-only
#include "fourier_evidence.h"

#include <algorithm>
#include <cmath>

namespace cgflow {

namespace {
constexpr std::int64_t kLabels = 300;    // at most so many labels in the evidence: its cost grows as their cube
constexpr int kLengths = 7;
constexpr double kShortest = 0.05, kLongest = 0.3;
// F of stiff fine modes is nearly analytic; where fine modes cross it turns sharply.
constexpr double kSmoothness[] = {2.5, 4.5, 8.5};
constexpr double kSmallestSpread = 2.0;    // kT: a few labels in one basin do not bound what lies outside it
constexpr double kAmplitudes[] = {0.7, 1.0, 1.5, 2.2, 3.3, 5.0};
constexpr double kNoises[] = {1.0, 1.5, 2.5, 4.0};
}    // namespace

FourierEvidence::FourierEvidence(const FourierBasis &basis, const Tensor &all_features, const Tensor &all_f,
                                 const Tensor &all_variance, double prior)
{
  const std::int64_t n = all_f.size(0), stride = (n + kLabels - 1) / kLabels;
  centre_ = (at::sum(all_f / all_variance) / at::sum(1.0 / all_variance)).item<double>();
  const double spread = prior * std::max(kSmallestSpread, n > 1 ? at::std(all_f, 0, true).item<double>() : 0.0);
  const auto every = at::indexing::Slice(0, n, stride);
  const Tensor features = all_features.index({every}).slice(1, 0, basis.size());
  const Tensor scale = at::rsqrt(all_variance.index({every}));
  const Tensor y = (all_f.index({every}) - centre_) * scale;
  std::vector<double> logs;
  const double ratio = std::pow(kLongest * std::sqrt(basis.n_cv()) / kShortest, 1.0 / (kLengths - 1));
  for (const double smoothness : kSmoothness)
    for (int i = 0; i < kLengths; ++i) {
      const double length = kShortest * std::pow(ratio, i);
      const Tensor half = features * at::sqrt(basis.spectrum(length, smoothness));
      // The constant as one more process of ten amplitudes.
      const Tensor kernel = (at::matmul(half, half.t()) + 100.0) * scale * scale.unsqueeze(1);
      const auto [values, vectors] = at::linalg_eigh(kernel);
      const Tensor value = at::clamp_min(values, 0.0).contiguous();
      const Tensor square = at::square(at::mv(vectors.t(), y)).contiguous();
      const double *v = value.data_ptr<double>(), *q = square.data_ptr<double>();
      for (const double amplitude : kAmplitudes)
        for (const double noise : kNoises) {
          double sum = std::log(amplitude) * std::log(amplitude) + std::log(noise) * std::log(noise);
          const double a = amplitude * spread * amplitude * spread;
          for (std::int64_t j = 0; j < value.size(0); ++j) sum += std::log(a * v[j] + noise) + q[j] / (a * v[j] + noise);
          grid_.push_back({length, smoothness, amplitude * spread, noise});
          logs.push_back(-0.5 * sum);
        }
    }
  const double best = *std::max_element(logs.begin(), logs.end());
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
