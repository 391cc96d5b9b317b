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

/// The labels as the networks see them. All float64.
struct LabelData {
  Tensor s;           // [n, n_cv], box units
  Tensor ln_w;        // [n], ln of the mean weight
  Tensor variance;    // [n], smoothed relative variance of the mean weight, floor included
  Tensor f;           // [n], -ln_w less its first-order bias
};

/// The networks of an ensemble: parameters of all members as one matrix, a row a member.
class PmfMembers {
 public:
  virtual ~PmfMembers() = default;

  /// Parameters of one member.
  virtual std::int64_t size() const = 0;

  struct Report {
    Tensor parameters;    // [members, size()]
    int epochs = 0;
    double loss = 0.0;    ///< sum over the members
  };
  /// Trains all members, from `start` [members, size()], which may be undefined. Collective: the ranks share the work out, and all get
  /// the same bits.
  virtual Report fit(const LabelData &labels, const Tensor &start, std::uint64_t fit, Communicator &comm) const = 0;

  /// Bytes that a fit to so many labels takes at its highest on each of so many ranks.
  virtual std::int64_t memory(std::int64_t labels, std::int64_t ranks) const = 0;

  /// F/kT of every member, [members, n]. parameters [members, size()], s [n, n_cv] in box units.
  virtual Tensor evaluate(const Tensor &parameters, const Tensor &s) const = 0;
  /// F/kT of every member on a grid, the product of `axes` in box units, the last the fastest: `take` gets consecutive parts,
  /// each as the number of its first point and [members, points of the part].
  virtual void evaluate_grid(const Tensor &parameters, const std::vector<std::vector<double>> &axes,
                             const std::function<void(std::int64_t, const Tensor &)> &take) const;
  /// Gradient of the members' mean, [n, n_cv], kT per box unit.
  virtual Tensor mean_gradient(const Tensor &parameters, const Tensor &s) const = 0;
};

std::unique_ptr<PmfMembers> make_fourier_members(const PmfConfig &config, const CgSpace &space, std::uint64_t seed);
std::unique_ptr<PmfMembers> make_mlp_members(const PmfConfig &config, const CgSpace &space, std::uint64_t seed);

/// Bootstrap weights [members, labels] of so many members and labels, from the first ones on.
Tensor bootstrap_weights(const PmfConfig &config, std::uint64_t seed, std::int64_t first_member, std::int64_t members,
                         std::int64_t first_label, std::int64_t labels);

/// s in units of the ranges, lo -> 0, hi -> 1. [n, n_cv]
Tensor scale_to_ranges(const CgSpace &space, const Tensor &s);

/// Deviance of a mean weight against Z at residual r = F_net - F_label: exp(r) - r - 1, quadratic beyond r = 2 so that a
/// far start overflows nothing. Its minimum over many labels is unbiased in Z, unlike a squared loss in F.
Tensor gamma_deviance(const Tensor &r);
/// Its derivative.
Tensor gamma_slope(const Tensor &r);

}    // namespace cgflow

#endif
