// SPDX-License-Identifier: GPL-2.0-only
// Rates that noise of the machine leaves alone: what is compared runs in turns, and medians are taken.
#ifndef CGFLOW_TESTS_BENCH_MEASURE_H
#define CGFLOW_TESTS_BENCH_MEASURE_H

#include "cgflow/work_times.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace cgflow::bench {

inline double median(std::vector<double> values)
{
  if (values.empty()) return std::nan("");
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Calls a second of each work: all of them in turns, as often as fit into `seconds`, five times at least. A turn is as many
/// calls as take 20 ms, where std::clock's steps of a microsecond do not count.
inline std::vector<double> rates(const std::vector<std::function<void()>> &works, double seconds)
{
  std::vector<int> calls;
  for (const auto &work : works) {
    work();    // first calls reserve memory and choose kernels
    const double begin = processor_seconds();
    work();
    calls.push_back(std::max(1, static_cast<int>(0.02 / std::max(processor_seconds() - begin, 1e-6))));
  }
  std::vector<std::vector<double>> times(works.size());
  const double begin = processor_seconds();
  for (int turn = 0; turn < 5 || processor_seconds() - begin < seconds; ++turn)
    for (std::size_t k = 0; k < works.size(); ++k) {
      const double start = processor_seconds();
      for (int i = 0; i < calls[k]; ++i) works[k]();
      times[k].push_back((processor_seconds() - start) / calls[k]);
    }
  std::vector<double> result;
  for (auto &t : times) result.push_back(1.0 / median(std::move(t)));
  return result;
}

/// Figures by row and name, as tools/bench reads them: {"train_step_f64": {"ours": 1.0, "limit": 2.0}}.
class Rows {
 public:
  void set(const std::string &row, const std::string &name, double value) { rows_[row][name] = value; }

  /// To the file, or nowhere when its name is empty. Throws std::runtime_error when it cannot be written.
  void write(const std::string &path) const
  {
    if (path.empty()) return;
    std::FILE *file = std::fopen(path.c_str(), "w");
    if (!file) throw std::runtime_error(path + ": cannot be written");
    const char *comma = "{\n";
    for (const auto &[row, values] : rows_) {
      std::fprintf(file, "%s  \"%s\": {", comma, row.c_str());
      const char *inner = "";
      for (const auto &[name, value] : values) {
        // JSON has no other word for a number that is not finite.
        std::fprintf(file, std::isfinite(value) ? "%s\"%s\": %.6g" : "%s\"%s\": null", inner, name.c_str(), value);
        inner = ", ";
      }
      std::fprintf(file, "}");
      comma = ",\n";
    }
    std::fprintf(file, "%s}\n", rows_.empty() ? "{" : "\n");
    if (std::fclose(file) != 0) throw std::runtime_error(path + ": cannot be written");
  }

 private:
  std::map<std::string, std::map<std::string, double>> rows_;
};

/// Options "--name value" of a program, and the words between them.
class Options {
 public:
  /// `known` with their defaults. Throws std::runtime_error naming the first that is not among them or lacks its value.
  Options(int argc, char **argv, std::map<std::string, std::string> known) : values_(std::move(known))
  {
    for (int i = 1; i < argc; ++i) {
      const std::string word = argv[i];
      if (word.rfind("--", 0) != 0) {
        words.push_back(word);
        continue;
      }
      std::string allowed;
      for (const auto &[name, value] : values_) allowed += (allowed.empty() ? "--" : ", --") + name;
      if (!values_.count(word.substr(2))) throw std::runtime_error("got " + word + ", expected some of " + allowed);
      if (i + 1 == argc) throw std::runtime_error(word + ": got nothing, expected a value");
      values_[word.substr(2)] = argv[++i];
    }
  }
  std::string text(const std::string &name) const { return values_.at(name); }
  /// Throws std::runtime_error when it is no number > 0.
  double number(const std::string &name) const
  {
    const std::string &word = values_.at(name);
    char *end = nullptr;
    const double value = std::strtod(word.c_str(), &end);
    if (word.empty() || *end != '\0' || !(value > 0.0) || !std::isfinite(value))
      throw std::runtime_error("--" + name + ": got '" + word + "', expected a number > 0");
    return value;
  }
  /// True when a comma-separated list holds the word, or is empty.
  bool lists(const std::string &name, const std::string &word) const
  {
    const std::string &list = values_.at(name);
    return list.empty() || ("," + list + ",").find("," + word + ",") != std::string::npos;
  }
  std::vector<std::string> words;

 private:
  std::map<std::string, std::string> values_;
};

/// Runs a program's body; its errors become a line and an exit code.
inline int run(const char *program, const std::function<void()> &body)
{
  try {
    body();
    return 0;
  } catch (const std::exception &error) {
    std::fprintf(stderr, "%s: %s\n", program, error.what());
    return 1;
  }
}

}    // namespace cgflow::bench

#endif
