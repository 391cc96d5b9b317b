// SPDX-License-Identifier: GPL-2.0-only
#include "config_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

using namespace cgflow::tests;
using ::testing::HasSubstr;

TEST(ConfigErrors, UnknownKeysNameTheAllowedOnes)
{
  EXPECT_EQ(
      error_after_cg("train:\n  energy:\n    rat: 1\n"),
      "mb.yaml:4:5: train.energy.rat: unknown key; did you mean 'rate'? Allowed keys: estimator, points, each, latent, "
      "epochs, first_epochs, batch, rate, warmup, final_rate, clip, sample_clip, cap, drop, test");
  EXPECT_EQ(error_after_cg("bugdet: 3\n"),
            "mb.yaml:2:1: bugdet: unknown key; did you mean 'budget'? Allowed keys: cg, fine, "
            "paper, coordinates, flow, train, pmf, explore, budget");
  EXPECT_EQ(error_after_cg("members: 3\n"),
            "mb.yaml:2:1: members: unknown key; did you mean 'pmf.members'? Allowed keys: cg, "
            "fine, paper, coordinates, flow, train, pmf, explore, budget");
  EXPECT_EQ(
      error_after_cg("pmf: {qqqqqqq: 3}\n"),
      "mb.yaml:2:7: pmf.qqqqqqq: unknown key. Allowed keys: members, network, hidden, rate, epochs, batch, loss, bagging, "
      "prior, warm_start, table");
  EXPECT_THAT(error_after_cg("train: {exmaple: {}}\n"), HasSubstr("train.exmaple: unknown key; did you mean 'example'?"));
  EXPECT_EQ(error_of("cg: [{name: s, lin: {x: 1}, range: [0, 1]}]"),
            "mb.yaml:1:16: cg[1].lin: unknown key. Allowed keys: name, linear, dihedral, angle, bond, range");
  EXPECT_EQ(error_after_cg("fine: [{name: t, linear: {x: 1}, range: [0, 1]}]\n"),
            "mb.yaml:2:34: fine[1].range: unknown key. Allowed keys: name, linear");
}

TEST(ConfigErrors, RepeatedKeysNameTheFirstLine)
{
  EXPECT_EQ(error_after_cg("budget: 1\nbudget: 2\n"), "mb.yaml:3:1: budget: repeated key, it stands in line 2 already");
  EXPECT_EQ(error_after_cg("flow: {bins: 4,\n  bins: 4}\n"),
            "mb.yaml:3:3: flow.bins: repeated key, it stands in line 2 already");
  EXPECT_EQ(error_of(kCg + kCg), "mb.yaml:2:1: cg: repeated key, it stands in line 1 already");
  EXPECT_EQ(error_of("cg: [{name: s, linear: {x: 1, x: 2}, range: [0, 1]}]"),
            "mb.yaml:1:31: cg[1].linear.x: repeated key, it stands in line 1 already");
}

