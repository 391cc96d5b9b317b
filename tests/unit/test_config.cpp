// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow/config.h"

#include "cgflow/atomic_file.h"
#include "cgflow/error.h"
#include "config/config_table.h"
#include "config_text.h"
#include "temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fcntl.h>
#include <filesystem>
#include <future>
#include <random>
#include <set>
#include <sys/stat.h>
#include <unistd.h>

using namespace cgflow;
using namespace cgflow::tests;

TEST(Config, SmallestFileGivesTheStructsDefaults)
{
  const Config config = parse(kCg);
  Config expected;
  expected.cg = {{"s", {{"x", 1.0}, {"y", -1.0}}, {-2.6, 1.2}}};
  EXPECT_EQ(config, expected);
  EXPECT_EQ(config.source, "mb.yaml");
}

TEST(Config, ReadsEntriesInEitherStyleOfYaml)
{
  const Config config = parse(R"(# a comment
cg:
  - name: s
    linear: {x1: 1, y1: -1.5e0}
    range: [-2.6, +1.2]
  - {range: [0, 1], name: "12", linear: {z12: .5}}
)");
  EXPECT_EQ(config.cg, (std::vector<CgVariableConfig>{{"s", {{"x1", 1.0}, {"y1", -1.5}}, {-2.6, 1.2}},
                                                      {"12", {{"z12", 0.5}}, {0.0, 1.0}}}));
}

TEST(Config, ReadsSections)
{
  const Config config = parse(kCg + R"(fine: [{name: t, linear: {x: 1, y: 1}}]
flow: {layers: [affine_coupling, affine], hidden: [32], bins: 12, tail: 4.5}
train:
  example: {dump: basin.dump, epochs: 7}
  energy:
    rate: 1e-3
    estimator: "reverse_kl"
  labels: {points: 64}
pmf: {members: 5, warm_start: no, table: yes}
explore: {quiet: 123456789012, keep: 3}
budget: 5e4
)");
  EXPECT_EQ(config.fine, (std::vector<FineConfig>{{"t", {{"x", 1.0}, {"y", 1.0}}}}));
  EXPECT_EQ(config.flow.layers, (std::vector<std::string>{"affine_coupling", "affine"}));
  EXPECT_EQ(config.flow.hidden, std::vector<int>{32});
  EXPECT_EQ(config.flow.bins, 12);
  EXPECT_EQ(config.flow.tail, 4.5);
  EXPECT_EQ(config.example.dump, "basin.dump");
  EXPECT_EQ(config.example.epochs, 7);
  EXPECT_EQ(config.energy.rate, 1e-3);
  EXPECT_EQ(config.energy.estimator, "reverse_kl");
  EXPECT_EQ(config.labels.points, 64);
  EXPECT_EQ(config.pmf.members, 5);
  EXPECT_FALSE(config.pmf.warm_start);
  EXPECT_TRUE(config.pmf.table);
  EXPECT_EQ(config.explore.quiet, 123456789012);
  EXPECT_EQ(config.explore.keep, 3);
  EXPECT_EQ(config.budget, 50000);
}

TEST(Config, ExploreMayBeAWordAndSectionsMayBeEmpty)
{
  EXPECT_EQ(parse(kCg + "explore: grid\n").explore.strategy, "grid");
  EXPECT_EQ(parse(kCg + "explore: mc\n").explore, ExploreConfig());
  EXPECT_EQ(parse(kCg + "flow:\n  # bins: 4\ntrain:\n  energy:\n"), parse(kCg));
}

TEST(Config, AnchorsAndAliasesAreFollowed)
{
  const Config config = parse(kCg + "flow: {hidden: &widths [48, 48]}\npmf: {hidden: *widths}\n");
  EXPECT_EQ(config.pmf.hidden, (std::vector<int>{48, 48}));
}

