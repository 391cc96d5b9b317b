// SPDX-License-Identifier: GPL-2.0-only
// Random changes of valid YAML files and pieces of YAML syntax: every text ends in time with a Config or a ConfigError.
// test_config_fuzz [SECONDS [SEED]] runs longer, or with other texts; ctest takes a few seconds and always the same seed.
#include "config_text.h"
#include "processor_time.h"

#include "cgflow/error.h"
#include "cgflow/work_times.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <random>
#include <sys/resource.h>
#include <unistd.h>
#include <vector>

using namespace cgflow;
using namespace cgflow::tests;

namespace {

double seconds = 5.0;
unsigned long seed = 1;
constexpr unsigned kMostSecondsOfAText = 5;
constexpr long kMostKilobytes = 300000;

const std::vector<std::string> kValid{
    kCg,
    kCg + "fine: [{name: t, linear: {x: 1, y: 1}}]\nflow: {hidden: &w [48, 48], bins: 4}\npmf: {hidden: *w, members: 5}\n",
    "cg:\n  - {name: phi, dihedral: [5, 7, 9, 15]}\n  - name: d\n    bond: [9, 15]\n    range: [1.3, 1.8]\n"
    "coordinates:\n  omega: trans\n  symmetry: yes\n  zmatrix:\n    - \"1\"\n    - '2 1'\n    - 3 2 1\n",
    "%YAML 1.2\n---\n" + kCg + "train: &t\n  energy: {rate: 0.005, clip: 1}\n  # comment\nexplore: grid\n...\n",
    "cg:\r\n- &s {name: s, linear: {x: 1}, range: [0, 1]}\r\n- {<<: *s, name: t, linear: {y: 1}}\r\nbudget: 5e4\r\n",
    kCg + "train:\n  example:\n    dump: |\n      a\n      b\n    dump2: >-\n      a\n  labels: {from: both}\n? a\n: b\n",
    Config::parse(kCg, "mb.yaml").to_yaml(),
};

const std::vector<std::string> kPieces{"#",        "\n",   ",",       "---\n",   "...\n",
                                       "- ",       "? ",   ": ",      ":",       "[",
                                       "]",        "{",    "}",       "&a ",     "*a",
                                       "&a [*a]",  "<<: ", "<<: *",   "!!str ",  "!",
                                       "!<x>",     "|\n",  ">\n ",    "|2-\n",   "\"",
                                       "'",        "\\x4", "\\U0010", "%YAML 1", "%TAG ",
                                       "~",        "null", "\t",      "\r\n",    "\r",
                                       " ",        "  ",   "\n    ",  "@",       "`",
                                       "\x04",     "\x85", "\xff",    "\xef",    "\xbb",
                                       "\xe2\x80", "cg",   "budget",  "flow",    "1e999",
                                       ".inf",     "true", "0x10",    "-",       "a: b: c",
                                       "[a]: ",    "{a}",  "\"\\",    "''",      "? - ",
                                       "- - - ",   "*",    "&",       "a:\n",    std::string(1, '\0')};

class Mutator {
 public:
  explicit Mutator(unsigned long from) : random_(from) {}

  std::string next()
  {
    // Some texts consist of pieces alone: short ones find what the parser does at the beginning of a file.
    std::string text = below(4) == 0 ? "" : any(kValid);
    for (std::size_t changes = 1 + below(8); changes > 0; --changes) change(text);
    if (below(200) == 0) repeat(text);
    return text;
  }

 private:
  std::size_t below(std::size_t n) { return n == 0 ? 0 : random_() % n; }
  const std::string &any(const std::vector<std::string> &from) { return from[below(from.size())]; }

  void change(std::string &text)
  {
    const std::size_t at = below(text.size() + 1), length = below(std::min<std::size_t>(text.size() - at + 1, 30));
    switch (below(7)) {
    case 0:
      text.erase(at, length);
      break;
    case 1:
      if (at < text.size()) text[at] = static_cast<char>(random_());
      break;
    case 2:
      text.insert(below(text.size() + 1), text.substr(at, length));
      break;
    case 3:
      text.resize(at);
      break;
    case 4: {
      const std::string &other = any(kValid);
      text.insert(at, other.substr(below(other.size())));
      break;
    }
    default:
      text.insert(at, any(kPieces));
    }
  }

  /// A piece or a part of the text many times.
  void repeat(std::string &text)
  {
    const std::size_t at = below(text.size());
    const std::string part = below(2) == 0 ? any(kPieces) + any(kPieces) : text.substr(at, 1 + below(20));
    std::string many;
    for (std::size_t n = below(100000); n > 0 && many.size() < 200000; --n) many += part;
    text.insert(at, many);
  }

  std::mt19937_64 random_;
};

long most_kilobytes()
{
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

}    // namespace

TEST(ConfigFuzz, EveryTextEndsInTimeWithAConfigOrAConfigError)
{
  const auto begin = std::chrono::steady_clock::now();
  const auto elapsed = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(); };
  const long before = most_kilobytes();
  Mutator mutator(seed);
  long texts = 0, read = 0;
  double slowest = 0.0;
  for (double now = 0.0; now < seconds; ++texts) {
    current = mutator.next();
    const double start = processor_seconds();
    limit_processor_seconds(kMostSecondsOfAText);
    try {
      const Config config = parse(current);
      config.check();
      ++read;
      try {
        ASSERT_EQ(parse(config.to_yaml()), config) << config.to_yaml();
      } catch (const ConfigError &error) {
        FAIL() << "its own text is refused: " << error.what() << "\nthe text is:\n" << current;
      }
    } catch (const ConfigError &error) {
      ASSERT_EQ(std::string(error.what()).rfind("mb.yaml:", 0), 0U) << error.what() << "\nthe text is:\n" << current;
    } catch (const std::exception &error) {
      FAIL() << error.what() << "\nthe text is:\n" << current;
    }
    limit_processor_seconds(0);
    ASSERT_LT(most_kilobytes() - before, kMostKilobytes) << current;
    slowest = std::max(slowest, processor_seconds() - start);
    now = elapsed();
  }
  std::cout << texts << " texts, " << read << " of them valid, at most " << slowest << " s and "
            << (most_kilobytes() - before) / 1024 << " MB\n";
  // Both ends of the mutator are used.
  EXPECT_GT(read, 0);
  EXPECT_LT(read, texts);
}

int main(int argc, char **argv)
{
  ::testing::InitGoogleTest(&argc, argv);
  if (argc > 1) seconds = std::atof(argv[1]);
  if (argc > 2) seed = std::strtoul(argv[2], nullptr, 10);
  return RUN_ALL_TESTS();
}
