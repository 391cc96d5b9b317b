// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_ENSEMBLE_MEMBERS_H
#define CGFLOW_SRC_ENSEMBLE_MEMBERS_H

#include "base/tensor.h"

#include "cgflow/cg_space.h"
#include "cgflow/communicator.h"
#include "cgflow/config.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace cgflow {

/// The labels as the networks use them. All float64.
struct LabelData {
  Tensor s;           // [n, n_cv], box units
  Tensor ln_w;        // [n], ln of the mean weight
  Tensor variance;    // [n], smoothed relative variance of the mean weight, with its floor
  Tensor f;           // [n], -ln_w with its first-order bias removed
};

/// The networks of an ensemble. The parameters of all members form one matrix with a row per member.
class PmfMembers {
 public:
  virtual ~PmfMembers() = default;

  /// Number of parameters of one member.
  virtual std::int64_t size() const = 0;

  struct Report {
    Tensor parameters;    // [members, size()]
    int epochs = 0;
    double loss = 0.0;    ///< sum over the members
  };
  /// Trains all members, beginning at `start` [members, size()] if it is defined. `fit` keys the random streams.
  /// Collective: the ranks share the work, and all get the same bits.
  virtual Report fit(const LabelData &labels, const Tensor &start, std::uint64_t fit, Communicator &comm) const = 0;

  /// The largest number of bytes that a fit to so many labels takes on each of so many ranks.
  virtual std::int64_t memory(std::int64_t labels, std::int64_t ranks) const = 0;

  /// F/kT of every member, [members, n]. parameters [members, size()], s [n, n_cv] in box units.
  virtual Tensor evaluate(const Tensor &parameters, const Tensor &s) const = 0;
  /// F/kT of every member on a grid, the product of `axes` in box units, the last axis fastest. `take` gets consecutive
  /// parts of the grid: the number of the first point, and the values [members, points of the part].
  virtual void evaluate_grid(const Tensor &parameters, const std::vector<std::vector<double>> &axes,
                             const std::function<void(std::int64_t, const Tensor &)> &take) const;
  /// Gradient of the members' mean, [n, n_cv], kT per box unit.
  virtual Tensor mean_gradient(const Tensor &parameters, const Tensor &s) const = 0;
};

std::unique_ptr<PmfMembers> make_fourier_members(const PmfConfig &config, const CgSpace &space, std::uint64_t seed);
std::unique_ptr<PmfMembers> make_mlp_members(const PmfConfig &config, const CgSpace &space, std::uint64_t seed);

/// Bootstrap weights [members, labels] of consecutive members and labels, which begin at first_member and first_label.
Tensor bootstrap_weights(const PmfConfig &config, std::uint64_t seed, std::int64_t first_member, std::int64_t members,
                         std::int64_t first_label, std::int64_t labels);

/// s [n, n_cv] in units of the ranges: lo becomes 0 and hi becomes 1.
Tensor scale_to_ranges(const CgSpace &space, const Tensor &s);

/// Gamma deviance of a mean weight from Z, by the residual r = F_network - F_label in kT: exp(r) - r - 1. Beyond r = 2 it
/// continues as a parabola, so that it does not overflow far from the labels. Its minimum over many labels is unbiased in Z,
/// unlike that of a squared loss in F.
Tensor gamma_deviance(const Tensor &r);
/// Derivative of gamma_deviance() by r.
Tensor gamma_slope(const Tensor &r);
/// Second derivative of gamma_deviance() by r, limited to exp([-3, 2]), which keeps Newton's method stable.
Tensor gamma_curvature(const Tensor &r);

}    // namespace cgflow

#endif