TEST(ConfigErrors, WrongTypesNameWhatWasGot)
{
  EXPECT_EQ(error_after_cg("pmf: {rate: fast}\n"), "mb.yaml:2:13: pmf.rate: got 'fast', expected number > 0");
  EXPECT_EQ(error_after_cg("pmf: {rate: \"0.1\"}\n"),
            "mb.yaml:2:13: pmf.rate: got the quoted text \"0.1\", expected number > 0");
  EXPECT_EQ(error_after_cg("pmf: {rate: [1, 2]}\n"), "mb.yaml:2:13: pmf.rate: got a list, expected number > 0");
  EXPECT_EQ(error_after_cg("pmf: {rate: {a: 1}}\n"), "mb.yaml:2:13: pmf.rate: got a map, expected number > 0");
  EXPECT_EQ(error_after_cg("pmf:\n  rate:\n"), "mb.yaml:3:3: pmf.rate: got nothing, expected number > 0");
  EXPECT_EQ(error_after_cg("pmf: {rate: 1x}\n"), "mb.yaml:2:13: pmf.rate: got '1x', expected number > 0");
  EXPECT_EQ(error_after_cg("pmf: {rate: 0x10}\n"), "mb.yaml:2:13: pmf.rate: got '0x10', expected number > 0");
  EXPECT_EQ(error_after_cg("pmf: {members: 2.5}\n"), "mb.yaml:2:16: pmf.members: got '2.5', expected integer in [2, 1000]");
  EXPECT_EQ(error_after_cg("pmf: {members: '3'}\n"),
            "mb.yaml:2:16: pmf.members: got the quoted text \"3\", expected integer in [2, 1000]");
  EXPECT_EQ(error_after_cg("pmf: {table: 1}\n"), "mb.yaml:2:14: pmf.table: got '1', expected true or false");
  for (const std::string bad : {"tRUE", "y", "N", "oN", "truee", "1"})
    EXPECT_EQ(error_after_cg("paper: " + bad + "\n"), "mb.yaml:2:8: paper: got '" + bad + "', expected true or false");
  EXPECT_EQ(error_after_cg("pmf: {hidden: 64}\n"),
            "mb.yaml:2:15: pmf.hidden: got '64', expected list of integers in [1, 10000]");
  EXPECT_EQ(error_after_cg("pmf: {hidden: []}\n"),
            "mb.yaml:2:15: pmf.hidden: got an empty list, expected list of integers in [1, 10000]");
  EXPECT_EQ(error_after_cg("pmf: {hidden: [3, 0]}\n"),
            "mb.yaml:2:19: pmf.hidden[2]: got '0', expected list of integers in [1, 10000]");
  EXPECT_EQ(error_after_cg("pmf: {loss: gama}\n"),
            "mb.yaml:2:13: pmf.loss: got 'gama', expected one of gamma, squared; did you mean 'gamma'?");
  EXPECT_EQ(
      error_after_cg("flow: {layers: [affine, cubic]}\n"),
      "mb.yaml:2:25: flow.layers[2]: got 'cubic', expected list of affine, rotor, spline, affine_coupling, spline_coupling, shift");
  EXPECT_EQ(error_after_cg("pmf: 3\n"),
            "mb.yaml:2:6: pmf: got '3', expected a map with the keys members, network, hidden, rate, "
            "epochs, batch, loss, bagging, prior, warm_start, table");
  EXPECT_THAT(error_after_cg("explore: gird\n"),
              HasSubstr("mb.yaml:2:10: explore: got 'gird', expected one of mc, uniform, variance, ucb, grid, or "
                        "a map with the keys strategy, quiet"));
  EXPECT_THAT(error_after_cg("train: {example: {dump: [a]}}\n"), HasSubstr("train.example.dump: got a list, expected text"));
}

