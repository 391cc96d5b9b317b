// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_ENERGY_GUARD_H
#define CGFLOW_SRC_ENERGY_GUARD_H

#include "cgflow/communicator.h"
#include "cgflow/energy_model.h"
#include "cgflow/error.h"
#include "cgflow/work_times.h"

#include <algorithm>
#include <limits>
#include <string>

namespace cgflow {

/// Keeps a failure of the energies on one rank from leaving the others in a collective call. evaluate() never throws; from
/// its first failure on, the rank gets energies of +infinity. rethrow() then throws the same error on all ranks. Adds the
/// time of evaluations to `seconds`, if given.
class EnergyGuard : public EnergyModel {
 public:
  EnergyGuard(EnergyModel &energy, Communicator &comm, double *seconds = nullptr)
      : energy_(energy), comm_(comm), seconds_(seconds ? *seconds : unused_)
  {
  }

  int n_atoms() const override { return energy_.n_atoms(); }

  void evaluate(int n, const double *x, double *energy, double *force) override
  {
    if (!failed_) {
      try {
        const WorkTimer timer(seconds_);
        energy_.evaluate(n, x, energy, force);
        return;
      } catch (const std::exception &e) {
        failed_ = true;
        text_ = e.what();
      }
    }
    std::fill_n(energy, n, std::numeric_limits<double>::infinity());
    std::fill_n(force, std::size_t{3} * n * n_atoms(), 0.0);
  }

  /// True after a failure on this rank.
  bool failed() const { return failed_; }

  /// Collective. Throws EnergyError on every rank when one has failed, with the text of the lowest such rank.
  void rethrow()
  {
    double last_failed = failed_ ? comm_.size() - comm_.rank() : 0.0;
    comm_.max(&last_failed, 1);
    if (last_failed == 0.0) return;
    const int root = comm_.size() - static_cast<int>(last_failed);
    std::size_t length = text_.size();
    comm_.broadcast(&length, sizeof length, root);
    text_.resize(length);
    comm_.broadcast(text_.data(), length, root);
    throw EnergyError(text_);
  }

 private:
  EnergyModel &energy_;
  Communicator &comm_;
  double unused_ = 0.0;
  double &seconds_;
  bool failed_ = false;
  std::string text_;
};

}    // namespace cgflow

#endif
