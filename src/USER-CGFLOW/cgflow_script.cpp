// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow_script.h"

#include "cgflow/error.h"

#include <cctype>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <vector>

using namespace LAMMPS_NS;

namespace {

// Built-in commands (Input::execute_command) that end the process or write files. They are in no table of LAMMPS that could be changed.
const std::set<std::string> kRefusedBuiltins{"quit", "log", "shell", "dump", "restart", "bond_write", "pair_write"};

// The words of a line. Quoted text is one word, without its quotes. A comment ends the line.
std::vector<std::string> words_of(const std::string &line)
{
  std::vector<std::string> words;
  std::string word;
  char quote = 0;
  bool open = false;
  for (const char c : line) {
    if (quote) {
      if (c == quote)
        quote = 0;
      else
        word += c;
    } else if (c == '"' || c == '\'') {
      quote = c;
      open = true;
    } else if (c == '#') {
      break;
    } else if (std::isspace(static_cast<unsigned char>(c))) {
      if (open || !word.empty()) words.push_back(word);
      word.clear();
      open = false;
    } else {
      word += c;
    }
  }
  if (open || !word.empty()) words.push_back(word);
  return words;
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
    const auto last = line.find_last_not_of(" \t\r");
    line.resize(last == std::string::npos ? 0 : last + 1);
    const bool continued = !line.empty() && line.back() == '&';
    if (continued) line.pop_back();
    whole += line;
    if (continued) {
      whole += ' ';
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
