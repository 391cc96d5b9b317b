// SPDX-License-Identifier: GPL-2.0-only
// The keys of one entry of `cg:` and `fine:`. A new kind of coordinate is one member of the struct and one row here.
#ifndef CGFLOW_SRC_CONFIG_ENTRIES_H
#define CGFLOW_SRC_CONFIG_ENTRIES_H

#include "config/yaml_tree.h"

#include "cgflow/config.h"

#include <string>
#include <vector>

namespace cgflow {

/// Read the lists. Throw ConfigError.
std::vector<CgVariableConfig> read_cg_entries(const YamlTree &tree, const YamlNode &node);
std::vector<FineConfig> read_fine_entries(const YamlTree &tree, const YamlNode &node);

/// One line of YAML: {name: "s", linear: {x: 1, y: -1}, range: [-2.6, 1.2]}
std::string entry_text(const CgVariableConfig &entry);
std::string entry_text(const FineConfig &entry);

/// The entries' part of config_keywords().
std::vector<KeywordInfo> entry_keywords();

}    // namespace cgflow

#endif