TEST(ConfigErrors, ValuesOutOfRangeNameTheRange)
{
  EXPECT_EQ(error_after_cg("pmf: {members: 1}\n"), "mb.yaml:2:16: pmf.members: got '1', expected integer in [2, 1000]");
  EXPECT_EQ(error_after_cg("pmf: {rate: 0}\n"), "mb.yaml:2:13: pmf.rate: got '0', expected number > 0");
  EXPECT_EQ(error_after_cg("pmf: {bagging: 1.01}\n"), "mb.yaml:2:16: pmf.bagging: got '1.01', expected number in (0, 1]");
  EXPECT_EQ(error_after_cg("explore: {kappa: -1}\n"), "mb.yaml:2:18: explore.kappa: got '-1', expected number >= 0");
  EXPECT_EQ(error_after_cg("flow: {harmonics: 101}\n"),
            "mb.yaml:2:19: flow.harmonics: got '101', expected integer in [1, 100]");
  EXPECT_EQ(error_after_cg("flow: {bins: 257}\n"), "mb.yaml:2:14: flow.bins: got '257', expected integer in [2, 256]");
  EXPECT_EQ(error_after_cg("explore: {grid: 10001}\n"),
            "mb.yaml:2:17: explore.grid: got '10001', expected integer in [2, 10000]");
  EXPECT_EQ(error_after_cg("explore: {old: 1}\n"), "mb.yaml:2:16: explore.old: got '1', expected number in [0, 1)");
  EXPECT_EQ(error_after_cg("pmf: {epochs: 99999999999}\n"),
            "mb.yaml:2:15: pmf.epochs: got '99999999999', expected integer in [1, 1000000]");
  EXPECT_EQ(error_after_cg("explore: {find: 99999999999}\n"),
            "mb.yaml:2:17: explore.find: got '99999999999', expected integer >= 1, at most 2147483647");
  EXPECT_THAT(error_after_cg("budget: 99999999999999999999\n"), HasSubstr("expected integer >= 1"));
  for (const std::string bad : {"nan", ".nan", "inf", ".inf", "-.inf", "1e999", "infinity", "+-1", "--1", "1 2"})
    EXPECT_EQ(error_after_cg("pmf: {rate: " + bad + "}\n"),
              "mb.yaml:2:13: pmf.rate: got '" + bad + "', expected number > 0");
}

// Each is allowed alone. Nothing is allocated before they are refused.
TEST(ConfigErrors, ProductsOfCountsThatNoMachineHolds)
{
  EXPECT_EQ(error_after_cg("train: {energy: {points: 1000000, latent: 11}}\n"),
            "mb.yaml:2:26: train.energy.points: got 1000000 with train.energy.latent 11, expected a product of at most "
            "10000000");
  EXPECT_THAT(error_after_cg("train: {consolidate: {points: 1000000}, energy: {latent: 11}}\n"),
              HasSubstr("train.consolidate.points: got 1000000 with train.energy.latent 11, expected a product"));
  EXPECT_THAT(error_after_cg("train: {labels: {points: 10000, latent: 1001}}\n"),
              HasSubstr("train.labels.points: got 10000 with train.labels.latent 1001, expected a product"));
  EXPECT_THAT(
      error_after_cg("flow: {hidden: [10000, 10000]}\n"),
      HasSubstr("flow.hidden: got [10000, 10000] with 2 layers, which are 200020000 weights, expected at most 100000000"));
  EXPECT_THAT(error_after_cg("flow: {hidden: [8000], network: residual}\n"),
              HasSubstr("flow.hidden: got [8000] with 2 layers"));
  EXPECT_THAT(error_after_cg("pmf: {network: mlp, members: 1000, hidden: [400, 400]}\n"),
              HasSubstr("pmf.hidden: got [400, 400] with 1000 members"));
  std::string layers = "affine";
  for (int k = 0; k < 100; ++k) layers += ", affine";
  EXPECT_THAT(error_after_cg("flow: {layers: [" + layers + "]}\n"),
              HasSubstr("flow.layers: got a list of length 101, expected at most 100"));
}

