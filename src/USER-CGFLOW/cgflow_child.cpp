// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow_child.h"

#include "cgflow/error.h"
#include "cgflow/molecule_graph.h"
#include "cgflow_child_checks.h"
#include "cgflow_child_copies.h"
#include "cgflow_child_instance.h"
#include "cgflow_child_pairs.h"
#include "cgflow_child_probes.h"
#include "cgflow_child_relaxation.h"

#include "atom.h"
#include "comm.h"
#include "error.h"
#include "force.h"
#include "lammps.h"
#include "modify.h"
#include "neighbor.h"
#include "pair.h"
#include "update.h"
#include "utils.h"

#include "fmt/format.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

using namespace LAMMPS_NS;
using cgflow::EnergyError;

struct CGFlowChild::Impl {
  Impl(LAMMPS *parent, const std::string &script, const std::vector<CGFlowVariable> &variables, bool absolute,
       double extent);
  double expected_extent() const;
  void check_pairs();
  void check_place();
  bool relax();
  double energy_at(const double *x);
  static bool is_same(double energy, double alone);
  void say(const std::string &text) const;
  bool fill(int copies);
  void keep_setup();
  void check_cutoff(const double *x);

  LAMMPS *parent;
  std::string place;
  CGFlowChildInstance instance;
  std::unique_ptr<CGFlowChildCopies> copies;
  bool per_atom = false;
  std::string global_energies;    // fixes that add them
  double extent;
  bool guesses_extent;
  double cutoff = std::numeric_limits<double>::infinity();    // of pairs; infinity after the warning
  std::unique_ptr<CGFlowChildProbes> probes;
  std::int64_t evaluations = 0, check_evaluations = 0;    // the second without those of the probes
};

CGFlowChild::Impl::Impl(LAMMPS *parent, const std::string &script, const std::vector<CGFlowVariable> &variables,
                        bool absolute, double extent)
    : parent(parent), place("Atomistic script " + script + ": "), instance(script, variables), extent(extent),
      guesses_extent(!(extent > 0.0))
{
  const std::string units = parent->update->unit_style;
  instance.guarded([&] { cgflow_check_child_system(instance.lammps(), units, absolute); });
  check_pairs();
  copies = std::make_unique<CGFlowChildCopies>(instance, absolute);
  if (!absolute) {
    if (const std::string overlap = cgflow_child_overlap(copies->molecule()); !overlap.empty())
      throw EnergyError(place + overlap);
    check_place();
  }
  if (absolute && !copies->fits(copies->configuration().data()))
    throw EnergyError(place + "an atom has left the box through a periodic boundary; where positions are absolute, the "
                              "molecule must lie whole in the box");
  probes = std::make_unique<CGFlowChildProbes>(*copies, place);
  if (!absolute) cutoff = cgflow_child_cutoff(instance.lammps());
  probes->check_gradient(cgflow_child_silent_fixes(instance.lammps()));
  global_energies = cgflow_child_global_energies(instance.lammps());
  per_atom = global_energies.empty() && probes->energies_are_per_atom();
}

// In a hybrid style, the bonded atoms may be those of another style.
void CGFlowChild::Impl::check_pairs()
{
  const std::string missing = cgflow_child_missing_pairs(instance.lammps());
  if (missing.empty()) return;
  if (!utils::strmatch(instance.lammps()->force->pair_style, "^hybrid")) throw EnergyError(place + missing);
  parent->error->warning(FLERR, "{}{}", place, missing);
}

// Without bonds, the factor is a guess of how far a molecule may stretch.
double CGFlowChild::Impl::expected_extent() const
{
  const double stretched = cgflow::stretched_length(copies->molecule());
  if (stretched > 0.0 && std::isfinite(stretched)) return stretched;
  return 8.0 / 3.0 * (copies->largest_distance() > 0.0 ? copies->largest_distance() : 1.0);
}

// The energy of a molecule that is moved freely must not depend on its position. Images in the script's box and corrections for a liquid
// are no part of what is learned, and are left out.
void CGFlowChild::Impl::check_place()
{
  if (instance.lammps()->force->pair && instance.lammps()->force->pair->tail_flag) {
    instance.one("pair_modify tail no");
    say("pair_modify tail yes is left out: it corrects the energy of a homogeneous liquid, and is a constant for one molecule");
  }
  const auto &at = copies->configuration();
  const double energy = energy_at(nullptr);
  if (!(extent > 0.0)) extent = expected_extent();
  const std::string images = copies->images_seen(cgflow_child_reach(instance.lammps()));
  copies->isolate(1.5 * extent);
  const double alone = energy_at(at.data());
  if (!std::isfinite(alone))
    throw EnergyError(place + fmt::format("energy of its configuration is {}; it must be finite; {}", alone,
                                          cgflow_child_closest(copies->molecule())));
  // Dihedrals about a line have any value, so that the energies of such a structure may differ.
  const bool relaxed = relax();
  if (!relaxed && is_same(energy, alone)) return;
  const double here = relaxed ? energy_at(at.data()) : alone;
  copies->widen(1.5 * extent);
  const double placed = energy_at(nullptr);
  if (!is_same(placed, here) || (!relaxed && images.empty())) {
    const std::string fixes = cgflow_child_energy_fixes(instance.lammps());
    throw EnergyError(
        place +
        fmt::format("energy of its configuration is {} in its box and {} alone in a wide one. The CG variables move the "
                    "molecule freely, so that no wall or external field{} may act on it",
                    relaxed ? placed : energy, here, fixes.empty() ? "" : " (energies of fix " + fixes + ")"));
  }
  copies->isolate(1.5 * extent);
  if (!relaxed)
    say(fmt::format(
        "energy of its configuration is {:.8g} in its box, where it sees its periodic images ({}), and {:.8g} alone; the "
        "energy alone is used",
        energy, images, alone));
}

