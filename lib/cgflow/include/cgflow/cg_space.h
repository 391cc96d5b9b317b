// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_CG_SPACE_H
#define CGFLOW_CG_SPACE_H

#include <string>
#include <vector>

namespace cgflow {

/// One CG variable and its range in box units: degrees for angles, LAMMPS length units otherwise.
struct CgVariable {
  std::string name;
  double lo = 0.0;
  double hi = 0.0;
  bool periodic = false;

  double width() const { return hi - lo; }
};

/// The CG space: the ranges of its d variables. Points are arrays of d values in box units.
class CgSpace {
 public:
  CgSpace() = default;
  /// Throws ConfigError when a range is empty or not finite, a name is empty or used twice, or there is no variable.
  explicit CgSpace(std::vector<CgVariable> variables);

  int n_cv() const { return static_cast<int>(variables_.size()); }
  const CgVariable &operator[](int i) const { return variables_[i]; }
  const std::vector<CgVariable> &variables() const { return variables_; }

  /// Brings periodic values of one point s [n_cv] into [lo, hi) and leaves the others.
  void wrap(double *s) const;
  /// True when every non-periodic value lies in [lo, hi].
  bool contains(const double *s) const;
  /// Displacement b - a by the nearest image, each component divided by the width of its range. out [n_cv].
  void scaled_displacement(const double *a, const double *b, double *out) const;
  /// Euclidean length of the scaled displacement.
  double scaled_distance(const double *a, const double *b) const;

  bool operator==(const CgSpace &other) const;

 private:
  std::vector<CgVariable> variables_;
};

}    // namespace cgflow

#endif