TEST(ConfigErrors, ValuesThatMakeNoSenseTogether)
{
  EXPECT_EQ(error_of("cg: [{name: a, linear: {x: 1}, range: [0, 1]}, {name: b, linear: {y: 1}, range: [0, 1]}, {name: c, "
                     "linear: {z: 1}, range: [0, 1]}]\nexplore: grid\n"),
            "mb.yaml:2:10: explore.strategy: got 'grid' with 3 CG variables, expected at most 2");
  EXPECT_EQ(error_of("cg: [{name: a, linear: {x: 1}, range: [0, 1]}, {name: b, linear: {y: 1}, range: [0, 1]}]\n"
                     "explore: {strategy: grid, grid: 1001}\n"),
            "mb.yaml:2:33: explore.grid: got 1001 with 2 CG variables, expected at most 1000");
  EXPECT_EQ(
      error_after_cg("flow:\n  network: residual\n  hidden: [64, 32]\n"),
      "mb.yaml:4:11: flow.hidden: got [64, 32] with flow.network residual, expected at least one width and all of them "
      "equal");
  EXPECT_EQ(error_after_cg("train:\n  energy: {drop: 8, batch: 8}\n"),
            "mb.yaml:3:18: train.energy.drop: got 8, expected less than train.energy.batch, which is 8");
  EXPECT_EQ(
      error_after_cg("train:\n  labels: {from: training}\n  energy: {latent: 1}\n"),
      "mb.yaml:4:20: train.energy.latent: got 1 with train.labels.from 'training', expected at least 2: a label's error "
      "is the spread of its samples");
  EXPECT_THAT(error_after_cg("train:\n  labels: {from: both}\n  energy: {latent: 1}\n"),
              testing::HasSubstr("train.energy.latent: got 1 with train.labels.from 'both'"));
  EXPECT_EQ(error_after_cg("fine: [{name: s, linear: {x: 1, y: 1}}]\n"),
            "mb.yaml:2:7: fine: got the name 's' of a CG variable, expected different names");
}

TEST(ConfigErrors, Entries)
{
  EXPECT_EQ(error_of("budget: 3\n"),
            "mb.yaml: cg: missing key, expected cg: [{name: s, linear: {x: 1, y: -1}, range: [-2.6, 1.2]}]");
  EXPECT_EQ(error_of("cg: []\n"), "mb.yaml:1:5: cg: got an empty list, expected at least one CG variable");
  EXPECT_EQ(
      error_of("cg: {name: s}\n"),
      "mb.yaml:1:5: cg: got a map, expected a list of entries with the keys name, linear, dihedral, angle, bond, range");
  EXPECT_EQ(error_of("cg: [s]\n"),
            "mb.yaml:1:6: cg[1]: got 's', expected a map with the keys name, linear, dihedral, angle, bond, range");
  EXPECT_EQ(error_of("cg: [{linear: {x: 1}, range: [0, 1]}]\n"),
            "mb.yaml:1:6: cg[1]: missing key 'name', expected name: TEXT");
  EXPECT_EQ(error_of("cg: [{name: s, range: [0, 1]}]\n"),
            "mb.yaml:1:6: cg[1]: got no coordinate, expected exactly one of linear, dihedral, angle, bond");
  EXPECT_EQ(error_of("cg: [{name: s, linear: {x: 1}}]\n"),
            "mb.yaml:1:6: cg[1]: missing key 'range', expected range: [lo, hi] for the linear variable 's'");
  const auto entry = [](const std::string &rest) { return error_of("cg: [{name: s, " + rest + "}]\n"); };
  EXPECT_EQ(entry("linear: {x: 1}, range: [1, 0]"),
            "mb.yaml:1:39: cg[1].range: got [1, 0], expected two numbers [lo, hi] with lo < hi");
  EXPECT_EQ(entry("linear: {x: 1}, range: [1]"),
            "mb.yaml:1:39: cg[1].range: got a list of length 1, expected two numbers [lo, hi] with lo < hi");
  EXPECT_EQ(entry("linear: {x: 1}, range: [0, .inf]"),
            "mb.yaml:1:43: cg[1].range: got '.inf', expected two numbers [lo, hi] with lo < hi");
  EXPECT_EQ(entry("linear: {x: 1}, range: 1"),
            "mb.yaml:1:39: cg[1].range: got '1', expected two numbers [lo, hi] with lo < hi");
  EXPECT_EQ(
      entry("linear: {}"),
      "mb.yaml:1:24: cg[1].linear: got an empty map, expected a map from coordinates to coefficients such as {x1: 1, y1: -1}");
  EXPECT_EQ(entry("linear: x"),
            "mb.yaml:1:24: cg[1].linear: got 'x', expected a map from coordinates to coefficients such as {x1: 1, y1: -1}");
  EXPECT_EQ(entry("linear: {x: 0}"), "mb.yaml:1:28: cg[1].linear.x: got '0', expected number other than 0");
  for (const std::string bad : {"w", "x0", "x01", "1x", "xx", "x-1", "x1e3"})
    EXPECT_EQ(entry("linear: {" + bad + ": 1}"),
              "mb.yaml:1:25: cg[1].linear." + bad +
                  ": unknown coordinate, expected x, y or z with an atom ID (x1, y1, z1, x2, ...), or x, y, z of one atom");
  EXPECT_EQ(error_of("cg: [{name: s, linear: {x: 1}, range: [0, 1]}, {name: s, linear: {y: 1}, range: [0, 1]}]\n"),
            "mb.yaml:1:48: cg[2].name: got 's' a second time, expected different names");
  for (const std::string bad : {"'a b'", "''", "'a,b'", "[]", "'a#'"})
    EXPECT_THAT(error_of("cg: [{name: " + bad + "}]\n"),
                HasSubstr("expected a name without blanks, quotes, commas, brackets and #"));
}

