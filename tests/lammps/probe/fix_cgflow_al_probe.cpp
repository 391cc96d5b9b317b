// SPDX-License-Identifier: GPL-2.0-only
#include "fix_cgflow_al_probe.h"

#include "fix_cgflow_mc.h"
#include "pair_cgflow_pmf.h"

#include "atom.h"
#include "error.h"
#include "force.h"
#include "modify.h"
#include "update.h"

#include "cgflow/pmf_surface.h"

#include <cmath>
#include <memory>

using namespace LAMMPS_NS;

namespace {

class Harmonic : public cgflow::PmfSurface {
 public:
  Harmonic(cgflow::CgSpace space, double k) : space_(std::move(space)), k_(k) {}
  const cgflow::CgSpace &space() const override { return space_; }
  double kT() const override { return 0.0; }
  void evaluate(int n, const double *s, double *f, double *std, double *gradient) const override
  {
    const int d = space_.n_cv();
    for (int i = 0; i < n; ++i) {
      double r2 = 0.0;
      for (int k = 0; k < d; ++k) {
        const double delta = s[i * d + k] - 0.5 * (space_[k].lo + space_[k].hi);
        r2 += delta * delta;
        if (gradient) gradient[i * d + k] = k_ * delta;
      }
      f[i] = 0.5 * k_ * r2;
      if (std) std[i] = std::sqrt(r2);
    }
  }

 private:
  cgflow::CgSpace space_;
  double k_;
};

class Scaled : public cgflow::PmfSurface {
 public:
  Scaled(std::shared_ptr<const cgflow::PmfSurface> base, double factor) : base_(std::move(base)), factor_(factor) {}
  const cgflow::CgSpace &space() const override { return base_->space(); }
  double kT() const override { return base_->kT(); }
  void evaluate(int n, const double *s, double *f, double *std, double *gradient) const override
  {
    base_->evaluate(n, s, f, std, gradient);
    for (int i = 0; i < n; ++i) f[i] *= factor_;
    if (gradient)
      for (int i = 0; i < n * space().n_cv(); ++i) gradient[i] *= factor_;
  }

 private:
  std::shared_ptr<const cgflow::PmfSurface> base_;
  double factor_;
};

}    // namespace

FixProbe::FixProbe(LAMMPS *lmp, int narg, char **arg) : Fix(lmp, narg, arg)
{
  for (int i = 3; i < narg;) {
    Order order{arg[i], utils::bnumeric(FLERR, arg[i + 1], false, lmp), {}};
    for (i += 2; i < narg && utils::is_double(arg[i]); ++i) order.values.push_back(std::stod(arg[i]));
    orders_.push_back(order);
  }
}

int FixProbe::setmask() { return FixConst::INITIAL_INTEGRATE; }

void FixProbe::init()
{
  pmf_ = dynamic_cast<PairCGFlowPMF *>(force->pair_match("cgflow/pmf", 1));
  mc_ = dynamic_cast<FixCGFlowMC *>(modify->get_fix_by_style("^cgflow/mc").front());
  for (const Order &order : orders_)
    if (order.keyword == "harmonic") pmf_->set_surface(std::make_shared<Harmonic>(pmf_->space(), order.values[0]));
}

void FixProbe::initial_integrate(int)
{
  for (const Order &order : orders_)
    if (order.step == update->ntimestep) carry_out(order);
}

void FixProbe::carry_out(const Order &order)
{
  if (order.keyword == "place") {
    for (int i = 0; i < atom->nlocal; ++i)
      if (atom->tag[i] == static_cast<tagint>(order.values[0])) mc_->place(i, &order.values[1]);
  } else if (order.keyword == "scale") {
    pmf_->set_surface(std::make_shared<Scaled>(pmf_->surface(), order.values[0]));
    mc_->refresh();
  } else if (order.keyword == "threshold") {
    mc_->set_stop_threshold(order.values[0]);
  } else if (order.keyword == "release") {
    mc_->release_all();
  } else if (order.keyword == "foreign") {
    const cgflow::CgSpace other({{"elsewhere", 0.0, 1.0, false}});
    pmf_->set_surface(std::make_shared<Harmonic>(other, 1.0));
  } else if (order.keyword != "harmonic") {
    error->all(FLERR, "unknown order {}", order.keyword);
  }
}
