// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_DEFENSIVE_SAMPLES_H
#define CGFLOW_SRC_DEFENSIVE_SAMPLES_H

#include "flow/flow.h"

#include "cgflow/energy_model.h"

namespace cgflow {

/// Samples for PMF labels. A flow trained by energy can leave out a part of the fine coordinates, and samples of its own do
/// not show it: their weights look even while the mean weight lacks the part left out. So a share of the samples comes from
/// the flow with one latent coordinate, chosen at random, widened; the mixture's density is known, and with q/m as control
/// variate (make_label) a flow that leaves nothing out loses nothing by it.
struct DefensiveSamples {
  Tensor ln_w;          // [points * latent], against the mixture, -infinity when rejected
  Tensor ln_control;    // [points * latent], ln(q/m)
};

/// `latent` samples for each of the rows of s [points, n_cv], of which a share of kWidenedShare is widened by kWidening;
/// point i of the rows has number first + i in (seed, Stream::label_latent, key). Circular coordinates, whose base is
/// uniform, are never widened.
DefensiveSamples draw_defensive(const ConditionalFlow &flow, const CoordinateMap &map, EnergyModel &energy, double kT,
                                const Tensor &s, int latent, std::uint64_t seed, std::int64_t first, std::uint64_t key);

/// Points that it draws samples for at once.
std::int64_t labels_at_once(int latent);

inline constexpr double kWidenedShare = 0.1875;    // 3 of 16
inline constexpr double kWidening = 3.0;

}    // namespace cgflow

#endif