TEST(Config, MergeKeysGiveWhatTheMapDoesNotHave)
{
  const std::string widths = "flow: &f\n  hidden: [48, 48]\n";
  EXPECT_EQ(parse(kCg + widths + "pmf: {<<: *f, members: 6}\n"),
            parse(kCg + widths + "pmf: {hidden: [48, 48], members: 6}\n"));
  // The map's own keys win, before and after the merge key; then earlier maps win.
  EXPECT_EQ(parse(kCg + widths + "pmf:\n  hidden: [8]\n  <<: *f\n"), parse(kCg + widths + "pmf: {hidden: [8]}\n"));
  EXPECT_EQ(parse(kCg + widths + "pmf:\n  <<: *f\n  hidden: [8]\n"), parse(kCg + widths + "pmf: {hidden: [8]}\n"));
  EXPECT_EQ(parse(kCg + widths + "pmf: {<<: [{members: 5}, *f, {hidden: [7], members: 9, epochs: 3}]}\n"),
            parse(kCg + widths + "pmf: {members: 5, hidden: [48, 48], epochs: 3}\n"));
  EXPECT_EQ(parse("cg:\n  - &s {name: s, linear: {x: 1}, range: [0, 1]}\n  - {<<: *s, name: t, linear: {y: 1}}\n"),
            parse("cg: [{name: s, linear: {x: 1}, range: [0, 1]}, {name: t, linear: {y: 1}, range: [0, 1]}]\n"));
  EXPECT_EQ(parse("cg: [{name: s, linear: {x: 1}, range: [0, 1]}]\n<<: {budget: 7}\n").budget, 7);
}

TEST(Config, BooleansOfYamlAreTaken)
{
  for (const std::string yes : {"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"})
    EXPECT_TRUE(parse(kCg + "pmf: {table: " + yes + "}\n").pmf.table) << yes;
  for (const std::string no : {"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"})
    EXPECT_FALSE(parse(kCg + "pmf: {table: " + no + "}\n").pmf.table) << no;
}

TEST(Config, LineEndsOfWindowsAreTaken)
{
  const std::string text = kCg + "# comment\n\nflow:\n  hidden: [48,\n    48]\n  bins: 4\n\npmf: {members: 5}\n";
  std::string windows;
  for (const char c : text) windows += c == '\n' ? "\r\n" : std::string(1, c);
  EXPECT_EQ(parse(windows), parse(text));
  EXPECT_EQ(parse("\xef\xbb\xbf" + windows), parse(text)) << "byte order mark";
  EXPECT_EQ(error_of(windows + "budget: x\r\n"), error_of(text + "budget: x\n"));
}

TEST(Config, PaperReplacesDefaultsAndLeavesGivenKeys)
{
  const Config config = parse(kCg + "pmf: {members: 4}\npaper: true\n");
  EXPECT_EQ(config.pmf.members, 4);
  EXPECT_EQ(config.pmf.hidden, (std::vector<int>{64, 64}));
  EXPECT_EQ(config.pmf.bagging, 0.8);
  EXPECT_EQ(config.flow.layers, std::vector<std::string>{"affine"});
  EXPECT_EQ(config.energy.points * config.energy.latent, 65 * 30);
  EXPECT_EQ(config.energy.first_epochs, 12);
  EXPECT_EQ(config.energy.cap, 0.0);
  EXPECT_EQ(config.labels.from, "training");
  EXPECT_NEAR(config.explore.spread * 3.8, 0.5, 1e-15);
  EXPECT_EQ(config.explore.target, 0.0);
  EXPECT_EQ(parse(kCg + "paper: no\n"), parse(kCg));
}

TEST(Config, MoleculesHaveTheirOwnDefaults)
{
  Config c;
  c.cg = {{"s", {{"x", 1.0}}, {0, 1}}};
  EXPECT_FALSE(is_molecular(c));
  c.cg = {{"phi", {}, {}, {1, 2, 3, 4}}};
  EXPECT_TRUE(is_molecular(c));
  EXPECT_EQ(default_config(false, false), Config());
  const FlowConfig flow = default_config(false, true).flow;
  EXPECT_EQ(flow.layers.front(), "rotor");
  EXPECT_EQ(flow.layers.back(), "affine");
  EXPECT_EQ(flow.masks, "random");
}

