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

/// s of the labels, [n, n_cv].
std::vector<double> label_points(const std::vector<Label> &labels);

/// Relative variance of each label's mean weight: its own estimate and that of its nearest neighbours of the same iteration and
/// number of samples, half each for 16 samples. The own estimate alone is small too where a mean weight came out low by
/// chance, and weights that follow it pull F up, the more so the fewer the samples; the neighbours' alone takes from good
/// labels what belongs to a bad one beside them. A floor of (0.01 kT)^2 keeps one label from ruling all.
/// This and what else takes a communicator is collective: each rank computes a share of the labels.
std::vector<double> smoothed_variance(const std::vector<Label> &labels, const CgSpace &space, Communicator &comm);

/// How many samples of the newest labels' quality would tell as much as all labels do.
double samples_worth(const std::vector<Label> &labels, const CgSpace &space, Communicator &comm);

/// Weight of label `index` for `member`: exponential with mean 1 (Bayesian bootstrap, Rubin 1981), or with bagging < 1
/// one or zero. Depends on (seed, member, index) alone, so a label keeps its weight when others are appended.
double bootstrap_weight(const PmfConfig &config, std::uint64_t seed, std::int64_t member, std::int64_t index);

/// Share of each label in the alignment of the members' constants: 1 / (labels within 0.05 of the ranges), so that a
/// crowd of labels at one place counts once.
std::vector<double> spacing_weights(const std::vector<Label> &labels, const CgSpace &space, Communicator &comm);

}    // namespace cgflow

#endif
