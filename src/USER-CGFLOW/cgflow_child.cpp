// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow_child.h"

#include "cgflow/error.h"
#include "cgflow/molecule_graph.h"
#include "cgflow_child_checks.h"
#include "cgflow_child_copies.h"
#include "cgflow_child_instance.h"

#include "atom.h"
#include "comm.h"
#include "error.h"
#include "force.h"
#include "lammps.h"
#include "modify.h"
#include "neighbor.h"
#include "update.h"

#include "fmt/format.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

using namespace LAMMPS_NS;
using cgflow::EnergyError;

namespace {

constexpr int kProbes = 4;    // conformers around the script's own at which the system is checked

double largest_difference(const std::vector<double> &a, const std::vector<double> &b)
{
  double largest = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::fabs(a[i] - b[i]));
  return largest;
}

}    // namespace

struct CGFlowChild::Impl {
  Impl(LAMMPS *parent, const std::string &script, const std::vector<CGFlowVariable> &variables, bool absolute,
       double extent);
  double expected_extent() const;
  void check_place();
  void make_probes();
  void check_gradient();
  void check_direction(const std::vector<double> &at, const std::vector<double> &force, const std::vector<double> &along,
                       double step);
  bool energies_are_per_atom();
  bool copies_agree();
  double evaluate_one(const std::vector<double> &x, std::vector<double> *force);
  void check_cutoff(const double *x);

  LAMMPS *parent;
  std::string place;
  CGFlowChildInstance instance;
  std::unique_ptr<CGFlowChildCopies> copies;
  bool per_atom = false;
  double extent;
  double cutoff = std::numeric_limits<double>::infinity();    // of pairs, infinity after the warning
  double probe_scale = 0.0;
  std::minstd_rand random{20240607};
  std::vector<std::vector<double>> probes, probe_forces;
  std::vector<double> probe_energies;
  std::int64_t evaluations = 0, check_evaluations = 0;
};

CGFlowChild::Impl::Impl(LAMMPS *parent, const std::string &script, const std::vector<CGFlowVariable> &variables,
                        bool absolute, double extent)
    : parent(parent), place("Atomistic script " + script + ": "), instance(script, variables), extent(extent)
{
  const std::string units = parent->update->unit_style;
  instance.guarded([&] { cgflow_check_child_system(instance.lammps(), units, absolute); });
  copies = std::make_unique<CGFlowChildCopies>(instance, absolute);
  if (!absolute) check_place();
  if (absolute && !copies->fits(copies->configuration().data()))
    throw EnergyError(place + "an atom has left the box through a periodic boundary; where positions are absolute, the "
                              "molecule must lie whole in the box");
  make_probes();
  if (!absolute) cutoff = cgflow_child_cutoff(instance.lammps());
  check_gradient();
  per_atom = energies_are_per_atom();
}

double CGFlowChild::Impl::evaluate_one(const std::vector<double> &x, std::vector<double> *force)
{
  std::vector<double> f(x.size());
  double energy = 0.0;
  const double *at = x.data();
  double *to = f.data();
  copies->run(1, &at, &energy, &to, false);
  ++check_evaluations;
  if (force) *force = f;
  return energy;
}

// Without bonds that hold it together nothing says how far a molecule may stretch.
double CGFlowChild::Impl::expected_extent() const
{
  const double stretched = cgflow::stretched_length(copies->molecule());
  if (stretched > 0.0 && std::isfinite(stretched)) return stretched;
  return 8.0 / 3.0 * (copies->largest_distance() > 0.0 ? copies->largest_distance() : 1.0);
}

// A molecule that is moved freely must not care where it is, nor see its own images in the script's box.
void CGFlowChild::Impl::check_place()
{
  const auto &at = copies->configuration();
  double energy = 0.0;
  std::vector<double> force(at.size());
  const double *none = nullptr;
  double *to = force.data();
  copies->run(0, &none, &energy, &to, false);
  ++check_evaluations;
  if (!(extent > 0.0)) extent = expected_extent();
  copies->isolate(1.5 * extent);
  const double moved = evaluate_one(at, nullptr);
  const bool finite = std::isfinite(energy) && std::isfinite(moved);
  if (!finite || std::fabs(moved - energy) > 1e-6 * (1.0 + std::fabs(energy)))
    throw EnergyError(place + fmt::format("energy of its configuration is {} in its box and {} alone in a wide one; the "
                                          "molecule must be whole, must not see its images or an external field, and its "
                                          "energy must be finite",
                                          energy, moved));
}

