// SPDX-License-Identifier: GPL-2.0-only
#include "coordinates/internal_coordinates.h"

#include "molecule/chemistry.h"
#include "molecule/geometry.h"

#include "cgflow/error.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace cgflow {
namespace {

constexpr double kPi = std::numbers::pi;
constexpr double kDegree = kPi / 180.0;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Dihedrals about an angle closer to a straight line than this are ill-defined.
constexpr double kCollinear = 5.0;    // degrees
// Siblings with a larger dihedral between them are in one plane with the bond that they share.
constexpr double kPlanar = 150.0 * kDegree;

// Estimates of thermal widths: 0.025 of a bond's length, 0.07 rad for angles, more for soft out-of-plane motions. They are
// typical of force fields near 300 K; the Hessian gives the molecule's own (training/thermal_shape).
constexpr double kBondWidth = 0.025, kAngleWidth = 0.07, kSiblingWidth = 0.1, kTorsionWidth = 0.15;

std::string ids(const ZRow &row, int count)
{
  const int atoms[4] = {row.atom, row.bond, row.angle, row.dihedral};
  std::string text;
  for (int k = 0; k < count; ++k) text += (k ? "-" : "") + std::to_string(atoms[k] + 1);
  return text;
}

class Classifier {
 public:
  Classifier(const ZMatrix &z, const kernels::InternalLayout &layout, const Molecule &molecule,
             const std::vector<double> &reference, const CoordinatesConfig &config)
      : z_(z), layout_(layout), molecule_(molecule), reference_(reference), config_(config), graph_(molecule),
        chemistry_(molecule)
  {
    // Called for both kinds of chirality, because it refuses a reference that is flat at a stereo center.
    auto centers = find_stereo_centres(molecule);
    if (config.chirality == "filter") out_.filtered = std::move(centers);
  }

  InternalCoordinates run()
  {
    for (std::size_t i = 2; i < z_.rows.size(); ++i) check_angles(z_.rows[i]);
    for (const auto &place : z_.cg) out_.cg_raw.push_back(raw_of(place));
    const int n = static_cast<int>(z_.rows.size());
    // Rotors come first: the flow draws them first, and all others given them.
    for (const bool rotors : {true, false})
      for (int i = 3; i < n; ++i) add_dihedral(i, rotors);
    for (int i = 2; i < n; ++i) add_angle(i);
    for (int i = 1; i < n; ++i) add_bond(i);
    for (int i = 3; i < n; ++i)
      if (symmetric_ends(i) > 1) add_symmetric_rotor(i);
    return std::move(out_);
  }

 private:
  int raw_of(const ZMatrix::Place &place) const
  {
    if (place.part == ZMatrix::Part::bond) return layout_.bond(place.row);
    if (place.part == ZMatrix::Part::angle) return layout_.angle(place.row);
    return layout_.dihedral(place.row);
  }
  bool is_cg(int raw) const { return std::find(out_.cg_raw.begin(), out_.cg_raw.end(), raw) != out_.cg_raw.end(); }

  void check_angles(const ZRow &row) const
  {
    const auto check = [&](int a, int b, int c) {
      if (c < 0) return;
      const double *x = molecule_.configuration.data();
      const double degrees = angle(x + 3 * a, x + 3 * b, x + 3 * c);
      if (degrees < kCollinear || degrees > 180.0 - kCollinear)
        throw ConfigError("molecule: atoms " + std::to_string(a + 1) + "-" + std::to_string(b + 1) + "-" +
                          std::to_string(c + 1) + " make an angle of " + std::to_string(degrees) +
                          " degrees in its configuration; dihedrals there are not defined, expected an angle between 5 "
                          "and 175 degrees");
    };
    check(row.atom, row.bond, row.angle);
    if (row.dihedral >= 0) check(row.bond, row.angle, row.dihedral);
  }

  // Whether the dihedral of a row is measured from another neighbor of atom `bond`.
  bool is_sibling(const ZRow &row) const
  {
    return graph_.bonded(row.dihedral, row.bond) && !graph_.bonded(row.dihedral, row.angle);
  }

  // Whether all neighbors of atom `bond` but `angle` are ends of equal mass with no other bond.
  bool equal_ends(const ZRow &row) const
  {
    for (const int n : graph_.neighbours(row.bond)) {
      if (n == row.angle) continue;
      if (graph_.neighbours(n).size() != 1 || molecule_.mass[n] != molecule_.mass[row.atom] ||
          chemistry_.mass(n) != chemistry_.mass(row.atom))
        return false;
    }
    return true;
  }

  // The rows with dihedrals about the same bond that are measured from this row's atom.
  std::vector<int> sibling_rows(int i) const
  {
    std::vector<int> rows;
    for (int k = i + 1; k < static_cast<int>(z_.rows.size()); ++k)
      if (z_.rows[k].dihedral == z_.rows[i].atom && z_.rows[k].bond == z_.rows[i].bond) rows.push_back(k);
    return rows;
  }

  bool is_rotor(int i) const
  {
    const ZRow &row = z_.rows[i];
    if (is_sibling(row) || is_cg(layout_.dihedral(i)) || graph_.in_ring(row.bond, row.angle)) return false;
    return config_.omega == "full" || !chemistry_.is_conjugated(row.bond, row.angle);
  }

