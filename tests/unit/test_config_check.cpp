// SPDX-License-Identifier: GPL-2.0-only
// Config::check(): Configs made in code meet the rules of the YAML reader.
#include "config/config_table.h"

#include "cgflow/model.h"
#include "config_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

using namespace cgflow;
using namespace cgflow::tests;
using ::testing::HasSubstr;

namespace {

/// The error of a Config that `change` has changed.
std::string error_after(const std::function<void(Config &)> &change, Config config = parse(kCg))
{
  config.source.clear();
  change(config);
  return message<ConfigError>([&] { config.check(); });
}

Config molecule() { return parse("cg: [{name: phi, dihedral: [5, 7, 9, 15]}]\n"); }

/// A limit of a row, and whether the limit itself is allowed.
struct Bound {
  double value, outward;
  bool open;
};

std::vector<Bound> bounds(const Limits &limits)
{
  std::vector<Bound> found;
  if (std::isfinite(limits.lo)) found.push_back({limits.lo, -1.0, limits.lo_open});
  if (std::isfinite(limits.hi)) found.push_back({limits.hi, 1.0, limits.hi_open});
  return found;
}

void set(const Slot &slot, double value)
{
  if (const auto *p = std::get_if<int *>(&slot)) **p = static_cast<int>(value);
  if (const auto *p = std::get_if<std::int64_t *>(&slot)) **p = static_cast<std::int64_t>(value);
  if (const auto *p = std::get_if<double *>(&slot)) **p = value;
  if (const auto *p = std::get_if<std::vector<int> *>(&slot)) (*p)->assign(2, static_cast<int>(value));
}

void set(const Slot &slot, const std::string &word)
{
  if (const auto *p = std::get_if<std::string *>(&slot)) **p = word;
  if (const auto *p = std::get_if<std::vector<std::string> *>(&slot)) (*p)->assign(2, word);
}

bool is_list(const Slot &slot)
{
  return std::holds_alternative<std::vector<int> *>(slot) || std::holds_alternative<std::vector<std::string> *>(slot);
}

}    // namespace

TEST(ConfigCheck, DefaultsOfEverySystemAreAllowed)
{
  for (const bool paper : {false, true}) {
    Config model = default_config(paper, false), molecular = default_config(paper, true);
    model.cg = parse(kCg).cg;
    molecular.cg = molecule().cg;
    EXPECT_EQ(message<ConfigError>([&] { model.check(); }), "no error");
    EXPECT_EQ(message<ConfigError>([&] { molecular.check(); }), "no error");
  }
}

TEST(ConfigCheck, EveryNumberMayReachItsLimitsAndNotExceedThem)
{
  int tried = 0;
  for (const auto &row : keyword_table())
    for (const Bound &bound : bounds(row.limits)) {
      const auto error = [&](double value) { return error_after([&](Config &c) { set(row.slot(c), value); }); };
      const std::string where = "the configuration: " + row.path;
      EXPECT_THAT(error(bound.value + bound.outward), testing::StartsWith(where)) << row.path;
      EXPECT_THAT(error(bound.value + bound.outward), HasSubstr("expected " + row.type_text())) << row.path;
      if (bound.open)
        EXPECT_THAT(error(bound.value), testing::StartsWith(where)) << row.path;
      else
        EXPECT_THAT(error(bound.value), testing::Not(HasSubstr("expected " + row.type_text()))) << row.path;
      ++tried;
    }
  EXPECT_GT(tried, 40);
}

TEST(ConfigCheck, NoNumberMayBeInfiniteOrNaN)
{
  int tried = 0;
  for (const auto &row : keyword_table()) {
    Config any;
    if (!std::holds_alternative<double *>(row.slot(any))) continue;
    for (const double value : {std::nan(""), std::numeric_limits<double>::infinity()})
      EXPECT_THAT(error_after([&](Config &c) { set(row.slot(c), value); }),
                  testing::StartsWith("the configuration: " + row.path + ": got "));
    ++tried;
  }
  EXPECT_GT(tried, 20);
}

TEST(ConfigCheck, WordsAreThoseOfTheTable)
{
  int tried = 0;
  for (const auto &row : keyword_table()) {
    if (row.words.empty()) continue;
    EXPECT_THAT(error_after([&](Config &c) { set(row.slot(c), "wrong"); }),
                HasSubstr("got 'wrong', expected " + row.type_text()));
    ++tried;
  }
  EXPECT_GT(tried, 10);
}

TEST(ConfigCheck, ListsMayBeEmptyOnlyWhereTheDefaultIs)
{
  for (const auto &row : keyword_table()) {
    const auto clear = [&](Config &c) {
      const Slot slot = row.slot(c);
      if (const auto *p = std::get_if<std::vector<int> *>(&slot)) (*p)->clear();
      if (const auto *p = std::get_if<std::vector<std::string> *>(&slot)) (*p)->clear();
    };
    Config any;
    const bool refused = is_list(row.slot(any)) && row.path != "coordinates.zmatrix" && row.path != "coordinates.elements";
    EXPECT_EQ(error_after(clear),
              refused ? "the configuration: " + row.path + ": got an empty list, expected " + row.type_text() : "no error");
  }
}

