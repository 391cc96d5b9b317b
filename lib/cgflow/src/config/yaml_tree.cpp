// SPDX-License-Identifier: GPL-2.0-only
// The only file that includes yaml-cpp.
#include "config/yaml_tree.h"

#include "cgflow/error.h"

#include <yaml-cpp/yaml.h>

namespace cgflow {

std::string YamlNode::description() const
{
  switch (kind) {
  case Kind::nothing:
    return "nothing";
  case Kind::list:
    return "a list";
  case Kind::map:
    return "a map";
  case Kind::text:
    break;
  }
  const std::string shown = text.size() > 60 ? text.substr(0, 60) + "..." : text;
  return quoted ? "the quoted text \"" + shown + "\"" : "'" + shown + "'";
}

const YamlNode *YamlNode::find(const std::string &key) const
{
  for (const auto &[name, value] : entries)
    if (name.text == key) return &value;
  return nullptr;
}

void YamlTree::fail(const YamlNode &at, const std::string &path, const std::string &text) const
{
  std::string where = source;
  if (at.line > 0) where += ":" + std::to_string(at.line) + ":" + std::to_string(at.column);
  throw ConfigError(where + ": " + (path.empty() ? "" : path + ": ") + text);
}

namespace {

constexpr int kMaxDepth = 20;
constexpr int kMaxNodes = 100000;

class TreeBuilder {
 public:
  TreeBuilder(YamlTree &tree) : tree_(tree) {}

  YamlNode build(const YAML::Node &source, const std::string &path, int depth)
  {
    YamlNode node;
    place(source, node);
    // An alias may contain itself, and nested aliases may expand to millions of nodes.
    if (depth > kMaxDepth || ++nodes_ > kMaxNodes) tree_.fail(node, path, "nested too deeply, or too many aliases");
    switch (source.Type()) {
    case YAML::NodeType::Scalar:
      build_text(source, node);
      break;
    case YAML::NodeType::Sequence:
      node.kind = YamlNode::Kind::list;
      for (std::size_t i = 0; i < source.size(); ++i)
        node.items.push_back(build(source[i], path + "[" + std::to_string(i + 1) + "]", depth + 1));
      break;
    case YAML::NodeType::Map:
      build_map(source, node, path, depth);
      break;
    default:
      break;
    }
    return node;
  }

 private:
  static void place(const YAML::Node &source, YamlNode &node)
  {
    if (source.Mark().is_null()) return;
    node.line = source.Mark().line + 1;
    node.column = source.Mark().column + 1;
  }

  static void build_text(const YAML::Node &source, YamlNode &node)
  {
    node.kind = YamlNode::Kind::text;
    node.text = source.Scalar();
    // The tag of a plain text is "?", that of a quoted one "!".
    node.quoted = source.Tag() == "!";
  }

  void build_map(const YAML::Node &source, YamlNode &node, const std::string &path, int depth)
  {
    node.kind = YamlNode::Kind::map;
    for (const auto &entry : source) {
      YamlNode key;
      place(entry.first, key);
      if (!entry.first.IsScalar()) tree_.fail(key, path, "got a key that is not a word, expected 'key: value'");
      build_text(entry.first, key);
      const std::string key_path = (path.empty() ? "" : path + ".") + key.text;
      for (const auto &earlier : node.entries)
        if (earlier.first.text == key.text)
          tree_.fail(key, key_path, "repeated key, it stands in line " + std::to_string(earlier.first.line) + " already");
      YamlNode value = build(entry.second, key_path, depth + 1);
      // The parser gives a missing value the place where it noticed; the key's place is clearer.
      if (value.kind == YamlNode::Kind::nothing) value.line = key.line, value.column = key.column;
      node.entries.emplace_back(std::move(key), std::move(value));
    }
  }

  YamlTree &tree_;
  int nodes_ = 0;
};

/// Refuses texts that yaml-cpp would accept, or refuse with an unclear message.
void check_lines(const std::string &text, const YamlTree &tree)
{
  YamlNode at;
  at.line = 1;
  bool indent = true;
  int column = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    at.column = ++column;
    const char c = text[i];
    if (c == '\r')
      tree.fail(at, "",
                "got a Windows line end (CRLF), expected LF alone; convert the file, e.g. sed -i 's/\\r$//' " + tree.source);
    if (c == '\0') tree.fail(at, "", "got a zero byte, expected a text file");
    if (c == '\t' && indent) {
      const std::size_t next = text.find_first_not_of(" \t", i);
      const bool blank = next == std::string::npos || text[next] == '\n' || text[next] == '#';
      if (!blank) tree.fail(at, "", "got a tab in the indentation, expected blanks");
    }
    if (c != ' ' && c != '\t') indent = false;
    if (c == '\n') ++at.line, column = 0, indent = true;
  }
}

}    // namespace

YamlTree read_yaml_tree(const std::string &text, const std::string &source)
{
  YamlTree tree;
  tree.source = source;
  check_lines(text, tree);
  try {
    const auto documents = YAML::LoadAll(text);
    if (documents.size() > 1)
      throw ConfigError(source + ": got " + std::to_string(documents.size()) + " YAML documents, expected one");
    if (!documents.empty()) tree.root = TreeBuilder(tree).build(documents[0], "", 0);
  } catch (const YAML::Exception &error) {
    YamlNode at;
    if (!error.mark.is_null()) at.line = error.mark.line + 1, at.column = error.mark.column + 1;
    tree.fail(at, "", "bad YAML: " + error.msg);
  }
  return tree;
}

}    // namespace cgflow
