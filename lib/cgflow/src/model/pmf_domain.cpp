// SPDX-License-Identifier: GPL-2.0-only
#include "model/pmf_domain.h"

#include "cgflow/structure_report.h"

namespace cgflow {

std::string pmf_domain(const Config &config, const Molecule &molecule)
{
  if (!is_molecular(config)) return "all";
  const StructureReport report = report_structures(molecule, molecule.configuration);
  std::string text;
  const auto add = [&](const std::string &part) { text += (text.empty() ? "" : ", ") + part; };
  std::string amino_acids = report.hands;
  std::erase(amino_acids, '?');
  if (!amino_acids.empty()) {
    const bool one = amino_acids.find_first_not_of(amino_acids[0]) == std::string::npos;
    add(one ? amino_acids.substr(0, 1) : "hands " + amino_acids);
  }
  if (amino_acids.size() < report.hands.size())
    add(amino_acids.empty() ? "hands as in the structure" : "other centres as in the structure");
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