TEST(ConfigCheck, TextsSayKeyValueAndWhatIsAllowed)
{
  EXPECT_EQ(error_after([](Config &c) { c.flow.bins = 257; }),
            "the configuration: flow.bins: got 257, expected integer in [2, 256]");
  EXPECT_EQ(error_after([](Config &c) { c.flow.bins = 1; }),
            "the configuration: flow.bins: got 1, expected integer in [2, 256]");
  EXPECT_EQ(error_after([](Config &c) { c.flow.harmonics = 0; }),
            "the configuration: flow.harmonics: got 0, expected integer in [1, 100]");
  EXPECT_EQ(error_after([](Config &c) {
              c.flow.hidden = {8, 0};
            }),
            "the configuration: flow.hidden[2]: got 0, expected list of integers in [1, 10000]");
  EXPECT_EQ(error_after([](Config &c) {
              c.flow.layers = {"affine", "realnvp"};
            }),
            "the configuration: flow.layers[2]: got 'realnvp', expected list of affine, rotor, spline, affine_coupling, "
            "spline_coupling, shift");
  EXPECT_EQ(error_after([](Config &c) { c.flow.precision = "float16"; }),
            "the configuration: flow.precision: got 'float16', expected one of float64, float32");
  EXPECT_EQ(error_after([](Config &c) { c.energy.estimator = "kl"; }),
            "the configuration: train.energy.estimator: got 'kl', expected one of path, reverse_kl");
  EXPECT_EQ(error_after([](Config &c) { c.energy.test = 1.0; }),
            "the configuration: train.energy.test: got 1, expected number in [0, 1)");
  EXPECT_EQ(error_after([](Config &c) { c.example.random_conditions = -0.5; }),
            "the configuration: train.example.random_conditions: got -0.5, expected number in [0, 1]");
  EXPECT_EQ(error_after([](Config &c) { c.pmf.members = 1; }),
            "the configuration: pmf.members: got 1, expected integer in [2, 1000]");
  EXPECT_EQ(error_after([](Config &c) { c.pmf.loss = "cubic"; }),
            "the configuration: pmf.loss: got 'cubic', expected one of gamma, squared");
  EXPECT_EQ(error_after([](Config &c) { c.pmf.network = "cnn"; }),
            "the configuration: pmf.network: got 'cnn', expected one of fourier, mlp");
}

TEST(ConfigCheck, ValuesTogether)
{
  const auto residual = [](std::vector<int> widths) {
    return [widths](Config &c) { c.flow.network = "residual", c.flow.hidden = widths; };
  };
  EXPECT_EQ(error_after(residual({8, 9})),
            "the configuration: flow.hidden: got [8, 9] with flow.network residual, expected at "
            "least one width and all of them equal");
  EXPECT_EQ(error_after(residual({8, 8})), "no error");
  EXPECT_EQ(error_after([](Config &c) { c.energy.drop = 8; }),
            "the configuration: train.energy.drop: got 8, expected less than train.energy.batch, which is 8");
  EXPECT_EQ(error_after([](Config &c) {
              c.fine = {{"s", {{"x", 1.0}}}};
            }),
            "the configuration: fine: got the name 's' of a CG variable, expected different names");
}

TEST(ConfigCheck, CgVariables)
{
  EXPECT_EQ(error_after([](Config &c) { c.cg.clear(); }),
            "the configuration: cg: got an empty list, expected at least one CG variable");
  EXPECT_EQ(error_after([](Config &c) { c.cg[0].linear.clear(); }),
            "the configuration: cg[1]: got no coordinate or several, expected exactly one of linear, dihedral, angle, bond");
  EXPECT_EQ(error_after([](Config &c) { c.cg[0].range.clear(); }),
            "the configuration: cg[1]: missing key 'range', expected range: [lo, hi] for the linear variable 's'");
  EXPECT_EQ(
      error_after([](Config &c) { c.cg.push_back(parse(kCg).cg[0]); }, molecule()),
      "the configuration: cg[2]: got the kind linear beside dihedral, expected linear for all CG variables or for none");
}

TEST(ConfigCheck, ModelsRefuseWhatTheReaderRefuses)
{
  Config config = parse(kCg);
  const ModelInfo info{10.0, 10.0, "lj", {{1.0}, {}, {}}, 2, 1, 0.4};
  Model model(config, info);
  config.energy.rate = -1.0;
  const std::string error = "mb.yaml: train.energy.rate: got -1, expected number > 0";
  EXPECT_EQ(message<ConfigError>([&] { Model(config, info); }), error);
  EXPECT_EQ(message<ConfigError>([&] { model.continue_as(config, info); }), error);
}
