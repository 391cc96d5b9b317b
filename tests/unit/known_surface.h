// SPDX-License-Identifier: GPL-2.0-only
// A PMF given by functions, and models with labels at given points: exploring without training.
#ifndef CGFLOW_TESTS_KNOWN_SURFACE_H
#define CGFLOW_TESTS_KNOWN_SURFACE_H

#include "cgflow/pmf_surface.h"
#include "model/model_parts.h"

#include <functional>
#include <string>
#include <vector>

namespace cgflow::tests {

/// kT of the surface and of the models.
constexpr double kT = 2.0;

/// F and std in kT as functions of s.
class KnownSurface : public PmfSurface {
 public:
  using Function = std::function<double(const double *)>;
  KnownSurface(const CgSpace &space, Function f, Function std) : space_(space), f_(std::move(f)), std_(std::move(std)) {}
  const CgSpace &space() const override { return space_; }
  double kT() const override { return tests::kT; }
  void evaluate(int n, const double *s, double *f, double *std, double *) const override
  {
    for (int i = 0; i < n; ++i) {
      f[i] = tests::kT * f_(s + i * space_.n_cv());
      if (std) std[i] = tests::kT * std_(s + i * space_.n_cv());
    }
  }

 private:
  CgSpace space_;
  Function f_, std_;
};

/// An untrained model with the threshold 0.2 kT. `cg` and `explore` are YAML.
inline Model model_of(const std::string &cg, const std::string &explore, const std::vector<std::vector<double>> &labels)
{
  const Config config = Config::parse("cg: " + cg + "\nexplore: " + explore + "\n", "test");
  Model model(config, {kT, 1.0, "lj", {{1.0}, {}, {}}, 3, 7, 0.2});
  for (const auto &s : labels) {
    Label label;
    label.s = s;
    model.parts().labels.push_back(label);
  }
  return model;
}

}    // namespace cgflow::tests

#endif
