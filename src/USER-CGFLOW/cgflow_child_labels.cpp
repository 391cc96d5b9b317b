// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow_child_labels.h"

#include "cgflow_child_instance.h"

#include "atom.h"
#include "lammps.h"

#include "cgflow/atomic_file.h"
#include "cgflow/error.h"

#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <sstream>
#include <unistd.h>

using namespace LAMMPS_NS;

namespace {

using Labels = std::map<int, std::string>;

int type_number(const std::string &word)
{
  return word.empty() || word.size() > 9 || word.find_first_not_of("0123456789") != std::string::npos ? 0 : std::stoi(word);
}

// Of a line: labelmap atom 1 """ CT """ 2 """ HC """.
void add_type_labels(const std::string &line, Labels &labels)
{
  const std::string begin = "labelmap atom ", quotes = "\"\"\"";
  if (line.rfind(begin, 0) != 0) return;
  for (std::size_t at = begin.size();;) {
    const auto open = line.find(quotes, at);
    const auto end = open == std::string::npos ? open : line.find(quotes, open + quotes.size());
    if (end == std::string::npos) return;
    std::string label;
    std::istringstream(line.substr(open + quotes.size(), end - open - quotes.size())) >> label;
    labels[std::atoi(line.c_str() + at)] = label;
    at = end + quotes.size();
  }
}

// LAMMPS keeps type labels in a class whose header does not come with it, but it writes them.
Labels type_labels(CGFlowChildInstance &instance)
{
  std::string name = (std::filesystem::temp_directory_path() / "cgflow-labels-XXXXXX").string();
  const int file = mkstemp(name.data());
  if (file < 0) return {};
  close(file);
  Labels labels;
  try {
    instance.one("labelmap write \"" + name + "\"");
    std::istringstream lines(cgflow::read_file(name));
    for (std::string line; std::getline(lines, line);) add_type_labels(line, labels);
  } catch (const cgflow::Error &) {
    labels.clear();
  }
  std::remove(name.c_str());
  return labels;
}

// Comments of lines "1 12.011  # CT" between the title Masses and the title of the next section.
void add_comments(const std::string &text, Labels &labels)
{
  std::istringstream lines(text);
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    const auto hash = line.find('#');
    std::istringstream words(line.substr(0, hash));
    std::string first, second;
    words >> first >> second;
    if (first.empty()) continue;
    if (std::isalpha(static_cast<unsigned char>(first[0]))) {
      inside = first == "Masses";
      continue;
    }
    const int type = type_number(first);
    if (!inside || type == 0 || hash == std::string::npos) continue;
    std::string label;
    std::istringstream(line.substr(hash + 1)) >> label;
    if (!label.empty()) labels[type] = label;
  }
}

Labels mass_comments(const CGFlowChildInstance &instance)
{
  Labels labels;
  for (const std::string &file : instance.data_files()) try {
      add_comments(cgflow::read_file(file), labels);
    } catch (const cgflow::Error &) {
    }
  return labels;
}

}    // namespace

std::vector<std::string> LAMMPS_NS::cgflow_child_labels(CGFlowChildInstance &instance)
{
  const Atom *atom = instance.lammps()->atom;
  const Labels labels = atom->labelmapflag ? type_labels(instance) : mass_comments(instance);
  std::vector<std::string> names(atom->nlocal);
  for (int i = 0; i < atom->nlocal; ++i) {
    const auto found = labels.find(atom->type[i]);
    if (found == labels.end()) return {};
    names[atom->tag[i] - 1] = found->second;
  }
  return names;
}
