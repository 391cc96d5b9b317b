// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow/structure_report.h"

#include "molecule/geometry.h"
#include "molecule/stereo.h"

#include <algorithm>
#include <cmath>

namespace cgflow {

namespace {

bool is_trans(const std::array<int, 4> &omega, const double *x)
{
  return std::fabs(dihedral(x + 3 * omega[0], x + 3 * omega[1], x + 3 * omega[2], x + 3 * omega[3])) > 90.0;
}

/// Keeps the marked rows of a table [rows, width]. An empty table stays empty.
template <class Value> void keep_rows(std::vector<Value> &table, int width, const std::vector<char> &kept)
{
  if (table.empty()) return;
  std::size_t to = 0;
  for (std::size_t row = 0; row < kept.size(); ++row) {
    if (!kept[row]) continue;
    std::copy_n(table.begin() + row * width, width, table.begin() + to * width);
    ++to;
  }
  table.resize(to * width);
}

}    // namespace

StructureReport report_structures(const Molecule &molecule, const std::vector<double> &x)
{
  const auto centres = find_stereo_centres(molecule);
  const auto omegas = find_peptide_bonds(molecule);
  StructureReport report;
  for (const auto &centre : centres) {
    report.stereo_centres.push_back(centre.atom);
    report.hands += !centre.alpha ? '?' : centre.hand > 0 ? 'L' : 'D';
  }
  report.peptide_bonds = static_cast<int>(omegas.size());
  const std::size_t size = 3 * molecule.mass.size(), n = x.size() / size;
  std::size_t same = 0, trans = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double *at = x.data() + i * size;
    same += std::all_of(centres.begin(), centres.end(), [&](const auto &c) { return hand_of(c, at) == c.hand; });
    trans += std::all_of(omegas.begin(), omegas.end(), [&](const auto &omega) { return is_trans(omega, at); });
  }
  report.same_hand = static_cast<double>(same) / static_cast<double>(n);
  report.trans = static_cast<double>(trans) / static_cast<double>(n);
  return report;
}

std::int64_t drop_undefined(Structures &structures, int n_cv, int n_atoms)
{
  const std::size_t frames = structures.point.size(), size = 3 * static_cast<std::size_t>(n_atoms);
  std::vector<char> kept(frames);
  for (std::size_t i = 0; i < frames; ++i)
    kept[i] = std::all_of(structures.x.begin() + i * size, structures.x.begin() + (i + 1) * size,
                          [](double value) { return std::isfinite(value); });
  const auto dropped = std::count(kept.begin(), kept.end(), 0);
  if (dropped == 0) return 0;
  keep_rows(structures.point, 1, kept);
  keep_rows(structures.s, n_cv, kept);
  keep_rows(structures.x, static_cast<int>(size), kept);
  keep_rows(structures.energy, 1, kept);
  keep_rows(structures.ln_w, 1, kept);
  keep_rows(structures.ln_W, 1, kept);
  return dropped;
}

}    // namespace cgflow