TEST(ConfigErrors, InternalCoordinates)
{
  const auto entry = [](const std::string &rest) { return error_of("cg: [{name: s, " + rest + "}]\n"); };
  const std::string four = "expected a list of 4 different atom IDs, integers > 0";
  EXPECT_EQ(entry("dihedral: 5"), "mb.yaml:1:26: cg[1].dihedral: got '5', " + four);
  EXPECT_EQ(entry("dihedral: [5, 7, 9]"), "mb.yaml:1:26: cg[1].dihedral: got a list of length 3, " + four);
  EXPECT_EQ(entry("dihedral: [5, 7, 9, 5]"), "mb.yaml:1:36: cg[1].dihedral: got atom 5 twice, " + four);
  for (const std::string bad : {"0", "-1", "1.5", "x", "3000000000"})
    EXPECT_EQ(entry("dihedral: [5, 7, 9, " + bad + "]"), "mb.yaml:1:36: cg[1].dihedral: got '" + bad + "', " + four);
  EXPECT_EQ(entry("angle: [1, 2]"),
            "mb.yaml:1:23: cg[1].angle: got a list of length 2, expected a list of 3 different atom IDs, integers > 0");
  EXPECT_EQ(entry("dihedral: [5, 7, 9, 15], bond: [1, 2]"),
            "mb.yaml:1:6: cg[1]: got dihedral and bond, expected exactly one of linear, dihedral, angle, bond");
  EXPECT_EQ(
      entry("dihedral: [5, 7, 9, 15], range: [0, 360]"),
      "mb.yaml:1:6: cg[1]: got the range [0, 360], expected [-180, 180] or none for the dihedral 's', which is periodic");
  EXPECT_EQ(entry("angle: [1, 2, 3]"),
            "mb.yaml:1:6: cg[1]: missing key 'range', expected range: [lo, hi] for the angle 's'");
  for (const std::string bad : {"[0, 90]", "[90, 180]"})
    EXPECT_EQ(entry("angle: [1, 2, 3], range: " + bad),
              "mb.yaml:1:6: cg[1]: got the range " + bad + ", expected degrees within (0, 180) for the angle 's'");
  EXPECT_EQ(entry("bond: [1, 2], range: [0, 3]"),
            "mb.yaml:1:6: cg[1]: got the range [0, 3], expected lengths above 0 for the bond 's'");
  EXPECT_EQ(error_of("cg: [{name: s, dihedral: [1, 2, 3, 4]}, {name: t, linear: {x: 1}, range: [0, 1]}]\n"),
            "mb.yaml:1:41: cg[2]: got the kind linear beside dihedral, expected linear for all CG variables or for none");
  EXPECT_EQ(error_of("cg: [{name: s, dihedral: [1, 2, 3, 4]}]\nfine: [{name: t, linear: {x: 1}}]\n"),
            "mb.yaml:2:7: fine: got fine coordinates beside dihedrals of a molecule, expected none: the molecule's internal "
            "coordinates are the fine coordinates");
}

