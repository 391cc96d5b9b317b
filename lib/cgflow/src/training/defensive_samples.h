// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_DEFENSIVE_SAMPLES_H
#define CGFLOW_SRC_DEFENSIVE_SAMPLES_H

#include "flow/flow.h"

#include "cgflow/energy_model.h"

namespace cgflow {

/// Samples for PMF labels from a defensive mixture. A flow trained by energy can leave out a part of the fine coordinates,
/// and its own samples do not show it: their weights look even, although the mean weight lacks that part. A fraction of the
/// samples therefore comes from the flow with one latent coordinate, chosen at random, widened. The density m of the mixture
/// is known, and q/m serves as a control variate (make_label), so that the labels of a flow without gaps lose no accuracy.
struct DefensiveSamples {
  Tensor ln_w;          // [points * latent], against the mixture, -infinity when rejected
  Tensor ln_control;    // [points * latent], ln(q/m)
};

/// `latent` samples for each of the points s [n_cv, points], of which kWidenedFraction are widened by the factor kWidening.
/// Point i has number first + i in (seed, Stream::label_latent, key). Circular coordinates have a uniform base and are not
/// widened. Throws what `energy` throws.
DefensiveSamples draw_defensive(const ConditionalFlow &flow, const CoordinateMap &map, EnergyModel &energy, double kT,
                                const Tensor &s, int latent, std::uint64_t seed, std::int64_t first, std::uint64_t key);

/// Points for which it draws samples at once.
std::int64_t labels_at_once(int latent);

inline constexpr double kWidenedFraction = 0.1875;    // 3 of 16
inline constexpr double kWidening = 3.0;

}    // namespace cgflow

#endif
