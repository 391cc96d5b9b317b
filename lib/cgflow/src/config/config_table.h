// SPDX-License-Identifier: GPL-2.0-only
// The YAML keys, each said once: parser, error texts, writer and manual come from these tables.
#ifndef CGFLOW_SRC_CONFIG_TABLE_H
#define CGFLOW_SRC_CONFIG_TABLE_H

#include "cgflow/config.h"

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <variant>
#include <vector>

namespace cgflow {

/// The allowed interval of a number.
struct Limits {
  double lo = -std::numeric_limits<double>::infinity();
  double hi = std::numeric_limits<double>::infinity();
  bool lo_open = false;
  bool hi_open = false;

  bool contain(double value) const;
  /// " > 0", " in [0, 1)", "" when everything is allowed.
  std::string text() const;
};

/// The member that a key sets; its type is the key's type.
using Slot =
    std::variant<bool *, int *, std::int64_t *, double *, std::string *, std::vector<int> *, std::vector<std::string> *>;

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
  /// The value as it stands in YAML.
  std::string value_text(const Config &config) const;
};

/// Every key but the entries of cg and fine, in the order of the file.
const std::vector<Keyword> &keyword_table();
/// Null when there is none.
const Keyword *find_keyword(const std::string &path);
/// A section that may be written as the value of one of its keys (`explore: grid`): the path of that key, or empty.
std::string short_form(const std::string &section);
/// Names that may stand directly in a section ("" is the top), keys and sections, in order.
std::vector<std::string> names_in_section(const std::string &section);

/// The defaults, which depend on `paper: true` and on what kind of system it is.
Config default_config(bool paper, bool molecular);

/// A text in double quotes, such that YAML reads it back.
std::string quoted_text(const std::string &text);

}    // namespace cgflow

#endif