// Each figure of the paper and of its published configuration (arXiv 2402.01195).
TEST(Config, PaperOfAMoleculeIsItsAlanineDipeptide)
{
  const Config c = default_config(true, true);
  EXPECT_TRUE(c.paper);
  EXPECT_EQ(std::count(c.flow.layers.begin(), c.flow.layers.end(), "spline_coupling"), 12);
  EXPECT_EQ(std::count(c.flow.layers.begin(), c.flow.layers.end(), "shift"), 6);
  EXPECT_EQ(c.flow.layers.back(), "shift");
  EXPECT_EQ(c.flow.hidden, std::vector<int>{256});
  EXPECT_EQ(c.flow.network, "residual");
  EXPECT_EQ(c.flow.masks, "random");
  EXPECT_EQ(c.flow.precision, "float64");
  EXPECT_EQ(c.flow.bins, 8);
  EXPECT_EQ(c.flow.harmonics, 1);
  EXPECT_EQ(c.example.batch, 256);
  // 4.7e6 evaluations per iteration.
  EXPECT_NEAR((1 - c.energy.test) * c.energy.points * c.energy.latent * c.energy.epochs, 4.7e6, 0.05e6);
  EXPECT_EQ(c.energy.drop, 5);
  EXPECT_EQ(c.energy.rate, 1e-5);
  EXPECT_EQ(c.energy.estimator, "reverse_kl");
  EXPECT_EQ(c.pmf.hidden, (std::vector<int>{256, 128, 32}));
  EXPECT_EQ(c.pmf.bagging, 0.8);
  EXPECT_EQ(c.explore.keep, 15);
  EXPECT_EQ(c.explore.quiet, 500000);
}

TEST(Config, MissingFileIsAConfigError)
{
  try {
    Config::read("/nonexistent/mb.yaml");
    FAIL();
  } catch (const ConfigError &error) {
    EXPECT_STREQ(error.what(), "Cannot read file /nonexistent/mb.yaml: No such file or directory");
  }
}

TEST(Config, WhatIsNoFileIsAConfigErrorAndNothingWaits)
{
  const TemporaryFolder folder;
  const auto error_of_file = [](const std::string &path) { return message<ConfigError>([&] { Config::read(path); }); };
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  // A reader that waits for a writer is let go, so that the test fails and does not hang.
  auto pipe = std::async(std::launch::async, error_of_file, folder / "pipe");
  if (pipe.wait_for(std::chrono::seconds(20)) != std::future_status::ready) {
    ::close(::open((folder / "pipe").c_str(), O_WRONLY | O_NONBLOCK));
    ADD_FAILURE() << "waits for a writer";
  }
  EXPECT_EQ(pipe.get(), "Cannot read file " + folder / "pipe" + ": it is a pipe, expected a regular file");
  EXPECT_EQ(error_of_file("/dev/null"), "Cannot read file /dev/null: it is a device, expected a regular file");
  EXPECT_EQ(error_of_file(folder.path()), "Cannot read file " + folder.path() + ": Is a directory");
  std::filesystem::create_symlink("/dev/null", folder / "link");
  EXPECT_EQ(error_of_file(folder / "link"),
            "Cannot read file " + folder / "link" + ": it is a device, expected a regular file");
  // A file with a hole takes no disk, and is not read.
  write_file(folder / "huge", kCg);
  std::filesystem::resize_file(folder / "huge", std::uintmax_t(1) << 38);
  EXPECT_EQ(error_of_file(folder / "huge"), "Cannot read file " + folder / "huge" + ": it has more than 1048576 bytes");
}

TEST(Config, ReadsAFileAndNamesIt)
{
  const TemporaryFolder folder;
  write_file(folder / "mb.yaml", kCg);
  EXPECT_EQ(Config::read(folder / "mb.yaml"), parse(kCg));
  EXPECT_EQ(Config::read(folder / "mb.yaml").source, folder / "mb.yaml");
}