// Said once, by the first rank alone, of whose screen LAMMPS takes its warnings.
void CGFlowChild::Impl::check_cutoff(const double *x)
{
  const double extent = std::isinf(cutoff) ? 0.0 : copies->extent_beyond(x, cutoff);
  if (extent == 0.0) return;
  parent->error->warning(FLERR,
                         "{}the pair cutoff {:.4g} is below the extent {:.4g} of a sampled structure, whose energy jumps "
                         "where a pair of atoms crosses it; a cutoff above {:.4g} reaches across the stretched molecule",
                         place, cutoff, extent, this->extent);
  cutoff = std::numeric_limits<double>::infinity();
}

void CGFlowChild::Impl::make_probes()
{
  probe_scale =
      copies->n_atoms() > 1 ? 0.02 * copies->smallest_distance() : std::min(0.01 * copies->shortest_box_edge(), 0.1);
  std::uniform_real_distribution<double> uniform(-probe_scale, probe_scale);
  for (int p = 0; p < kProbes; ++p) {
    auto x = copies->configuration();
    for (std::size_t i = 0; i < x.size(); ++i)
      if (copies->dimension() == 3 || i % 3 < 2) x[i] += uniform(random);
    if (!copies->fits(x.data())) x = copies->configuration();
    std::vector<double> force;
    const double energy = evaluate_one(x, &force);
    if (!std::isfinite(energy))
      throw EnergyError(place + fmt::format("energy near its own configuration is {}; it must be finite", energy));
    probes.push_back(x);
    probe_energies.push_back(energy);
    probe_forces.push_back(force);
  }
}

void CGFlowChild::Impl::check_gradient()
{
  std::normal_distribution<double> normal;
  for (int p = 0; p < kProbes; ++p) {
    std::vector<double> along(probes[p].size());
    double norm = 0.0;
    for (std::size_t i = 0; i < along.size(); ++i) {
      along[i] = copies->dimension() == 3 || i % 3 < 2 ? normal(random) : 0.0;
      norm += along[i] * along[i];
    }
    for (auto &component : along) component /= std::sqrt(norm);
    check_direction(probes[p], probe_forces[p], along, probe_scale * 1e-2);
  }
}

void CGFlowChild::Impl::check_direction(const std::vector<double> &at, const std::vector<double> &force,
                                        const std::vector<double> &along, double step)
{
  double expected = 0.0, square = 0.0;
  for (std::size_t i = 0; i < at.size(); ++i) {
    expected += force[i] * along[i];
    square += force[i] * force[i];
  }
  double slope = 0.0;
  // The second step is for an energy that jumps at a cutoff within the first one.
  for (const double h : {step, 0.1 * step}) {
    auto plus = at, minus = at;
    for (std::size_t i = 0; i < at.size(); ++i) {
      plus[i] += h * along[i];
      minus[i] -= h * along[i];
    }
    if (!copies->fits(plus.data()) || !copies->fits(minus.data())) return;
    const double high = evaluate_one(plus, nullptr), low = evaluate_one(minus, nullptr);
    slope = (low - high) / (2.0 * h);
    const double noise = 1e-13 * (std::fabs(high) + std::fabs(low)) / h;
    const double typical = std::sqrt(square / static_cast<double>(at.size()));
    if (std::fabs(slope - expected) <= 0.01 * std::fabs(expected) + 0.005 * typical + noise) return;
  }
  const std::string silent = cgflow_child_silent_fixes(instance.lammps());
  throw EnergyError(place + fmt::format("forces are not the gradient of the energy: along one direction the energy falls by "
                                        "{} a length unit and the force is {}. A fix that adds forces needs its energy "
                                        "(`fix_modify ID energy yes`{}), and no fix may add random ones",
                                        slope, expected, silent.empty() ? "" : "; without it: " + silent));
}

bool CGFlowChild::Impl::energies_are_per_atom()
{
  if (cgflow_child_has_global_energy(instance.lammps())) return false;
  for (int p = 0; p < kProbes; ++p) {
    const double *at = probes[p].data();
    std::vector<double> force(probes[p].size());
    double *to = force.data(), energy = 0.0;
    copies->run(1, &at, &energy, &to, true);
    ++check_evaluations;
    if (!(std::fabs(energy - probe_energies[p]) <= 1e-9 * (1.0 + std::fabs(probe_energies[p])))) return false;
  }
  return true;
}

