// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow_child_copies.h"

#include "cgflow_child_labels.h"
#include "cgflow_child_molecule.h"
#include "cgflow_child_properties.h"
#include "cgflow_child_sections.h"

#include "atom.h"
#include "compute.h"
#include "domain.h"
#include "lammps.h"
#include "lmptype.h"
#include "modify.h"
#include "neighbor.h"
#include "update.h"
#include "utils.h"

#include "cgflow/molecule_graph.h"

#include "fmt/format.h"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace LAMMPS_NS;

namespace {

const imageint kNoImage = ((imageint) IMGMAX << IMG2BITS) | ((imageint) IMGMAX << IMGBITS) | IMGMAX;

// Beyond any step.
constexpr bigint kFarStep = MAXBIGINT / 2;

// With all digits, so that a box bound is the same after a command has read it.
std::string exact(double value) { return fmt::format("{:.17g}", value); }

}    // namespace

CGFlowChildCopies::CGFlowChildCopies(CGFlowChildInstance &instance, bool absolute)
    : instance_(instance), lmp_(instance.lammps()), absolute_(absolute), n_atoms_(lmp_->atom->nlocal),
      step_(lmp_->update->ntimestep)
{
  for (int k = 0; k < 3; ++k) {
    lo_[k] = lmp_->domain->boxlo[k];
    hi_[k] = lmp_->domain->boxhi[k];
  }
  molecule_ = cgflow_child_molecule(lmp_, absolute);
  // Labels mean files to read and to write, which a start of most molecules does not need.
  if (!absolute && !cgflow::masses_tell_elements(molecule_)) cgflow::name_elements(molecule_, cgflow_child_labels(instance));

  measure();

  // One short thermo line and no sorting: each batch is a run of its own.
  for (const char *command : {"run_style verlet", "thermo_style custom step", "thermo 0", "atom_modify sort 0 0.0",
                              "compute cgflow_pe all pe", "compute cgflow_pe_atom all pe/atom"})
    instance_.one(command);
  pe_ = lmp_->modify->get_compute_by_id("cgflow_pe");
  pe_atom_ = lmp_->modify->get_compute_by_id("cgflow_pe_atom");
}

void CGFlowChildCopies::measure()
{
  largest_ = 0.0;
  double least = std::numeric_limits<double>::infinity();
  for (int i = 0; i < n_atoms_; ++i)
    for (int j = 0; j < i; ++j) {
      const double r = cgflow::atom_distance(configuration().data(), i, j);
      largest_ = std::max(largest_, r);
      least = std::min(least, r);
    }
  smallest_ = n_atoms_ > 1 ? least : 0.0;
}

void CGFlowChildCopies::set_configuration(const std::vector<double> &x)
{
  molecule_.configuration = x;
  measure();
}

int CGFlowChildCopies::dimension() const { return lmp_->domain->dimension; }

double CGFlowChildCopies::shortest_box_edge() const
{
  double edge = std::min(hi_[0] - lo_[0], hi_[1] - lo_[1]);
  return dimension() == 3 ? std::min(edge, hi_[2] - lo_[2]) : edge;
}

// With fixed boundaries a molecule has no images, so the cutoff may be of any length. In two dimensions z stays as it is.
void CGFlowChildCopies::isolate(double cell)
{
  cell_ = cell;
  // This distance alone keeps copies out of each other's neighbor lists. Cells side by side, with pairs excluded by molecule,
  // took 40 % more time for 64 alanine dipeptides (cutoff 18).
  pitch_ = cell + lmp_->neighbor->cutneighmax;
  const double edge[3] = {pitch_, cell, cell}, zero[3] = {0.0, 0.0, 0.0};
  const int axes = dimension();
  double **x = lmp_->atom->x;
  double lo[3], hi[3];
  bounds(lo, hi);
  instance_.guarded([&] {
    for (int i = 0; i < n_atoms_; ++i) {
      lmp_->atom->image[i] = kNoImage;
      for (int k = 0; k < axes; ++k)
        x[i][k] = configuration()[3 * (lmp_->atom->tag[i] - 1) + k] - 0.5 * (lo[k] + hi[k]) + 0.5 * edge[k];
    }
  });
  set_box(zero, edge);
}