TEST(Config, YamlTextReadsBackEqual)
{
  Config config = parse(kCg + "fine: [{name: t, linear: {x: 1, y: 1}}]\npaper: yes\nbudget: 9007199254740993\n");
  config.example.dump = "a \"quoted\" \\ path: #1\t\n\r\x7f \xc3\xa4.dump";
  config.coordinates.zmatrix = {"1", "2, 1", "] #", "a: {b}", "", "\"\\\n", "*a", "yes", "<<", "- 1"};
  config.energy.rate = 0.1 + 0.2;
  config.energy.clip = 5e-324;
  config.explore.spread = 1.7976931348623157e308;
  config.cg[0].range = {-1.0 / 3.0, 1e22};
  config.cg[0].linear["z12"] = std::nextafter(1.0, 2.0);
  EXPECT_EQ(parse(config.to_yaml()), config);
  EXPECT_EQ(parse(config.to_yaml()).to_yaml(), config.to_yaml());
}

// Escapes and aliases can make the text that a model keeps longer than the file, and the model would not be read again.
TEST(Config, TextTooLongToReadBackIsRefused)
{
  std::string rows;
  for (int k = 0; k < 100; ++k) rows += k == 0 ? "&a \"" + std::string(20000, '7') + "\"" : ", *a";
  EXPECT_THAT(error_after_cg("coordinates: {zmatrix: [" + rows + "]}\n"), testing::HasSubstr("mb.yaml: got 2001"));
  const std::string quotes(600000, '"');
  EXPECT_THAT(error_after_cg("train: {example: {dump: a" + quotes + "}}\n"), testing::HasSubstr("expected at most 1048576"));
}

TEST(Config, InternalCoordinates)
{
  const Config config =
      parse("cg:\n  - {name: phi, dihedral: [5, 7, 9, 15]}\n  - {name: theta, angle: [7, 9, 15], range: [90, 130]}\n"
            "  - {name: r, bond: [7, 9], range: [1.2, 1.8]}\n");
  EXPECT_EQ(config.cg[0].dihedral, (std::vector<int>{5, 7, 9, 15}));
  EXPECT_EQ(config.cg[0].kind(), "dihedral");
  EXPECT_EQ(config.cg[1].kind(), "angle");
  EXPECT_EQ(config.cg[1].atoms(), (std::vector<int>{7, 9, 15}));
  EXPECT_EQ(config.cg[2].kind(), "bond");
  EXPECT_TRUE(is_molecular(config));
  EXPECT_FALSE(is_molecular(parse(kCg)));
  EXPECT_EQ(parse(config.to_yaml()), config);
  // A dihedral needs no range.
  const Config said = parse("cg: [{name: phi, dihedral: [5, 7, 9, 15], range: [-180, 180]}]\n");
  const Config unsaid = parse("cg: [{name: phi, dihedral: [5, 7, 9, 15]}]\n");
  EXPECT_EQ(said, unsaid);
  EXPECT_THROW(said.require_same_model(parse("cg: [{name: phi, dihedral: [15, 9, 7, 5]}]\n")), ConfigError);
}

// Random values from the ranges of the keys.
TEST(Config, RandomConfigsReadBackEqual)
{
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> share(0.001, 0.999), exponent(-6, 6);
  for (int round = 0; round < 200; ++round) {
    Config c = parse(kCg);
    c.paper = round % 2;
    c.flow.tail = std::pow(10, exponent(random));
    c.flow.hidden.assign(1 + random() % 4, static_cast<int>(1 + random() % 300));
    c.flow.layers = {"rotor", "spline_coupling", "shift", "affine"};
    c.flow.precision = round % 3 ? "float32" : "float64";
    c.flow.network = "residual";
    c.flow.masks = "random";
    c.example.rate = std::pow(10, exponent(random));
    c.example.test = share(random);
    c.energy.batch = static_cast<int>(2 + random() % 1000);
    c.energy.final_rate = share(random);
    c.pmf.prior = std::pow(10, exponent(random));
    c.pmf.table = random() % 2;
    c.explore.old = share(random);
    c.explore.quiet = static_cast<std::int64_t>(1 + random() % (std::uint64_t{1} << 62));
    c.cg[0].range = {-std::pow(10, exponent(random)), std::pow(10, exponent(random))};
    ASSERT_EQ(parse(c.to_yaml()), c) << c.to_yaml();
  }
}