// The probes in first and last place and in between, against the molecule alone.
bool CGFlowChild::Impl::copies_agree()
{
  const int m = copies->copies();
  std::vector<const double *> x(m);
  std::vector<std::vector<double>> forces(m, std::vector<double>(probes[0].size()));
  std::vector<double *> to(m);
  std::vector<double> energies(m);
  for (int c = 0; c < m; ++c) {
    x[c] = probes[c % kProbes].data();
    to[c] = forces[c].data();
  }
  copies->run(m, x.data(), energies.data(), to.data(), true);
  check_evaluations += m;
  for (int c = 0; c < m; ++c) {
    const int p = c % kProbes;
    double scale = 1.0;
    for (const double f : probe_forces[p]) scale = std::max(scale, std::fabs(f));
    if (!(std::fabs(energies[c] - probe_energies[p]) <= 1e-8 * (1.0 + std::fabs(probe_energies[p])))) return false;
    if (!(largest_difference(forces[c], probe_forces[p]) <= 1e-8 * scale)) return false;
  }
  return true;
}

CGFlowChild::CGFlowChild(LAMMPS *parent, const std::string &script, int copies, bool absolute, double extent)
{
  // The one collective call. What follows may fail, or be done a second time, on some ranks alone.
  const std::vector<CGFlowVariable> variables = cgflow_child_variables(parent, script);
  auto make = [&] { return std::make_unique<Impl>(parent, script, variables, absolute, extent); };
  impl_ = make();
  if (copies <= 1 || !impl_->per_atom) return;
  const std::string obstacle = impl_->copies->obstacle();
  const bool filled = obstacle.empty() && impl_->copies->fill(copies);
  if (filled && impl_->copies_agree()) return;
  if (!filled)
    parent->error->warning(FLERR, "{}the molecule cannot be copied with {}; conformers are evaluated one at a time",
                           impl_->place, obstacle.empty() ? "fix property/atom where another one was unfixed" : obstacle);
  if (!obstacle.empty()) return;
  // Some style treats a copy in another way than the molecule alone, or properties have lost their places: keep to the
  // molecule alone.
  const auto spent = impl_->check_evaluations;
  impl_.reset();
  impl_ = make();
  impl_->check_evaluations += spent;
}

CGFlowChild::~CGFlowChild() = default;

int CGFlowChild::n_atoms() const { return impl_->copies->n_atoms(); }

int CGFlowChild::copies() const { return impl_->copies->copies(); }

std::int64_t CGFlowChild::evaluations() const { return impl_->evaluations; }

std::int64_t CGFlowChild::check_evaluations() const { return impl_->check_evaluations; }

double CGFlowChild::memory() const
{
  LAMMPS *lmp = impl_->instance.lammps();
  return lmp->atom->memory_usage() + lmp->neighbor->memory_usage() + lmp->comm->memory_usage() +
         lmp->update->memory_usage() + lmp->force->memory_usage() + lmp->modify->memory_usage();
}

double CGFlowChild::probe_energy() const { return impl_->probe_energies.front(); }

int CGFlowChild::dimension() const { return impl_->copies->dimension(); }

const cgflow::Molecule &CGFlowChild::molecule() const { return impl_->copies->molecule(); }

const double *CGFlowChild::configuration() const { return impl_->copies->configuration().data(); }

void CGFlowChild::evaluate(int n, const double *x, double *energy, double *force)
{
  const int size = 3 * n_atoms();
  std::vector<int> fitting;
  for (int i = 0; i < n; ++i)
    if (impl_->copies->fits(x + static_cast<std::ptrdiff_t>(i) * size)) fitting.push_back(i);
  std::fill(energy, energy + n, std::numeric_limits<double>::infinity());
  std::fill(force, force + static_cast<std::ptrdiff_t>(n) * size, 0.0);

  const int most = copies();
  std::vector<const double *> from(most);
  std::vector<double *> to(most);
  std::vector<double> energies(most);
  for (std::size_t first = 0; first < fitting.size(); first += most) {
    const int m = static_cast<int>(std::min<std::size_t>(most, fitting.size() - first));
    for (int c = 0; c < m; ++c) {
      impl_->check_cutoff(x + static_cast<std::ptrdiff_t>(fitting[first + c]) * size);
      from[c] = x + static_cast<std::ptrdiff_t>(fitting[first + c]) * size;
      to[c] = force + static_cast<std::ptrdiff_t>(fitting[first + c]) * size;
    }
    impl_->copies->run(m, from.data(), energies.data(), to.data(), impl_->per_atom);
    impl_->evaluations += m;
    for (int c = 0; c < m; ++c) {
      bool usable = std::isfinite(energies[c]);
      for (int k = 0; k < size; ++k) usable = usable && std::isfinite(to[c][k]);
      if (usable)
        energy[fitting[first + c]] = energies[c];
      else
        std::fill(to[c], to[c] + size, 0.0);
    }
  }
}

std::int64_t LAMMPS_NS::cgflow_check_evaluations(const CGFlowChild &child, cgflow::Communicator &comm)
{
  double all = static_cast<double>(child.check_evaluations());
  comm.sum(&all, 1);
  return static_cast<std::int64_t>(all);
}
