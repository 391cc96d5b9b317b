// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow/atomic_file.h"
#include "cgflow/config.h"
#include "cgflow/error.h"

#include "base/text.h"
#include "config/config_check.h"
#include "config/config_entries.h"
#include "config/config_table.h"
#include "config/config_values.h"

#include <algorithm>
#include <filesystem>

namespace cgflow {

namespace {
const char *const kExample = "cg: [{name: s, linear: {x: 1, y: -1}, range: [-2.6, 1.2]}]";

/// Paths of the keys of this name in all sections.
std::vector<std::string> same_name_elsewhere(const std::string &name)
{
  std::vector<std::string> paths;
  for (const auto &row : keyword_table())
    if (row.name() == name) paths.push_back("'" + row.path + "'");
  return paths;
}

class ConfigParser {
 public:
  explicit ConfigParser(const YamlTree &tree) : tree_(tree) {}

  Config parse()
  {
    const YamlNode &root = tree_.root;
    if (root.kind == YamlNode::Kind::nothing)
      tree_.fail(YamlNode(), "", std::string("the file is empty, expected at least ") + kExample);
    if (root.kind != YamlNode::Kind::map) fail_value(tree_, root, "", "a map with the keys " + join(names_in_section("")));
    // These come first because the defaults of all other keys depend on them.
    if (const YamlNode *paper = root.find("paper")) read_keyword(tree_, *paper, *find_keyword("paper"), config_);
    if (const YamlNode *cg = root.find("cg")) config_.cg = read_cg_entries(tree_, *cg);
    config_ = default_config(config_.paper, is_molecular(config_));
    read_section(root, "");
    if (!root.find("cg")) tree_.fail(YamlNode(), "cg", std::string("missing key, expected ") + kExample);
    if (const auto problem = combination_problem(config_)) tree_.fail(place(problem->path), problem->path, problem->text);
    config_.source = tree_.source;
    // Models keep the text with every key, which must be readable too. Aliases and escapes make it longer than the file.
    if (const std::size_t bytes = config_.to_yaml().size(); bytes > kMaxYamlBytes)
      tree_.fail(YamlNode(), "",
                 "got " + std::to_string(bytes) + " bytes with all aliases expanded, expected at most " +
                     std::to_string(kMaxYamlBytes));
    return config_;
  }

 private:
  void read_section(const YamlNode &node, const std::string &section)
  {
    const auto allowed = names_in_section(section);
    for (const auto &[key, value] : node.entries) {
      const std::string path = (section.empty() ? "" : section + ".") + key.text;
      if (path == "cg")
        config_.cg = read_cg_entries(tree_, value);
      else if (path == "fine")
        config_.fine = read_fine_entries(tree_, value);
      else if (const Keyword *row = find_keyword(path))
        read_keyword(tree_, value, *row, config_);
      else if (std::find(allowed.begin(), allowed.end(), key.text) != allowed.end())
        read_subsection(value, path);
      else
        fail_key(tree_, key, path, allowed, same_name_elsewhere(key.text));
    }
  }

  void read_subsection(const YamlNode &node, const std::string &path)
  {
    const Keyword *alone = find_keyword(short_form(path));
    if (alone && node.kind == YamlNode::Kind::text) {
      if (std::find(alone->words.begin(), alone->words.end(), node.text) == alone->words.end())
        fail_value(tree_, node, path,
                   alone->type_text() + ", or a map with the keys " + join(names_in_section(path)) +
                       did_you_mean(node.text, alone->words));
      return read_keyword(tree_, node, *alone, config_);
    }
    // A section may be empty, for example when all of its keys are commented out.
    if (node.kind == YamlNode::Kind::nothing) return;
    if (node.kind != YamlNode::Kind::map)
      fail_value(tree_, node, path, "a map with the keys " + join(names_in_section(path)));
    read_section(node, path);
  }

  /// The place of a key in the file; a node without a place when the file does not contain it.
  const YamlNode &place(const std::string &path) const
  {
    static const YamlNode nowhere;
    const YamlNode *node = &tree_.root;
    for (std::size_t begin = 0; node && begin <= path.size();) {
      const std::size_t dot = std::min(path.find('.', begin), path.size());
      // A section in its short form has no entries, so its own place is taken.
      if (node->kind != YamlNode::Kind::map) return *node;
      node = node->find(path.substr(begin, dot - begin));
      begin = dot + 1;
    }
    return node ? *node : nowhere;
  }

  const YamlTree &tree_;
  Config config_;
};

}    // namespace

Config Config::parse(const std::string &text, const std::string &source)
{
  return ConfigParser(read_yaml_tree(text, source)).parse();
}

Config Config::read(const std::string &path)
{
  std::string text;
  try {
    std::error_code ignored;
    if (std::filesystem::is_regular_file(path, ignored) && std::filesystem::file_size(path, ignored) > kMaxYamlBytes)
      throw FileError("Cannot read file " + path + ": it has more than " + std::to_string(kMaxYamlBytes) + " bytes");
    text = read_file(path);
  } catch (const FileError &error) {
    throw ConfigError(error.what());
  }
  return parse(text, path);
}

}    // namespace cgflow