TEST(Config, SameModelNamesTheFirstDifference)
{
  const auto difference = [](const std::string &a, const std::string &b) -> std::string {
    try {
      Config::parse(a, "a.yaml").require_same_model(Config::parse(b, "b.cgflow"));
    } catch (const ConfigError &error) {
      return error.what();
    }
    return "none";
  };
  const std::string end = " as in b.cgflow: cg, fine, coordinates, flow and pmf must be those of the model";
  EXPECT_EQ(difference(kCg, kCg + "budget: 7\ntrain: {energy: {rate: 1}}\nexplore: grid\n"), "none");
  EXPECT_EQ(difference(kCg + "pmf: {members: 4}\n", kCg + "pmf: {members: 7, prior: 9}\n"),
            "a.yaml: pmf.members: got 4, expected 7" + end);
  EXPECT_EQ(
      difference(kCg, "cg: [{name: s, linear: {x: 1, y: -1}, range: [-2.6, 1.3]}]\n"),
      "a.yaml: cg[1]: got {name: \"s\", linear: {x: 1, y: -1}, range: [-2.6, 1.2]}, expected {name: \"s\", linear: {x: "
      "1, y: -1}, range: [-2.6, 1.3]}" +
          end);
  EXPECT_EQ(difference(kCg + "fine: [{name: t, linear: {x: 1}}]\n", kCg),
            "a.yaml: fine[1]: got {name: \"t\", linear: {x: 1}}, expected no entry" + end);
  EXPECT_EQ(difference(kCg + "flow: {layers: [affine]}\npmf: {members: 3}\n", kCg + "flow: {layers: [spline, affine]}\n"),
            "a.yaml: flow.layers: got [affine], expected [spline, affine]" + end);
}

TEST(Config, FirstDifferenceLooksAtEveryKey)
{
  const auto difference = [](const std::string &a, const std::string &b) {
    const auto found = Config::parse(a, "a.yaml").first_difference(Config::parse(b, "b.yaml"));
    return found ? found->key + " " + found->here + " " + found->there : "none";
  };
  EXPECT_EQ(difference(kCg, kCg), "none");
  EXPECT_EQ(difference(kCg + "budget: 7\n", kCg + "budget: 8\n"), "budget 7 8");
  EXPECT_EQ(difference(kCg + "budget: 7\ntrain: {energy: {rate: 1}}\n", kCg + "train: {energy: {rate: 2}}\n"),
            "train.energy.rate 1 2");
  EXPECT_EQ(difference(kCg, kCg + "fine: [{name: t, linear: {x: 1}}]\n"), "fine[1] no entry {name: \"t\", linear: {x: 1}}");
}

TEST(ConfigKeywords, EveryRowIsCompleteAndItsDefaultIsAllowed)
{
  std::set<std::string> paths;
  int tried = 0;
  for (const auto &row : config_keywords()) {
    EXPECT_TRUE(paths.insert(row.path).second) << row.path;
    EXPECT_FALSE(row.type.empty() || row.help.empty()) << row.path;
    if (row.path.find("[]") != std::string::npos) continue;
    for (const std::string &value : {row.default_value, row.paper_value, row.molecule_value, row.paper_molecule_value}) {
      ASSERT_FALSE(value.empty()) << row.path;
      std::string text = row.path + ": " + value + "\n";
      for (std::size_t dot; (dot = text.substr(0, text.find(':')).find('.')) != std::string::npos;)
        text = text.substr(0, dot) + ": {" + text.substr(dot + 1, text.size() - dot - 2) + "}\n";
      EXPECT_EQ(error_after_cg(text), "no error") << text;
      ++tried;
    }
  }
  EXPECT_GT(tried, 80);
  for (const char *path : {"cg[].name", "cg[].linear", "cg[].dihedral", "cg[].angle", "cg[].bond", "cg[].range",
                           "fine[].linear", "paper", "train.energy.rate", "budget"})
    EXPECT_EQ(paths.count(path), 1u) << path;
}
