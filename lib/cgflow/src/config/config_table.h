// SPDX-License-Identifier: GPL-2.0-only
// The YAML keys with their limits and help texts. The parser, Config::check(), the error texts, the writer and the manual all
// use this table.
#ifndef CGFLOW_SRC_CONFIG_TABLE_H
#define CGFLOW_SRC_CONFIG_TABLE_H

#include "cgflow/config.h"

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace cgflow {

/// The allowed interval of a number; NaN and infinite values are never allowed.
struct Limits {
  double lo = -std::numeric_limits<double>::infinity();
  double hi = std::numeric_limits<double>::infinity();
  bool lo_open = false;
  bool hi_open = false;

  bool contain(double value) const;
  /// " > 0", " in [0, 1)", "" when everything is allowed.
  std::string text() const;
};

/// A value that is not allowed.
struct ConfigProblem {
  std::string path;    ///< "train.energy.rate"
  std::string text;    ///< "got ..., expected ..."
};

/// The member that a key sets; its type is the key's type.
using Slot =
    std::variant<bool *, int *, std::int64_t *, double *, std::string *, std::vector<int> *, std::vector<std::string> *>;

/// The largest `explore.grid` with two CG variables: a million points. More would take a day of energies.
constexpr int kMaxGridOfTwoVariables = 1000;

struct Keyword {
  std::string path;    ///< "train.energy.rate"
  std::function<Slot(Config &)> slot;
  Limits limits;                     ///< of a number or each number of a list
  std::vector<std::string> words;    ///< allowed texts; empty: any text
  std::string help;

  /// The last part of the path.
  std::string name() const;
  /// All but the last part; empty at the top.
  std::string section() const;
  /// "number > 0", "one of path, reverse_kl", ...: the "expected" of an error text.
  std::string type_text() const;
  /// The value as YAML text.
  std::string value_text(const Config &config) const;
  /// True for one of `words`, or for any text when there are none.
  bool allows(const std::string &word) const;
  /// True for a list that is empty by default.
  bool may_be_empty() const;
  /// The first value that is not allowed: its path ("flow.hidden[2]" in a list) and "got ..., expected ...".
  std::optional<ConfigProblem> problem(const Config &config) const;
};

/// Every key but the entries of cg and fine, in the order of the file.
const std::vector<Keyword> &keyword_table();
/// Null when there is none.
const Keyword *find_keyword(const std::string &path);
/// The path of the key whose value may be written in place of its whole section (`explore: grid`); empty when there is none.
std::string short_form(const std::string &section);
/// Names that may stand directly in a section ("" is the top), keys and sections, in order.
std::vector<std::string> names_in_section(const std::string &section);

/// The defaults. They depend on `paper: true` and on the kind of system.
Config default_config(bool paper, bool molecular);

/// Its source, or "the configuration" when it has none: for error texts.
std::string config_name(const Config &config);

/// A text in double quotes, escaped so that YAML reads it back.
std::string quoted_text(const std::string &text);

}    // namespace cgflow

#endif