void CGFlowChildCopies::widen(double cell)
{
  double lo[3], hi[3];
  bounds(lo, hi);
  instance_.guarded([&] {
    for (int i = 0; i < n_atoms_; ++i) {
      lmp_->atom->image[i] = kNoImage;
      for (int k = 0; k < dimension(); ++k) lmp_->atom->x[i][k] = configuration()[3 * (lmp_->atom->tag[i] - 1) + k];
    }
  });
  for (int k = 0; k < 3; ++k) {
    lo[k] -= cell;
    hi[k] += cell;
  }
  set_box(lo, hi);
}

std::string CGFlowChildCopies::images_seen(double reach) const
{
  const int periodic[3] = {lmp_->domain->xperiodic, lmp_->domain->yperiodic, lmp_->domain->zperiodic};
  double lo[3], hi[3];
  bounds(lo, hi);
  std::string text;
  for (int k = 0; k < dimension(); ++k)
    if (periodic[k] && hi_[k] - lo_[k] - (hi[k] - lo[k]) < reach)
      text += fmt::format("{}{} has edge {:.4g} and molecule {:.4g}", text.empty() ? "" : ", ", "xyz"[k], hi_[k] - lo_[k],
                          hi[k] - lo[k]);
  return text.empty() ? text : text + fmt::format("; cutoff {:.4g}", reach);
}

// Of the script's configuration.
void CGFlowChildCopies::bounds(double lo[3], double hi[3]) const
{
  for (int k = 0; k < 3; ++k) {
    lo[k] = hi[k] = configuration()[k];
    for (int i = 0; i < n_atoms_; ++i) {
      lo[k] = std::min(lo[k], configuration()[3 * i + k]);
      hi[k] = std::max(hi[k], configuration()[3 * i + k]);
    }
  }
}

// A box with fixed boundaries. In two dimensions z stays as it is.
void CGFlowChildCopies::set_box(const double lo[3], const double hi[3])
{
  std::string command = "change_box all";
  const int axes = dimension();
  for (int k = 0; k < axes; ++k) command += fmt::format(" {} final {} {}", "xyz"[k], exact(lo[k]), exact(hi[k]));
  command += axes == 3 ? " boundary f f f units box" : " boundary f f p units box";
  instance_.one(command);
  for (int k = 0; k < 3; ++k) {
    lo_[k] = lmp_->domain->boxlo[k];
    hi_[k] = lmp_->domain->boxhi[k];
  }
}

std::string CGFlowChildCopies::obstacle() const { return CGFlowChildProperties::obstacle(lmp_); }

bool CGFlowChildCopies::fill(int copies)
{
  Atom *atom = lmp_->atom;
  if (copies <= 1) return true;

  const bool molecules = atom->molecule_flag;
  // replicate leaves a molecule ID of 0 as it is, so all copies would be one molecule.
  if (molecules)
    for (int i = 0; i < n_atoms_; ++i) atom->molecule[i] = 1;
  CGFlowChildProperties properties(instance_);
  {
    CGFlowChildSections sections(instance_);
    instance_.one(fmt::format("replicate {} 1 1", copies));
    sections.put_back(copies);
  }
  if (!properties.put_back()) return false;
  copies_ = copies;
  is_set_up_ = false;
  if (!absolute_) return true;

  instance_.one(molecules ? "neigh_modify exclude molecule/inter all" : "neigh_modify exclude group all all");
  // Back into the script's own box, each copy at the same place.
  atom = lmp_->atom;
  instance_.guarded([&] {
    for (int i = 0; i < atom->nlocal; ++i) {
      const double *at = &configuration()[3 * ((atom->tag[i] - 1) % n_atoms_)];
      for (int k = 0; k < 3; ++k) atom->x[i][k] = at[k];
      atom->image[i] = kNoImage;
      lmp_->domain->remap(atom->x[i], atom->image[i]);
    }
  });
  instance_.one(fmt::format("change_box all x final {} {} units box", exact(lo_[0]), exact(hi_[0])));
  return true;
}

