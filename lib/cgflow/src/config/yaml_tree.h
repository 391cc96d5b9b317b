// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_YAML_TREE_H
#define CGFLOW_SRC_YAML_TREE_H

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace cgflow {

/// A larger file is refused before it is read.
constexpr std::size_t kMaxYamlBytes = 1 << 20;

/// A YAML document without the types of the YAML library: texts, lists and maps with their places in the file.
struct YamlNode {
  enum class Kind { nothing, text, list, map };
  Kind kind = Kind::nothing;
  std::string text;
  bool quoted = false;
  int line = 0;                                          ///< 1-based; 0: unknown
  int column = 0;                                        ///< 1-based
  std::vector<YamlNode> items;                           ///< of a list
  std::vector<std::pair<YamlNode, YamlNode>> entries;    ///< of a map, in the file's order; keys are unique texts

  /// "'fast'", "a list", "nothing", ...: the "got" of an error text.
  std::string description() const;
  const YamlNode *find(const std::string &key) const;
};

struct YamlTree {
  std::string source;    ///< file name for messages
  YamlNode root;

  /// Throws ConfigError "source:line:column: path: text".
  [[noreturn]] void fail(const YamlNode &at, const std::string &path, const std::string &text) const;
};

/// Reads one document; lines end with LF or CRLF, and merge keys (<<) are resolved. Throws ConfigError for bad YAML, text
/// after the document, tabs as indentation, control characters, repeated keys, keys that are not texts, and files that are
/// larger, nested deeper, or by their aliases become larger than any reasonable file.
YamlTree read_yaml_tree(const std::string &text, const std::string &source);

}    // namespace cgflow

#endif
