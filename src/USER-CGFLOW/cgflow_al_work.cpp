// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow_al_work.h"

#include "fmt/format.h"

#include <algorithm>

using namespace LAMMPS_NS;

std::string CGFlowALWork::report(const cgflow::WorkTimes &parts, cgflow::Communicator &comm) const
{
  struct Seconds {
    double energies, training, labels, fits, all;
  };
  Seconds sum{parts.energies - before_.parts.energies, parts.training - before_.parts.training,
              parts.labels - before_.parts.labels, parts.fits - before_.parts.fits,
              cgflow::processor_seconds() - before_.all};
  comm.sum(&sum.energies, sizeof(Seconds) / sizeof(double));
  const auto percent = [&](double part) { return 100.0 * part / std::max(sum.all, 1e-6); };
  const double rest = sum.all - sum.energies - sum.training - sum.labels - sum.fits;
  return fmt::format(
      "processor time of all ranks {:.1f} s: energies {:.1f} %, training {:.1f} %, labels {:.1f} %, fits {:.1f} %, "
      "walkers and the rest {:.1f} %",
      sum.all, percent(sum.energies), percent(sum.training), percent(sum.labels), percent(sum.fits), percent(rest));
}
