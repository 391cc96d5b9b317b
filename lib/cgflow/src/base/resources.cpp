// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow/resources.h"

#include <cstdio>

namespace cgflow {

std::string Resources::text() const
{
  constexpr double kMega = 1e-6;
  char text[256];
  std::snprintf(text, sizeof text,
                "kernels run on %s, %d thread%s a rank; memory of a rank up to %.1f MB for training, %.1f MB for labels, "
                "%.1f MB for fits and %.1f MB more for each 1000 labels",
                backend.c_str(), threads, threads == 1 ? "" : "s", kMega * training, kMega * labels, kMega * fit,
                1000 * kMega * fit_per_label);
  return text;
}

}    // namespace cgflow