bool CGFlowChildCopies::fits(const double *x) const
{
  for (int i = 0; i < 3 * n_atoms_; ++i)
    if (!std::isfinite(x[i])) return false;
  const int axes = dimension();
  for (int k = 0; k < 3; ++k) {
    double lo = x[k], hi = x[k];
    for (int i = 0; i < n_atoms_; ++i) {
      lo = std::min(lo, x[3 * i + k]);
      hi = std::max(hi, x[3 * i + k]);
    }
    // LAMMPS would wrap an atom into a periodic box, or lose it from another one, and the energy would change without a message.
    if (absolute_ || k >= axes) {
      if (lo < lo_[k] || hi >= hi_[k]) return false;
    } else if (hi - lo >= 0.999 * cell_) {
      return false;
    }
  }
  return true;
}

double CGFlowChildCopies::extent_beyond(const double *x, double limit) const
{
  // For most conformers the bounding box shows that no pair is longer.
  double square = 0.0;
  for (int k = 0; k < 3; ++k) {
    double lo = x[k], hi = x[k];
    for (int i = 1; i < n_atoms_; ++i) {
      lo = std::min(lo, x[3 * i + k]);
      hi = std::max(hi, x[3 * i + k]);
    }
    square += (hi - lo) * (hi - lo);
  }
  if (square <= limit * limit) return 0.0;
  double longest = 0.0;
  for (int i = 0; i < n_atoms_; ++i)
    for (int j = 0; j < i; ++j) longest = std::max(longest, cgflow::atom_distance(x, i, j));
  return longest > limit ? longest : 0.0;
}

void CGFlowChildCopies::keep_setup(bool on)
{
  keeps_setup_ = on;
  if (!on) return;
  // The lists of neighbors are made anew in each step, as those of `run 0` are, and there is a step before this one.
  instance_.one("neigh_modify every 1 delay 0 check no once no");
  step_ = std::max<bigint>(step_, 1);
}

void CGFlowChildCopies::find_slots()
{
  const Atom *atom = lmp_->atom;
  slots_.assign(static_cast<std::size_t>(copies_) * n_atoms_, -1);
  for (int i = 0; i < atom->nlocal; ++i) slots_[atom->tag[i] - 1] = i;
}

void CGFlowChildCopies::run(int m, const double *const *x, double *energy, double *const *force, bool per_atom)
{
  instance_.guarded([&] {
    find_slots();
    Atom *atom = lmp_->atom;
    const int axes = dimension();
    for (int c = 0; c < m; ++c) {
      double shift[3] = {0.0, 0.0, 0.0};
      for (int k = 0; k < axes && !absolute_; ++k) {
        double lo = x[c][k], hi = x[c][k];
        for (int i = 0; i < n_atoms_; ++i) {
          lo = std::min(lo, x[c][3 * i + k]);
          hi = std::max(hi, x[c][3 * i + k]);
        }
        shift[k] = (k == 0 ? (c + 0.5) * pitch_ : 0.5 * cell_) - 0.5 * (lo + hi);
      }
      for (int i = 0; i < n_atoms_; ++i) {
        const int at = slots_[c * n_atoms_ + i];
        for (int k = 0; k < 3; ++k) atom->x[at][k] = x[c][3 * i + k] + shift[k];
        atom->image[at] = kNoImage;
      }
    }
  });
  Update *update = lmp_->update;
  const bool goes_on = keeps_setup_ && is_set_up_;
  is_set_up_ = false;
  update->ntimestep = step_;
  pe_->addstep(step_);
  if (per_atom) pe_atom_->addstep(step_);
  if (goes_on) {
    // A run of one step that ends at the same step as before. Fixes that change their strength from `start` to `stop` see the start.
    --update->ntimestep;
    instance_.one(fmt::format("run 1 pre no post no start {} stop {}", step_ - 1, kFarStep));
  } else {
    // With `pre no` LAMMPS would keep the energies of the last batch.
    instance_.one("run 0 pre yes post no");
  }
  is_set_up_ = true;

  instance_.guarded([&] {
    find_slots();
    const Atom *atom = lmp_->atom;
    if (per_atom)
      pe_atom_->compute_peratom();
    else
      energy[0] = pe_->compute_scalar();
    for (int c = 0; c < m; ++c) {
      double sum = 0.0;
      for (int i = 0; i < n_atoms_; ++i) {
        const int at = slots_[c * n_atoms_ + i];
        if (per_atom) sum += pe_atom_->vector_atom[at];
        for (int k = 0; k < 3; ++k) force[c][3 * i + k] = atom->f[at][k];
      }
      if (per_atom) energy[c] = sum;
    }
  });
}
