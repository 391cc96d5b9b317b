// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_LABEL_WEIGHTS_H
#define CGFLOW_SRC_LABEL_WEIGHTS_H

#include "cgflow/cg_space.h"
#include "cgflow/communicator.h"
#include "cgflow/config.h"
#include "cgflow/labels.h"

#include <cstdint>
#include <vector>

namespace cgflow {

/// The points s of the labels, [n, n_cv].
std::vector<double> label_points(const std::vector<Label> &labels);

/// Relative variance of each label's mean weight [n]: the average of its own estimate and that of its nearest neighbors
/// of the same iteration and number of samples, half of each for 16 samples. The own estimate alone is too small where
/// the mean weight is low by chance, and fits with such weights raise F, most of all for few samples. The neighbors'
/// estimate alone would spread the variance of a bad label to good ones beside it. A floor of (0.01 kT)^2 keeps a single
/// label from dominating. Functions that take a communicator are collective: each rank computes a share of the labels.
std::vector<double> smoothed_variance(const std::vector<Label> &labels, const CgSpace &space, Communicator &comm);

/// The number of samples of the newest labels' quality that would be worth as much as all labels.
double samples_worth(const std::vector<Label> &labels, const CgSpace &space, Communicator &comm);

/// Weight of label `index` for `member`: exponentially distributed with mean 1 (Bayesian bootstrap, Rubin 1981), or with
/// bagging < 1 one or zero. It depends on (seed, member, index) alone, so a label keeps its weight when others are appended.
double bootstrap_weight(const PmfConfig &config, std::uint64_t seed, std::int64_t member, std::int64_t index);

/// Weight of each label in the alignment of the members' constants [n]: one over the number of labels within 0.05 of the
/// ranges, so that many labels at one place count once.
std::vector<double> spacing_weights(const std::vector<Label> &labels, const CgSpace &space, Communicator &comm);

}    // namespace cgflow

#endif
