// SPDX-License-Identifier: GPL-2.0-only
#include "domain.h"

#include "cgflow/structure_report.h"

namespace cgflow {

std::string domain_of(const Config &config, const Molecule &molecule)
{
  if (!is_molecular(config)) return "all";
  const StructureReport report = report_structures(molecule, molecule.configuration);
  std::string text;
  const auto add = [&](const std::string &part) { text += (text.empty() ? "" : ", ") + part; };
  if (!report.hands.empty()) {
    const bool one = report.hands.find_first_not_of(report.hands[0]) == std::string::npos;
    add(one && report.hands[0] != '?' ? report.hands.substr(0, 1) : "hands " + report.hands);
  }
  if (report.peptide_bonds > 0) {
    if (config.coordinates.omega == "full")
      add("cis and trans");
    else
      add(report.trans == 1.0 ? "trans" : "peptide bonds as in the structure");
  }
  if (config.coordinates.symmetry) add("one labelling");
  return text.empty() ? "all" : text;
}

}    // namespace cgflow
