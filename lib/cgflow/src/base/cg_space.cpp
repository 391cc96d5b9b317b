// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow/cg_space.h"

#include "cgflow/error.h"

#include <cmath>
#include <set>

namespace cgflow {

CgSpace::CgSpace(std::vector<CgVariable> variables) : variables_(std::move(variables))
{
  if (variables_.empty()) throw ConfigError("CG space: got no CG variable, at least one is needed");
  std::set<std::string> names;
  for (const auto &v : variables_) {
    if (v.name.empty()) throw ConfigError("CG space: a CG variable has an empty name");
    if (!names.insert(v.name).second) throw ConfigError("CG space: the name '" + v.name + "' is used twice");
    if (!std::isfinite(v.lo) || !std::isfinite(v.hi) || v.lo >= v.hi)
      throw ConfigError("CG variable '" + v.name + "': got the range [" + std::to_string(v.lo) + ", " +
                        std::to_string(v.hi) + "], expected two finite numbers lo < hi");
  }
}

void CgSpace::wrap(double *s) const
{
  for (int i = 0; i < n_cv(); ++i) {
    const CgVariable &v = variables_[i];
    if (!v.periodic) continue;
    s[i] -= v.width() * std::floor((s[i] - v.lo) / v.width());
    // Rounding can turn a value just below lo into hi.
    if (s[i] >= v.hi) s[i] = v.lo;
  }
}

bool CgSpace::contains(const double *s) const
{
  for (int i = 0; i < n_cv(); ++i) {
    const CgVariable &v = variables_[i];
    // The comparison is written so that NaN is outside.
    if (v.periodic ? !std::isfinite(s[i]) : !(s[i] >= v.lo && s[i] <= v.hi)) return false;
  }
  return true;
}

void CgSpace::scaled_displacement(const double *a, const double *b, double *out) const
{
  for (int i = 0; i < n_cv(); ++i) {
    const CgVariable &v = variables_[i];
    double delta = (b[i] - a[i]) / v.width();
    if (v.periodic) delta -= std::round(delta);
    out[i] = delta;
  }
}

double CgSpace::scaled_distance(const double *a, const double *b) const
{
  double sum = 0.0;
  for (int i = 0; i < n_cv(); ++i) {
    const CgVariable &v = variables_[i];
    double delta = (b[i] - a[i]) / v.width();
    // Most differences are small, and round() would cost more than everything else here.
    if (v.periodic && std::abs(delta) > 0.5) delta -= std::round(delta);
    sum += delta * delta;
  }
  return std::sqrt(sum);
}

bool CgSpace::operator==(const CgSpace &other) const
{
  if (n_cv() != other.n_cv()) return false;
  for (int i = 0; i < n_cv(); ++i) {
    const CgVariable &a = variables_[i], &b = other.variables_[i];
    if (a.name != b.name || a.lo != b.lo || a.hi != b.hi || a.periodic != b.periodic) return false;
  }
  return true;
}

}    // namespace cgflow
