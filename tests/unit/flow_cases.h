// SPDX-License-Identifier: GPL-2.0-only
// Flows of all kinds of layers and coordinates, for the tests of the flow and of its derivatives.
#ifndef CGFLOW_TESTS_FLOW_CASES_H
#define CGFLOW_TESTS_FLOW_CASES_H

#include "config/config_table.h"
#include "flow/flow.h"
#include "numeric.h"

#include <gtest/gtest.h>

#include <memory>
#include <numbers>
#include <string>
#include <vector>

namespace cgflow_test {

using namespace cgflow;
using Kind = FineCoordinate::Kind;

constexpr double kPi = std::numbers::pi;

inline CgSpace space() { return CgSpace({{"phi", -180, 180, true}, {"d", 0, 10, false}}); }
inline std::vector<FineCoordinate> line() { return {{"t", Kind::unbounded, 0, 0}}; }
inline std::vector<FineCoordinate> lines(int n)
{
  std::vector<FineCoordinate> all;
  for (int i = 0; i < n; ++i) all.push_back({"t" + std::to_string(i), Kind::unbounded, 0, 0});
  return all;
}

inline std::vector<FineCoordinate> mixed()
{
  return {{"a", Kind::unbounded, 0, 0},
          {"chi", Kind::circular, -180, 180},
          {"b", Kind::bounded, 1, 3},
          {"rot", Kind::circular, 0, 120}};
}

// The kinds of coordinates of an internal map: methyl rotors in radians, bounded improper angles, unbounded bonds.
inline std::vector<FineCoordinate> molecule()
{
  return {{"bond1", Kind::unbounded, 0, 0},       {"methyl1", Kind::circular, -kPi / 3, kPi / 3},
          {"improper", Kind::bounded, -1.0, 1.0}, {"bond2", Kind::unbounded, 0, 0},
          {"methyl2", Kind::circular, -kPi, kPi}, {"angle", Kind::unbounded, 0, 0}};
}

// In float64, because the rounding of float32 would hide errors.
inline FlowConfig molecular(bool paper)
{
  FlowConfig config = default_config(paper, true).flow;
  config.precision = "float64";
  return config;
}

struct Case {
  std::string name;
  std::vector<std::string> layers;
  std::vector<FineCoordinate> fine;
  FlowConfig config{};
};

inline std::vector<Case> cases()
{
  return {{"affine", {"affine"}, line()},
          {"affine_3", {"affine"}, lines(3)},
          {"affine_mixed", {"affine"}, mixed()},
          {"spline", {"spline"}, line()},
          {"spline_mixed", {"spline"}, mixed()},
          {"default", FlowConfig{}.layers, line()},
          {"default_mixed", FlowConfig{}.layers, mixed()},
          {"rotor_mixed", {"rotor"}, mixed()},
          {"affine_coupling", {"affine_coupling", "affine_coupling"}, lines(3)},
          {"affine_coupling_1", {"affine_coupling"}, line()},
          {"affine_coupling_mixed", {"affine_coupling", "affine_coupling"}, mixed()},
          {"spline_coupling", {"spline_coupling", "spline_coupling", "spline_coupling"}, lines(3)},
          {"spline_coupling_1", {"spline_coupling"}, line()},
          {"spline_coupling_mixed", {"spline_coupling", "spline_coupling"}, mixed()},
          {"all", {"spline", "spline_coupling", "affine_coupling", "spline_coupling", "affine"}, mixed()},
          {"molecule", default_config(false, true).flow.layers, molecule(), molecular(false)},
          {"paper_molecule",
           {"spline_coupling", "spline_coupling", "shift", "spline_coupling", "spline_coupling", "shift"},
           molecule(),
           molecular(true)}};
}

// A flow far from the identity, with a standardization.
inline std::unique_ptr<ConditionalFlow> make(const Case &c, double scale = 0.25)
{
  FlowConfig config = c.config;
  config.layers = c.layers;
  config.hidden = {12};
  auto flow = std::make_unique<ConditionalFlow>(config, space(), c.fine, 7);
  randomize(flow->parameters(), scale);
  const int n = flow->n_fine();
  flow->set_standardization(at::linspace(0.3, 0.8, n, at::kDouble), at::linspace(0.5, 0.9, n, at::kDouble));
  return flow;
}

inline Tensor conditions(std::int64_t n)
{
  return at::cat({uniforms({1, n}, 31, -180, 180), uniforms({1, n}, 32, 0, 10)}, 0);
}

/// Each test runs once with each of cases().
class Flow : public testing::TestWithParam<Case> {};

}    // namespace cgflow_test

#endif
