// SPDX-License-Identifier: GPL-2.0-only
#include "base/weights.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace cgflow {

double ess_fraction(std::span<const double> ln_w)
{
  if (ln_w.empty()) return 0.0;
  const double highest = *std::max_element(ln_w.begin(), ln_w.end());
  if (!std::isfinite(highest)) return 0.0;
  // Weights relative to the largest cannot overflow, and those that underflow do not count.
  double sum = 0.0, squares = 0.0;
  for (const double value : ln_w) {
    const double w = std::exp(value - highest);
    sum += w;
    squares += w * w;
  }
  return sum * sum / squares / static_cast<double>(ln_w.size());
}

double median(std::vector<double> values)
{
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}    // namespace cgflow