TEST(ConfigErrors, FilesThatAreNotPlainYaml)
{
  EXPECT_EQ(error_of("flow:\r  bins: 3\r"),
            "mb.yaml:1:6: got a carriage return (CR) alone, expected lines that end with LF or CRLF");
  for (const char control : {'\x01', '\x04', '\x1b', '\x7f'})
    EXPECT_EQ(error_after_cg("budget: 5\n" + std::string(1, control) + "\n"),
              "mb.yaml:3:1: got the control character " + std::to_string(control) + ", expected a text file");
  EXPECT_EQ(error_of("flow:\n\tbins: 3\n"), "mb.yaml:2:1: got a tab in the indentation, expected blanks");
  EXPECT_EQ(error_of("flow:\n  \tbins: 3\n"), "mb.yaml:2:3: got a tab in the indentation, expected blanks");
  EXPECT_EQ(error_of(kCg + "\t\n\t# comment\nbudget:\t5\t# comment\n"), "no error");
  EXPECT_EQ(error_of(std::string("cg\0: 1", 6)), "mb.yaml:1:3: got a zero byte, expected a text file");
  for (const std::string empty : {"", "\n\n", "# comment\n", "---\n"})
    EXPECT_EQ(error_of(empty), "mb.yaml: the file is empty, expected at least cg: [{name: s, linear: {x: 1, y: -1}, range: "
                               "[-2.6, 1.2]}]");
  EXPECT_EQ(error_of("- a\n"),
            "mb.yaml:1:1: got a list, expected a map with the keys cg, fine, paper, coordinates, flow, train, pmf, "
            "explore, budget");
  EXPECT_THAT(error_of("hello\n"), HasSubstr("mb.yaml:1:1: got 'hello', expected a map with the keys cg"));
  EXPECT_THAT(error_of("cg: [{\n"), HasSubstr("mb.yaml:2:1: bad YAML: "));
  EXPECT_THAT(error_of("cg: *nowhere\n"), HasSubstr("mb.yaml:1:5: bad YAML: "));
  EXPECT_EQ(error_of("[a]: 1\n"), "mb.yaml:1:1: got a key that is not a word, expected 'key: value'");
}

TEST(ConfigErrors, OneDocumentIsReadAndNothingMayFollow)
{
  const std::string problem = "got more text after the end of the YAML document, expected one document";
  // The parser takes the first of these for documents without end: YAML::LoadAll() never returns.
  EXPECT_EQ(error_of("#\n,"), "mb.yaml:2:1: " + problem);
  EXPECT_EQ(error_of(","), "mb.yaml:1:1: " + problem);
  EXPECT_EQ(error_of("---\n,\n"), "mb.yaml:2:1: " + problem);
  EXPECT_EQ(error_of(", " + kCg), "mb.yaml:1:1: " + problem);
  EXPECT_EQ(error_of(kCg + "---\n" + kCg), "mb.yaml:2:1: " + problem);
  EXPECT_EQ(error_of(kCg + "budget: 5\n---\n"), "mb.yaml:3:1: " + problem);
  EXPECT_EQ(error_of(kCg + "...\n\nbudget: 5\n"), "mb.yaml:4:1: " + problem);
  EXPECT_EQ(error_of("--- {cg: 5}\n--- 5\n"), "mb.yaml:2:1: " + problem);
  EXPECT_EQ(error_of("# a comment\n%YAML 1.2\n---\n" + kCg + "...\n# a comment\n"), "no error");
}