// Whether the molecule has got another structure.
bool CGFlowChild::Impl::relax()
{
  CGFlowChildRelaxation relaxation(copies->molecule(), [&](const std::vector<double> &x, std::vector<double> &force) {
    force.assign(x.size(), 0.0);
    if (!copies->fits(x.data())) return std::numeric_limits<double>::infinity();
    const double *from = x.data();
    double *to = force.data(), energy = 0.0;
    copies->run(1, &from, &energy, &to, false);
    ++check_evaluations;
    return std::isfinite(energy) ? energy : std::numeric_limits<double>::infinity();
  });
  if (!relaxation.relax()) return false;
  copies->set_configuration(relaxation.structure());
  if (guesses_extent) extent = expected_extent();
  copies->isolate(1.5 * extent);
  say("its structure is relaxed first, because the force field bends atoms that are in a line: " + relaxation.text());
  return true;
}

// Where the molecule is in the box now, or at x.
double CGFlowChild::Impl::energy_at(const double *x)
{
  std::vector<double> force(copies->configuration().size());
  double energy = 0.0, *to = force.data();
  copies->run(x ? 1 : 0, &x, &energy, &to, false);
  ++check_evaluations;
  return energy;
}

bool CGFlowChild::Impl::is_same(double energy, double alone)
{
  return std::fabs(alone - energy) <= 1e-6 * (1.0 + std::fabs(alone));
}

void CGFlowChild::Impl::say(const std::string &text) const { utils::logmesg(parent, "{}{}\n", place, text); }

// One warning. LAMMPS shows the warnings of the first rank alone.
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

// False when the copies do not agree with the molecule alone, or have got other properties: the instance is of no further use then.
bool CGFlowChild::Impl::fill(int n)
{
  if (!per_atom) {
    const std::string why = global_energies.empty() ? std::string("a style has no per-atom energies")
                                                    : "no per-atom energies of fix " + global_energies;
    say("conformers are evaluated one at a time: " + why);
    return true;
  }
  const std::string obstacle = copies->obstacle();
  const bool filled = obstacle.empty() && copies->fill(n);
  if (filled && probes->copies_agree(true)) return true;
  if (!filled)
    parent->error->warning(FLERR, "{}the molecule cannot be copied with {}; conformers are evaluated one at a time", place,
                           obstacle.empty() ? "fix property/atom where another one was unfixed" : obstacle);
  return !obstacle.empty();
}

void CGFlowChild::Impl::keep_setup()
{
  if (!cgflow_child_setup_is_slow(instance.lammps())) return;
  copies->keep_setup(true);
  bool agrees = false;
  try {
    agrees = probes->copies_agree(per_atom);
  } catch (const EnergyError &) {    // of a style that does not go on from a setup; run 0 has no such error
  }
  if (!agrees) copies->keep_setup(false);
}

CGFlowChild::CGFlowChild(LAMMPS *parent, const std::string &script, int copies, bool absolute, double extent)
{
  // The one collective call. What follows may fail, or be done a second time, on some ranks alone.
  const std::vector<CGFlowVariable> variables = cgflow_child_variables(parent, script);
  auto make = [&] { return std::make_unique<Impl>(parent, script, variables, absolute, extent); };
  impl_ = make();
  if (copies > 1 && !impl_->fill(copies)) {
    // A style treats a copy in another way than the molecule alone, or properties have got other indices: evaluate the molecule
    // alone, in a new instance.
    const auto spent = check_evaluations();
    impl_.reset();
    impl_ = make();
    impl_->check_evaluations += spent;
  }
  impl_->keep_setup();
}

CGFlowChild::~CGFlowChild() = default;

int CGFlowChild::n_atoms() const { return impl_->copies->n_atoms(); }

int CGFlowChild::copies() const { return impl_->copies->copies(); }

std::int64_t CGFlowChild::evaluations() const { return impl_->evaluations; }

std::int64_t CGFlowChild::check_evaluations() const { return impl_->check_evaluations + impl_->probes->evaluations(); }

double CGFlowChild::memory() const
{
  LAMMPS *lmp = impl_->instance.lammps();
  return lmp->atom->memory_usage() + lmp->neighbor->memory_usage() + lmp->comm->memory_usage() +
         lmp->update->memory_usage() + lmp->force->memory_usage() + lmp->modify->memory_usage();
}

cgflow::Probes CGFlowChild::probes() const { return impl_->probes->probes(); }

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

void LAMMPS_NS::cgflow_require_same_energies(const cgflow::Model &model, CGFlowChild &child, const std::string &file,
                                             const std::string &script, const std::string &advice, cgflow::Log &log,
                                             bool outside)
{
  const cgflow::ModelInfo &info = model.info();
  if (info.probes.empty())
    log.line(
        fmt::format("{} holds no probe energies, as files of older versions: whether {} has its force field is not checked",
                    file, script));
  cgflow::require_same_energies(info.probes, child, info.kT, file, script, advice, outside);
}
