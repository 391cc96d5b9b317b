// SPDX-License-Identifier: GPL-2.0-only
#ifndef LMP_CGFLOW_CHILD_RELAXATION_H
#define LMP_CGFLOW_CHILD_RELAXATION_H

#include "cgflow/molecule.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace LAMMPS_NS {

/// Relaxes a structure in which three bonded atoms are in a line although the force field bends them, as badly embedded structures
/// have them: dihedrals there are not defined, so that no coordinates can be built. Groups that are straight in the force field
/// (nitriles, alkynes) are left as they are.
class CGFlowChildRelaxation {
 public:
  /// The energy at x [n_atoms, 3] and the force; infinite where x cannot be evaluated.
  using Energy = std::function<double(const std::vector<double> &x, std::vector<double> &force)>;

  /// Keeps references.
  CGFlowChildRelaxation(const cgflow::Molecule &molecule, Energy energy);
  /// Whether there is another structure than the molecule's.
  bool relax();
  const std::vector<double> &structure() const { return x_; }
  /// Which atoms were in a line, and what their angles are now, for messages.
  const std::string &text() const { return text_; }

 private:
  struct Line {
    int a, b, c;
    double degrees;
  };

  double angle(const Line &line) const;
  std::vector<int> branch(const Line &line) const;
  bool bends(const Line &line);
  void minimize();

  const cgflow::Molecule &molecule_;
  Energy energy_;
  std::vector<std::vector<int>> neighbors_;
  std::vector<double> x_;
  double bond_ = 1.0;    // length of a typical bond
  std::string text_;
};

/// The closest two atoms of a molecule with bonds when one lies on the other, for messages; else empty.
std::string cgflow_child_overlap(const cgflow::Molecule &molecule);

/// The closest two atoms, for messages; empty for a single one.
std::string cgflow_child_closest(const cgflow::Molecule &molecule);

}    // namespace LAMMPS_NS

#endif