namespace {
/// Lists that contain the one before ten times.
std::string nested_aliases(const std::string &first, char last)
{
  std::string text = "a: &a [" + first;
  for (int i = 1; i < 10; ++i) text += ", " + first;
  text += "]\n";
  for (char c = 'b'; c < last; ++c) {
    const std::string before(1, static_cast<char>(c - 1));
    text += std::string(1, c) + ": &" + c + " [";
    for (int i = 0; i < 10; ++i) text += (i ? ", *" : "*") + before;
    text += "]\n";
  }
  return text;
}
}    // namespace

TEST(ConfigErrors, AliasesCannotExhaustMemory)
{
  EXPECT_EQ(error_of(nested_aliases("x", 'n')),
            "mb.yaml:5:32: e[7]: got too many values, expected at most 100000 in the file; an alias counts as what it "
            "stands for");
  // Few values, but much text.
  EXPECT_EQ(error_of(nested_aliases(std::string(50000, 'x'), 'n')),
            "mb.yaml:2:32: b[7]: got too much text, expected at most 4194304 bytes; an alias counts as what it stands for");
  EXPECT_EQ(error_of("cg: &a [*a]\n"), "mb.yaml:1:9: cg[1]: got an alias of the list or map that contains it");
  EXPECT_THAT(error_of("cg: " + std::string(5000, '[')), HasSubstr("nested too deeply, expected at most 20 levels"));
  std::string deep = "a: &a [[[[[[[[[[[[1]]]]]]]]]]]]\nb: [[[[[[[[[*a]]]]]]]]]\n";
  EXPECT_EQ(error_of(deep), "mb.yaml:2:13: b[1][1][1][1][1][1][1][1][1]: nested too deeply, expected at most 20 levels");
}

TEST(ConfigErrors, LargeFilesAreRefusedBeforeTheyAreParsed)
{
  EXPECT_EQ(error_of(kCg + std::string(1 << 20, '#')),
            "mb.yaml: got a file of more than 1048576 bytes, expected a YAML file");
  EXPECT_EQ(error_after_cg(std::string(300, 'k') + ": 1\n"),
            "mb.yaml:2:1: got a key of 300 characters, expected at most 200");
}

TEST(ConfigErrors, TimeOfALargeFileIsProportionalToItsSize)
{
  // Each takes minutes where all earlier keys are looked at, or the rest of the line for each tab.
  std::string keys, tabs(1000000, '\t');
  for (int i = 0; i < 80000; ++i) keys += "k" + std::to_string(i) + ": 1\n";
  std::string deep, flow, marks, quotes, comments;
  for (int i = 0; i < 19; ++i) deep += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
  for (int i = 0; i < 70000; ++i) flow += "[a, ", marks += "- ? : ", quotes += "'a' \"b\"", comments += "a: #\n #\n";
  for (const auto &text : {keys, tabs, deep, flow, marks, quotes, comments, "a: {" + flow, "? " + flow, "a: " + quotes}) {
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_NE(error_of(text.substr(0, 1 << 20)), "no error") << text.substr(0, 40);
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
    EXPECT_LT(time.count(), 5.0) << text.substr(0, 40);
  }
}

TEST(ConfigErrors, MergeKeys)
{
  EXPECT_EQ(error_after_cg("flow: {<<: 5}\n"),
            "mb.yaml:2:12: flow.<<: got '5', expected a map or a list of maps such as *name");
  EXPECT_EQ(error_after_cg("flow: {<<: [{bins: 4}, [1]]}\n"),
            "mb.yaml:2:24: flow.<<: got a list, expected a map or a list of maps such as *name");
  EXPECT_EQ(error_after_cg("flow: {<<: {bins: 4}, <<: {}}\n"),
            "mb.yaml:2:23: flow.<<: repeated key, it stands in line 2 already");
  EXPECT_EQ(error_after_cg("flow: {<<: {bin: 4}}\n").substr(0, 31), "mb.yaml:2:13: flow.bin: unknown");
  EXPECT_THAT(error_after_cg("flow: {\"<<\": {bins: 4}}\n"), HasSubstr("mb.yaml:2:8: flow.<<: unknown key"));
}
