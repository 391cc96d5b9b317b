// SPDX-License-Identifier: GPL-2.0-only
// The data of a walker between proposal and acceptance, which move with it from rank to rank.
#ifndef LMP_CGFLOW_WALKER_STORE_H
#define LMP_CGFLOW_WALKER_STORE_H

#include "lmptype.h"

#include <vector>

namespace LAMMPS_NS::CGFlow {

/// What fix cgflow/mc did with a walker in the present sweep.
enum class Move { none, proposed, wall, placing, placed };

/// One record of doubles per walker, so that LAMMPS' callbacks (grow, copy, exchange) are plain copies.
class WalkerStore {
 public:
  /// For d CG variables and n_pmf PMF styles, each with an energy and a std. A further call keeps the values that still have a place.
  void layout(int d, int n_pmf);
  void grow(int nmax);
  void copy(int from, int to);
  void clear(int i);
  int size() const { return stride_; }    ///< doubles of one record
  int pack(int i, double *buffer) const;
  int unpack(int i, const double *buffer);

  Move move(int i) const { return static_cast<Move>(static_cast<int>(at(i)[kMove])); }
  void set_move(int i, Move move) { at(i)[kMove] = static_cast<int>(move); }
  imageint old_image(int i) const { return static_cast<imageint>(ubuf(at(i)[kOldImage]).i); }
  void set_old_image(int i, imageint image) { at(i)[kOldImage] = ubuf(image).d; }
  double &old_energy(int i) { return at(i)[kOldEnergy]; }
  double *old_force(int i) { return at(i) + kOldForce; }       ///< [3]
  double *goal(int i) { return at(i) + kGoal; }                ///< x [3] to which the walker moves
  double *old_s(int i) { return at(i) + kVariables; }          ///< [n_cv]
  double *target(int i) { return at(i) + kVariables + d_; }    ///< [n_cv] of a walker that is being placed
  double &pmf_energy(int i, int k) { return at(i)[kVariables + 2 * d_ + 2 * k]; }
  double &pmf_std(int i, int k) { return at(i)[kVariables + 2 * d_ + 2 * k + 1]; }

  double memory_usage() const { return static_cast<double>(records_.capacity() * sizeof(double)); }

 private:
  enum { kMove, kOldImage, kOldEnergy, kOldForce, kGoal = kOldForce + 3, kVariables = kGoal + 3 };
  double *at(int i) { return records_.data() + static_cast<std::size_t>(i) * stride_; }
  const double *at(int i) const { return records_.data() + static_cast<std::size_t>(i) * stride_; }

  int d_ = 0;
  int stride_ = kVariables;
  int nmax_ = 0;
  std::vector<double> records_;
};

}    // namespace LAMMPS_NS::CGFlow

#endif
