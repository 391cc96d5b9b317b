// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow_child_relaxation.h"

#include "cgflow/molecule_graph.h"

#include "fmt/format.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>

using namespace LAMMPS_NS;

namespace {

constexpr double kDegree = 0.017453292519943295;
// As the coordinates have it: dihedrals about smaller or larger angles are not defined.
constexpr double kStraight = 5.0;
// Degrees by which a line is bent to see whether the force field resists.
constexpr double kTrial = 10.0;
// Of a typical bond: the largest step of an atom, and the step at which a minimum has been reached.
constexpr double kLargestStep = 0.1, kSmallestStep = 1e-8;
constexpr int kMostSteps = 5000, kMemory = 10;
// Of a typical bond: closer atoms lie on each other. No two atoms of a molecule are closer than half a bond.
constexpr double kOverlap = 0.1;

double dot(const std::vector<double> &a, const std::vector<double> &b)
{
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

double largest_move(const std::vector<double> &d)
{
  double square = 0.0;
  for (std::size_t i = 0; i < d.size(); i += 3)
    square = std::max(square, d[i] * d[i] + d[i + 1] * d[i + 1] + d[i + 2] * d[i + 2]);
  return std::sqrt(square);
}

// The median; 0 without bonds.
double typical_bond(const cgflow::Molecule &molecule)
{
  std::vector<double> lengths;
  for (const auto &bond : molecule.bonds)
    lengths.push_back(cgflow::atom_distance(molecule.configuration.data(), bond[0], bond[1]));
  if (lengths.empty()) return 0.0;
  std::nth_element(lengths.begin(), lengths.begin() + static_cast<std::ptrdiff_t>(lengths.size() / 2), lengths.end());
  return lengths[lengths.size() / 2];
}

/// Products of the inverse Hessian with gradients, from the last steps (L-BFGS; Nocedal and Wright, Numerical Optimization, 7.4).
class InverseHessian {
 public:
  std::vector<double> times(const std::vector<double> &gradient) const
  {
    std::vector<double> q = gradient, alpha(pairs_.size());
    for (std::size_t k = pairs_.size(); k-- > 0;) {
      alpha[k] = dot(pairs_[k].step, q) / pairs_[k].curvature;
      for (std::size_t i = 0; i < q.size(); ++i) q[i] -= alpha[k] * pairs_[k].change[i];
    }
    if (!pairs_.empty()) {
      const double scale = pairs_.back().curvature / dot(pairs_.back().change, pairs_.back().change);
      for (auto &value : q) value *= scale;
    }
    for (std::size_t k = 0; k < pairs_.size(); ++k) {
      const double beta = dot(pairs_[k].change, q) / pairs_[k].curvature;
      for (std::size_t i = 0; i < q.size(); ++i) q[i] += (alpha[k] - beta) * pairs_[k].step[i];
    }
    return q;
  }
  void learn(const std::vector<double> &step, const std::vector<double> &change)
  {
    const double curvature = dot(step, change);
    if (!(curvature > 1e-12 * std::sqrt(dot(step, step) * dot(change, change)))) return;
    pairs_.push_back({step, change, curvature});
    if (pairs_.size() > kMemory) pairs_.pop_front();
  }
  void forget() { pairs_.clear(); }
  bool empty() const { return pairs_.empty(); }

 private:
  struct Pair {
    std::vector<double> step, change;
    double curvature;
  };
  std::deque<Pair> pairs_;
};

}    // namespace

CGFlowChildRelaxation::CGFlowChildRelaxation(const cgflow::Molecule &molecule, Energy energy)
    : molecule_(molecule), energy_(std::move(energy)), neighbors_(molecule.n_atoms()), x_(molecule.configuration)
{
  for (const auto &bond : molecule.bonds) {
    neighbors_[bond[0]].push_back(bond[1]);
    neighbors_[bond[1]].push_back(bond[0]);
  }
  bond_ = typical_bond(molecule);
}

double CGFlowChildRelaxation::angle(const Line &line) const
{
  double in = 0.0, aa = 0.0, cc = 0.0;
  for (int k = 0; k < 3; ++k) {
    const double a = x_[3 * line.a + k] - x_[3 * line.b + k], c = x_[3 * line.c + k] - x_[3 * line.b + k];
    in += a * c;
    aa += a * a;
    cc += c * c;
  }
  return std::acos(std::clamp(in / std::sqrt(aa * cc), -1.0, 1.0)) / kDegree;
}

// The atoms behind b-c; c alone in a ring.
std::vector<int> CGFlowChildRelaxation::branch(const Line &line) const
{
  std::vector<int> found{line.c};
  for (std::size_t k = 0; k < found.size(); ++k)
    for (const int to : neighbors_[found[k]]) {
      if (to == line.b && k == 0) continue;
      if (to == line.b || to == line.a) return {line.c};
      if (std::find(found.begin(), found.end(), to) == found.end()) found.push_back(to);
    }
  return found;
}

// Turns the branch behind c about b, in four directions, and keeps the lowest structure if it is below the straight one.
bool CGFlowChildRelaxation::bends(const Line &line)
{
  const std::vector<int> atoms = branch(line);
  const std::vector<double> straight = x_;
  std::vector<double> force, lowest;
  double least = energy_(straight, force);
  const double own = least;
  double u[3], v[3], w[3], norm = 0.0;
  for (int k = 0; k < 3; ++k) u[k] = straight[3 * line.c + k] - straight[3 * line.b + k];
  for (const double value : u) norm += value * value;
  for (auto &value : u) value /= std::sqrt(norm);
  // v: the axis that is most perpendicular to u, made perpendicular.
  int axis = 0;
  for (int k = 1; k < 3; ++k)
    if (std::fabs(u[k]) < std::fabs(u[axis])) axis = k;
  norm = 0.0;
  for (int k = 0; k < 3; ++k) {
    v[k] = (k == axis ? 1.0 : 0.0) - u[axis] * u[k];
    norm += v[k] * v[k];
  }
  for (auto &value : v) value /= std::sqrt(norm);
  for (int k = 0; k < 3; ++k) w[k] = u[(k + 1) % 3] * v[(k + 2) % 3] - u[(k + 2) % 3] * v[(k + 1) % 3];
  for (int direction = 0; direction < 4; ++direction) {
    const double *to = direction < 2 ? v : w;
    const double turn = (direction % 2 ? -kTrial : kTrial) * kDegree, c = std::cos(turn), s = std::sin(turn);
    std::vector<double> x = straight;
    for (const int i : atoms) {
      double along = 0.0, across = 0.0;
      for (int k = 0; k < 3; ++k) {
        const double d = straight[3 * i + k] - straight[3 * line.b + k];
        along += d * u[k];
        across += d * to[k];
      }
      for (int k = 0; k < 3; ++k)
        x[3 * i + k] += ((c - 1.0) * along - s * across) * u[k] + (s * along + (c - 1.0) * across) * to[k];
    }
    const double energy = energy_(x, force);
    if (energy >= least) continue;
    least = energy;
    lowest = x;
  }
  if (lowest.empty() || least > own - 1e-6 * (1.0 + std::fabs(own))) return false;
  x_ = lowest;
  return true;
}

void CGFlowChildRelaxation::minimize()
{
  std::vector<double> force;
  double energy = energy_(x_, force);
  InverseHessian inverse;
  for (int step = 0; step < kMostSteps; ++step) {
    std::vector<double> move = inverse.times(force);
    if (!(dot(move, force) > 0.0)) {
      inverse.forget();
      move = force;
    }
    const double length = largest_move(move), most = inverse.empty() ? 0.1 * kLargestStep * bond_ : kLargestStep * bond_;
    if (!(length > kSmallestStep * bond_) && !inverse.empty()) return;
    if (!(length > 0.0) || !std::isfinite(length)) return;
    if (length > most || inverse.empty())
      for (auto &value : move) value *= most / length;
    const double slope = dot(move, force);
    bool lower = false;
    for (double part = 1.0; part > 1e-9 && !lower; part *= 0.5) {
      auto x = x_;
      std::vector<double> next;
      for (std::size_t i = 0; i < x.size(); ++i) x[i] += part * move[i];
      const double at = energy_(x, next);
      lower = at <= energy - 1e-4 * part * slope;
      if (!lower) continue;
      std::vector<double> change(x.size()), moved(x.size());
      for (std::size_t i = 0; i < x.size(); ++i) {
        moved[i] = x[i] - x_[i];
        change[i] = force[i] - next[i];
      }
      inverse.learn(moved, change);
      x_ = x;
      force = next;
      energy = at;
    }
    if (lower) continue;
    if (inverse.empty()) return;    // rounding
    inverse.forget();
  }
}

bool CGFlowChildRelaxation::relax()
{
  if (molecule_.bonds.empty()) return false;
  std::vector<Line> lines;
  for (int b = 0; b < molecule_.n_atoms(); ++b)
    for (const int a : neighbors_[b])
      for (const int c : neighbors_[b]) {
        if (a >= c) continue;
        Line line{a, b, c, 0.0};
        line.degrees = angle(line);
        if (line.degrees > 180.0 - kStraight || line.degrees < kStraight) lines.push_back(line);
      }
  std::vector<Line> bent;
  for (const auto &line : lines)
    if (bends(line)) bent.push_back(line);
  if (bent.empty()) return false;
  minimize();
  for (const auto &line : bent) {
    const double now = angle(line);
    if (now > 180.0 - kStraight || now < kStraight) return false;
    text_ += fmt::format("{}{}-{}-{} ({:.1f} degrees, now {:.1f})", text_.empty() ? "" : ", ", line.a + 1, line.b + 1,
                         line.c + 1, line.degrees, now);
  }
  return true;
}

std::string LAMMPS_NS::cgflow_child_closest(const cgflow::Molecule &molecule)
{
  const cgflow::AtomPair pair = cgflow::closest_atoms(molecule.configuration.data(), molecule.n_atoms());
  return pair.first < 0
             ? ""
             : fmt::format("the closest atoms {} and {} are {:.4g} apart", pair.first + 1, pair.second + 1, pair.distance);
}

std::string LAMMPS_NS::cgflow_child_overlap(const cgflow::Molecule &molecule)
{
  const double bond = typical_bond(molecule);
  const cgflow::AtomPair pair = cgflow::closest_atoms(molecule.configuration.data(), molecule.n_atoms());
  if (!(bond > 0.0) || pair.distance > kOverlap * bond) return "";
  return fmt::format(
      "atom {} lies on atom {}: they are {:.4g} apart, and a typical bond is {:.4g} long. Correct the structure, or "
      "minimize it in a script of its own and use write_data",
      pair.first + 1, pair.second + 1, pair.distance, bond);
}
