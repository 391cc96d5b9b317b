// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow/labels.h"

#include "base/weights.h"

#include "cgflow/error.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

namespace cgflow {

double Label::error() const { return std::sqrt(relative_variance); }

bool Label::finite() const
{
  return std::all_of(s.begin(), s.end(), [](double value) { return std::isfinite(value); }) && std::isfinite(ln_mean_w) &&
         std::isfinite(relative_variance) && std::isfinite(ess_share);
}

namespace {
std::string where(const std::vector<double> &s, int iteration)
{
  std::string text = "PMF label at s = (";
  for (std::size_t i = 0; i < s.size(); ++i) text += (i ? ", " : "") + std::to_string(s[i]);
  return text + ") of iteration " + std::to_string(iteration);
}

// The estimates of a label are finite unless log-weights differ by more than the range of numbers.
void check_estimates(const Label &label, const std::vector<double> &s, int iteration)
{
  if (label.finite()) return;
  throw EnergyError(where(s, iteration) + ": got ln of the mean weight " + std::to_string(label.ln_mean_w) +
                    ", relative variance " + std::to_string(label.relative_variance) + ", ESS share " +
                    std::to_string(label.ess_share) + ", expected finite numbers");
}
}    // namespace

Label make_label(std::vector<double> s, const double *ln_w, int n, int iteration)
{
  if (!std::all_of(s.begin(), s.end(), [](double value) { return std::isfinite(value); }))
    throw EnergyError(where(s, iteration) + ": expected finite CG variables");
  if (n < 1) throw EnergyError(where(s, iteration) + ": got " + std::to_string(n) + " samples, at least 1 is needed");
  Label label;
  double largest = -std::numeric_limits<double>::infinity();
  for (int i = 0; i < n; ++i) {
    if (std::isnan(ln_w[i]) || ln_w[i] == std::numeric_limits<double>::infinity())
      throw EnergyError(where(s, iteration) + ": got the log-weight " + (std::isnan(ln_w[i]) ? "nan" : "inf") +
                        " for sample " + std::to_string(i + 1) + " of " + std::to_string(n) +
                        ", expected a finite number or -inf");
    if (std::isinf(ln_w[i])) ++label.rejected;
    largest = std::fmax(largest, ln_w[i]);
  }
  if (label.rejected == n)
    throw EnergyError(where(s, iteration) + ": all " + std::to_string(n) +
                      " samples were rejected, at least one weight above zero is needed");
  // Weights relative to the largest cannot overflow, and those that underflow do not matter.
  double sum = 0.0;
  for (int i = 0; i < n; ++i) sum += std::exp(ln_w[i] - largest);
  const double mean = sum / n;
  double deviations = 0.0;
  for (int i = 0; i < n; ++i) {
    const double d = std::exp(ln_w[i] - largest) - mean;
    deviations += d * d;
  }
  label.ln_mean_w = largest + std::log(mean);
  // One sample does not tell its variance; 1 is the relative variance of exponentially distributed weights.
  label.relative_variance = n == 1 ? 1.0 : deviations / (n - 1.0) / n / (mean * mean);
  label.ess_share = ess_fraction({ln_w, static_cast<std::size_t>(n)});
  check_estimates(label, s, iteration);
  label.s = std::move(s);
  label.n = n;
  label.iteration = iteration;
  return label;
}

Label make_label(std::vector<double> s, const double *ln_w, const double *ln_control, int n, int iteration)
{
  Label label = make_label(std::move(s), ln_w, n, iteration);
  if (n < 2) return label;
  double control = 0.0;
  for (int i = 0; i < n; ++i) control += std::exp(ln_control[i]) / n;
  if (!(control > 0.0)) return label;
  // In units of the plain mean weight.
  const double mean = 1.0 / control;
  double rest = 0.0;
  for (int i = 0; i < n; ++i) {
    const double off = std::exp(ln_w[i] - label.ln_mean_w) - mean * std::exp(ln_control[i]);
    rest += off * off;
  }
  label.ln_mean_w += std::log(mean);
  label.relative_variance = rest / (n - 1.0) / n;
  check_estimates(label, label.s, iteration);
  return label;
}

}    // namespace cgflow
