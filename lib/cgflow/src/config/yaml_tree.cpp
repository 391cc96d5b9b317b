// SPDX-License-Identifier: GPL-2.0-only
// The only file that includes yaml-cpp.
#include "config/yaml_tree.h"

#include "cgflow/error.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <sstream>
#include <unordered_map>

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

// No file that makes sense comes near these limits. They keep files with nested aliases, or of another kind, from taking
// all memory.
constexpr std::size_t kMaxDepth = 20;
constexpr std::size_t kMaxNodes = 100000;
constexpr std::size_t kMaxTextBytes = 4 * kMaxYamlBytes;
constexpr std::size_t kMaxKeyLength = 200;

/// What a node and all nodes below it take.
struct Extent {
  std::size_t nodes = 1;
  std::size_t bytes = 0;
  std::size_t depth = 0;

  void add(const Extent &below)
  {
    nodes += below.nodes;
    bytes += below.bytes;
    depth = std::max(depth, below.depth + 1);
  }
};

Extent extent_of(const YamlNode &node)
{
  Extent extent;
  extent.bytes = node.text.size();
  for (const auto &item : node.items) extent.add(extent_of(item));
  for (const auto &[key, value] : node.entries) {
    extent.bytes += key.text.size();
    extent.add(extent_of(value));
  }
  return extent;
}

void place(const YAML::Mark &mark, YamlNode &node)
{
  if (mark.is_null()) return;
  node.line = mark.line + 1;
  node.column = mark.column + 1;
}

/// Builds the tree from the events of the parser, so that every limit is checked before memory is taken.
class TreeBuilder : public YAML::EventHandler {
 public:
  explicit TreeBuilder(YamlTree &tree) : tree_(tree) {}

