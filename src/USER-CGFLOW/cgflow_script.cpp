// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow_script.h"

#include "cgflow/error.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <vector>

using namespace LAMMPS_NS;

namespace {

// Built-in commands (Input::execute_command) that end the process or write files. They are in no table of LAMMPS that could be changed.
const std::set<std::string> kRefusedBuiltins{"quit", "log", "shell", "dump", "restart", "bond_write", "pair_write"};

constexpr const char *kTriple = "\"\"\"";
constexpr const char *kBlanks = " \t\n\v\f\r";

// The quote that begins at a place of a line, or nothing.
std::string quote_at(const std::string &line, std::size_t at)
{
  if (line.compare(at, 3, kTriple) == 0) return kTriple;
  return at < line.size() && (line[at] == '"' || line[at] == '\'') ? line.substr(at, 1) : "";
}

// As Input::parse() does it: a comment begins at the first # outside of quotes.
std::string without_comment(const std::string &line)
{
  std::size_t at = 0;
  while (at < line.size() && line[at] != '#') {
    const std::string quote = quote_at(line, at);
    if (quote.empty()) {
      ++at;
      continue;
    }
    const auto end = line.find(quote, at + quote.size());
    if (end == std::string::npos) return line;    // an error when LAMMPS executes the line
    at = end + quote.size();
  }
  return line.substr(0, at);
}

// The words of a line, as Input::nextword() finds them. Quoted text is one word, without its quotes; a quote inside a word is a
// character like any other.
std::vector<std::string> words_of(const std::string &text)
{
  const std::string line = without_comment(text);
  std::vector<std::string> words;
  for (auto at = line.find_first_not_of(kBlanks); at != std::string::npos; at = line.find_first_not_of(kBlanks, at)) {
    const std::string quote = quote_at(line, at);
    at += quote.size();
    const auto end = std::min(quote.empty() ? line.find_first_of(kBlanks, at) : line.find(quote, at), line.size());
    words.push_back(line.substr(at, end - at));
    at = std::min(end + quote.size(), line.size());
  }
  return words;
}

// Input::file() reads on while a line holds an odd number of triple quotes, wherever they are.
bool is_open(const std::string &line)
{
  bool open = false;
  for (auto at = line.find(kTriple); at != std::string::npos; at = line.find(kTriple, at + 3)) open = !open;
  return open;
}

}    // namespace

CGFlowScript::CGFlowScript(const std::string &file)
{
  std::ifstream in(file);
  if (!in) throw cgflow::EnergyError("cannot be opened: " + std::string(std::strerror(errno)));
  // A folder can be opened, but not read.
  if (in.peek(), in.bad()) throw cgflow::EnergyError("cannot be read, is it a folder? Expected a LAMMPS script");
  scan(file);
}

void CGFlowScript::scan(const std::string &file)
{
  if (!files_.insert(file).second) return;
  std::ifstream in(file);
  std::string line, whole;
  int number = 0, first = 0;
  while (std::getline(in, line)) {
    ++number;
    // LAMMPS would ignore the text after it.
    if (line.find('\0') != std::string::npos)
      throw cgflow::EnergyError("got a zero byte (" + file + " line " + std::to_string(number) + "), expected a text file");
    if (whole.empty()) first = number;
    whole += line;
    whole.resize(whole.find_last_not_of(kBlanks) + 1);
    if (!whole.empty() && whole.back() == '&') {
      whole.pop_back();
      continue;
    }
    if (is_open(whole)) {
      whole += '\n';
      continue;
    }
    scan_line(whole, file + " line " + std::to_string(first));
    whole.clear();
  }
  if (!whole.empty()) scan_line(whole, file + " line " + std::to_string(first));
}

void CGFlowScript::scan_line(const std::string &line, const std::string &place)
{
  text_ += line + '\n';
  const auto words = words_of(line);
  if (words.empty()) return;
  const std::string &command = words[0];

  auto refuse = [&](const std::string &name) {
    throw cgflow::EnergyError("command '" + name + "' (" + place +
                              ") is not allowed here: an atomistic script defines the system and nothing else");
  };
  if (kRefusedBuiltins.count(command)) refuse(command);
  if (command == "if") {
    for (const auto &word : words) {
      const auto inner = words_of(word);
      if (!inner.empty() && kRefusedBuiltins.count(inner[0])) refuse(inner[0]);
    }
  }
  if (command == "variable" && words.size() >= 3 && words[2] != "index" && words[2] != "delete") defined_.insert(words[1]);
  if ((command == "include" || command == "jump") && words.size() >= 2 && words[1] != "SELF" &&
      words[1].find('$') == std::string::npos)
    scan(words[1]);
}

bool CGFlowScript::mentions(const std::string &name) const
{
  if (text_.find("${" + name + "}") != std::string::npos) return true;
  if (name.size() == 1 && text_.find("$" + name) != std::string::npos) return true;
  const std::string reference = "v_" + name;
  for (auto at = text_.find(reference); at != std::string::npos; at = text_.find(reference, at + 1)) {
    const char next = at + reference.size() < text_.size() ? text_[at + reference.size()] : ' ';
    if (!std::isalnum(static_cast<unsigned char>(next)) && next != '_') return true;
  }
  return false;
}