  // The number of equal ends of a rotor that a rotation exchanges; 1: none.
  int symmetric_ends(int i) const
  {
    if (!config_.symmetry || !is_rotor(i) || !equal_ends(z_.rows[i])) return 1;
    const std::vector<int> siblings = sibling_rows(i);
    if (siblings.size() == 2) return 3;
    if (siblings.size() == 1 && std::fabs(reference_[layout_.dihedral(siblings[0])]) > kPlanar) return 2;
    return 1;
  }

  InternalCoordinates::Coordinate make(const std::string &name, int raw) const
  {
    InternalCoordinates::Coordinate c;
    c.fine.name = name;
    c.raw = raw;
    c.center = reference_[raw];
    c.lo = -kInfinity;
    c.hi = kInfinity;
    return c;
  }

  void add_dihedral(int i, bool rotors)
  {
    const ZRow &row = z_.rows[i];
    const int raw = layout_.dihedral(i);
    if (is_cg(raw) || is_rotor(i) != rotors) return;
    auto c = make((rotors ? "rotor " : "dihedral ") + ids(row, 4), raw);
    if (rotors) {
      const double half = kPi / symmetric_ends(i);
      c.fine = {c.fine.name, FineCoordinate::Kind::circular, -half, half};
    } else if (is_sibling(row)) {
      bound_sibling(c, row);
    } else {
      // The interval of a peptide bond is centered at the planar form, so that it ends halfway between trans and cis.
      if (!graph_.in_ring(row.bond, row.angle)) c.center = std::fabs(c.center) > 0.5 * kPi ? kPi : 0.0;
      c.lo = c.center - 0.5 * kPi;
      c.hi = c.center + 0.5 * kPi;
      c.scale = kTorsionWidth;
    }
    out_.coordinates.push_back(c);
  }

  void bound_sibling(InternalCoordinates::Coordinate &c, const ZRow &row) const
  {
    c.scale = kSiblingWidth;
    const bool planar = std::fabs(c.center) > kPlanar;
    // An inversion is a motion of its own unless it only exchanges equal ends.
    const bool inverts = chemistry_.inverts(row.bond) && !equal_ends(row);
    const bool filtered = std::any_of(out_.filtered.begin(), out_.filtered.end(),
                                      [&](const StereoCentre &center) { return center.atom == row.bond; });
    if (filtered || planar || inverts) {
      if (planar) c.center = kPi;
      c.lo = c.center - kPi;
      c.hi = c.center + kPi;
    } else {
      c.lo = c.center > 0.0 ? 0.0 : -kPi;
      c.hi = c.center > 0.0 ? kPi : 0.0;
    }
  }

  void add_angle(int i)
  {
    if (is_cg(layout_.angle(i))) return;
    auto c = make("angle " + ids(z_.rows[i], 3), layout_.angle(i));
    c.lo = 0.0;
    c.hi = kPi;
    c.scale = kAngleWidth;
    out_.coordinates.push_back(c);
  }

  void add_bond(int i)
  {
    if (is_cg(layout_.bond(i))) return;
    auto c = make("bond " + ids(z_.rows[i], 2), layout_.bond(i));
    c.lo = 0.0;
    c.scale = kBondWidth * c.center;
    out_.coordinates.push_back(c);
  }

  int coordinate_of(int raw) const
  {
    const auto found =
        std::find_if(out_.coordinates.begin(), out_.coordinates.end(), [&](const auto &c) { return c.raw == raw; });
    return static_cast<int>(found - out_.coordinates.begin());
  }

  void add_symmetric_rotor(int i)
  {
    const int n = symmetric_ends(i);
    InternalCoordinates::SymmetricRotor rotor;
    rotor.coordinate = coordinate_of(layout_.dihedral(i));
    std::vector<std::pair<double, int>> ends{{0.0, z_.rows[i].atom}};
    for (const int k : sibling_rows(i)) {
      const int raw = layout_.dihedral(k);
      // The nearest multiple of 2 pi / n other than zero.
      const double step = 2.0 * kPi / n;
      const double ideal = n == 2 ? kPi : (reference_[raw] > 0.0 ? step : -step);
      rotor.siblings.push_back(coordinate_of(raw));
      rotor.offsets.push_back(ideal);
      ends.emplace_back(ideal < 0.0 ? ideal + 2.0 * kPi : ideal, z_.rows[k].atom);
      if (n > 2) out_.coordinates[rotor.siblings.back()].center = ideal;
    }
    std::sort(ends.begin(), ends.end());
    for (const auto &end : ends) rotor.atoms.push_back(end.second);
    out_.rotors.push_back(rotor);
  }

  const ZMatrix &z_;
  const kernels::InternalLayout &layout_;
  const Molecule &molecule_;
  const std::vector<double> &reference_;
  const CoordinatesConfig &config_;
  BondGraph graph_;
  Chemistry chemistry_;
  InternalCoordinates out_;
};

}    // namespace

InternalCoordinates classify_coordinates(const ZMatrix &z, const kernels::InternalLayout &layout, const Molecule &molecule,
                                         const std::vector<double> &reference, const CoordinatesConfig &config)
{
  return Classifier(z, layout, molecule, reference, config).run();
}

}    // namespace cgflow