  void OnDocumentStart(const YAML::Mark &) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark &mark, YAML::anchor_t anchor) override
  {
    YamlNode node;
    place(mark, node);
    count(node, Extent());
    finish(std::move(node), anchor);
  }
  void OnScalar(const YAML::Mark &mark, const std::string &tag, YAML::anchor_t anchor, const std::string &value) override
  {
    YamlNode node;
    place(mark, node);
    node.kind = YamlNode::Kind::text;
    count(node, {1, value.size(), 0});
    node.text = value;
    // The tag of a plain text is "?", that of a quoted one "!".
    node.quoted = tag == "!";
    finish(std::move(node), anchor);
  }
  void OnAlias(const YAML::Mark &mark, YAML::anchor_t anchor) override
  {
    const auto found = anchors_.find(anchor);
    YamlNode at;
    place(mark, at);
    if (found == anchors_.end()) tree_.fail(at, path(), "got an alias of the list or map that contains it");
    count(at, found->second.extent);
    finish(YamlNode(found->second.node), YAML::NullAnchor);
  }
  void OnSequenceStart(const YAML::Mark &mark, const std::string &, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override
  {
    open(mark, YamlNode::Kind::list, anchor);
  }
  void OnMapStart(const YAML::Mark &mark, const std::string &, YAML::anchor_t anchor, YAML::EmitterStyle::value) override
  {
    open(mark, YamlNode::Kind::map, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapEnd() override
  {
    merge(frames_.back());
    close();
  }

 private:
  /// A list or map whose end has not been read.
  struct Frame {
    YamlNode node;
    YAML::anchor_t anchor = YAML::NullAnchor;
    YamlNode key;    ///< of a map: that of the next value
    bool has_key = false;
    std::unordered_map<std::string, int> lines;    ///< of the keys that a map has
    std::vector<YamlNode> merged;                  ///< maps of its merge key
  };
  struct Anchor {
    YamlNode node;
    Extent extent;
  };

  /// Where the next value stands: "a.b[2].c".
  std::string path() const
  {
    std::string text;
    for (const auto &frame : frames_)
      if (frame.node.kind == YamlNode::Kind::list)
        text += "[" + std::to_string(frame.node.items.size() + 1) + "]";
      else if (frame.has_key)
        text += (text.empty() ? "" : ".") + frame.key.text;
    return text;
  }

  /// Called before the memory is taken.
  void count(const YamlNode &at, const Extent &extent)
  {
    if (frames_.size() + extent.depth > kMaxDepth)
      tree_.fail(at, path(), "nested too deeply, expected at most " + std::to_string(kMaxDepth) + " levels");
    nodes_ += extent.nodes;
    bytes_ += extent.bytes;
    const std::string aliases = "; an alias counts as what it stands for";
    if (nodes_ > kMaxNodes)
      tree_.fail(at, path(),
                 "got too many values, expected at most " + std::to_string(kMaxNodes) + " in the file" + aliases);
    if (bytes_ > kMaxTextBytes)
      tree_.fail(at, path(), "got too much text, expected at most " + std::to_string(kMaxTextBytes) + " bytes" + aliases);
  }

  void open(const YAML::Mark &mark, YamlNode::Kind kind, YAML::anchor_t anchor)
  {
    Frame frame;
    place(mark, frame.node);
    frame.node.kind = kind;
    frame.anchor = anchor;
    count(frame.node, Extent());
    frames_.push_back(std::move(frame));
  }

  void close()
  {
    Frame frame = std::move(frames_.back());
    frames_.pop_back();
    finish(std::move(frame.node), frame.anchor);
  }

  /// Hands a complete node to the list or map that contains it.
  void finish(YamlNode node, YAML::anchor_t anchor)
  {
    if (anchor != YAML::NullAnchor) {
      const Extent extent = extent_of(node);
      count(node, {extent.nodes, extent.bytes, 0});
      anchors_[anchor] = {node, extent};
    }
    if (frames_.empty())
      tree_.root = std::move(node);
    else if (frames_.back().node.kind == YamlNode::Kind::list)
      frames_.back().node.items.push_back(std::move(node));
    else if (!frames_.back().has_key)
      take_key(std::move(node));
    else
      take_value(std::move(node));
  }

  void take_key(YamlNode key)
  {
    Frame &frame = frames_.back();
    if (key.kind != YamlNode::Kind::text) tree_.fail(key, path(), "got a key that is not a word, expected 'key: value'");
    if (key.text.size() > kMaxKeyLength)
      tree_.fail(key, path(),
                 "got a key of " + std::to_string(key.text.size()) + " characters, expected at most " +
                     std::to_string(kMaxKeyLength));
    const auto [earlier, is_new] = frame.lines.try_emplace(key.text, key.line);
    frame.key = std::move(key);
    frame.has_key = true;
    if (!is_new)
      tree_.fail(frame.key, path(), "repeated key, it stands in line " + std::to_string(earlier->second) + " already");
  }

  void take_value(YamlNode value)
  {
    Frame &frame = frames_.back();
    // The parser gives a missing value the place where it noticed; the key's place is clearer.
    if (value.kind == YamlNode::Kind::nothing) value.line = frame.key.line, value.column = frame.key.column;
    if (frame.key.text == "<<" && !frame.key.quoted)
      take_merged(std::move(value));
    else
      frame.node.entries.emplace_back(std::move(frame.key), std::move(value));
    frame.has_key = false;
  }

  void take_merged(YamlNode value)
  {
    std::vector<YamlNode> maps;
    if (value.kind == YamlNode::Kind::list)
      maps = std::move(value.items);
    else
      maps.push_back(std::move(value));
    for (const auto &map : maps)
      if (map.kind != YamlNode::Kind::map)
        tree_.fail(map, path(), "got " + map.description() + ", expected a map or a list of maps such as *name");
    frames_.back().merged = std::move(maps);
  }

  /// Adds the entries of the merge key. The map's own keys win, wherever they stand, then those of earlier maps.
  static void merge(Frame &frame)
  {
    for (auto &map : frame.merged)
      for (auto &entry : map.entries)
        if (frame.lines.try_emplace(entry.first.text, entry.first.line).second)
          frame.node.entries.push_back(std::move(entry));
  }

  YamlTree &tree_;
  std::vector<Frame> frames_;
  std::unordered_map<YAML::anchor_t, Anchor> anchors_;
  std::size_t nodes_ = 0;
  std::size_t bytes_ = 0;
};

/// Refuses whatever follows the first document. The loop of YAML::LoadAll() never ends for some texts, because the parser
/// can return an empty document without reading any further.
class NothingElse : public YAML::EventHandler {
 public:
  explicit NothingElse(const YamlTree &tree) : tree_(tree) {}

  void OnDocumentStart(const YAML::Mark &mark) override
  {
    YamlNode at;
    place(mark, at);
    tree_.fail(at, "", "got more text after the end of the YAML document, expected one document");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark &, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark &, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark &, const std::string &, YAML::anchor_t, const std::string &) override {}
  void OnSequenceStart(const YAML::Mark &, const std::string &, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark &, const std::string &, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}

 private:
  const YamlTree &tree_;
};

/// The text with LF as its line ends. Refuses texts that yaml-cpp would accept, or refuse with an unclear message.
std::string plain_lines(const std::string &text, const YamlTree &tree)
{
  YamlNode at;
  at.line = 1;
  bool indent = true;
  int column = 0;
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    at.column = ++column;
    const char c = text[i];
    if (c == '\r') {
      if (i + 1 < text.size() && text[i + 1] == '\n') continue;
      tree.fail(at, "", "got a carriage return (CR) alone, expected lines that end with LF or CRLF");
    }
    if (c == '\0') tree.fail(at, "", "got a zero byte, expected a text file");
    // Among these is the byte 4, which is the end of the file for yaml-cpp.
    if (const auto code = static_cast<unsigned char>(c); (code < 32 && c != '\t' && c != '\n') || code == 127)
      tree.fail(at, "", "got the control character " + std::to_string(code) + ", expected a text file");
    if (c == '\t' && indent) {
      const std::size_t next = text.find_first_not_of(" \t\r", i);
      const bool blank = next == std::string::npos || text[next] == '\n' || text[next] == '#';
      if (!blank) tree.fail(at, "", "got a tab in the indentation, expected blanks");
      // The rest of the line has been looked at.
      indent = false;
    }
    if (c != ' ' && c != '\t') indent = false;
    if (c == '\n') ++at.line, column = 0, indent = true;
    plain += c;
  }
  return plain;
}

}    // namespace

YamlTree read_yaml_tree(const std::string &text, const std::string &source)
{
  YamlTree tree;
  tree.source = source;
  if (text.size() > kMaxYamlBytes)
    tree.fail(YamlNode(), "", "got a file of more than " + std::to_string(kMaxYamlBytes) + " bytes, expected a YAML file");
  std::istringstream stream(plain_lines(text, tree));
  try {
    YAML::Parser parser(stream);
    TreeBuilder builder(tree);
    parser.HandleNextDocument(builder);
    NothingElse nothing_else(tree);
    parser.HandleNextDocument(nothing_else);
  } catch (const YAML::Exception &error) {
    YamlNode at;
    place(error.mark, at);
    tree.fail(at, "", "bad YAML: " + error.msg);
  }
  return tree;
}

}    // namespace cgflow
