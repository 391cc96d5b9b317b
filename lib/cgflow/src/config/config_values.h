// SPDX-License-Identifier: GPL-2.0-only
// Readers of values of a YAML tree. Each throws ConfigError with the place, what was got and what is allowed.
#ifndef CGFLOW_SRC_CONFIG_VALUES_H
#define CGFLOW_SRC_CONFIG_VALUES_H

#include "config/config_table.h"
#include "config/yaml_tree.h"

namespace cgflow {

/// "path: got X, expected Y"
[[noreturn]] void fail_value(const YamlTree &tree, const YamlNode &node, const std::string &path,
                             const std::string &expected);
/// "path: unknown key; did you mean 'x'? Allowed keys: ..."
[[noreturn]] void fail_key(const YamlTree &tree, const YamlNode &key, const std::string &path,
                           const std::vector<std::string> &allowed, const std::vector<std::string> &elsewhere = {});

double read_number(const YamlTree &tree, const YamlNode &node, const std::string &path, const Limits &limits,
                   const std::string &expected);
/// A name without blanks, commas, quotes, brackets and #, because it becomes the title of a column.
std::string read_name(const YamlTree &tree, const YamlNode &node, const std::string &path);
/// Sets the member of one row of the keyword table.
void read_keyword(const YamlTree &tree, const YamlNode &node, const Keyword &row, Config &config);

}    // namespace cgflow

#endif
