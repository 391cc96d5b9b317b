// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow_command_pmf.h"

#include "cgflow_errors.h"
#include "cgflow_log.h"

#include "comm.h"
#include "error.h"

#include "cgflow/atomic_file.h"
#include "cgflow/error.h"
#include "cgflow/model.h"

using namespace LAMMPS_NS;

namespace {

std::string labels_text(const cgflow::Model &model)
{
  const double kT = model.info().kT;
  std::string text = "# label points: ";
  for (const auto &variable : model.space().variables()) text += variable.name + " ";
  text += "F error n ess_share (energies in units of " + model.info().units + ")\n";
  double lowest = 0.0;
  bool first = true;
  for (const auto &label : model.labels()) {
    if (first || label.f() < lowest) lowest = label.f();
    first = false;
  }
  for (const auto &label : model.labels()) {
    for (double s : label.s) text += fmt::format("{:.10g} ", s);
    text += fmt::format("{:.10g} {:.6g} {} {:.4g}\n", (label.f() - lowest) * kT, label.error() * kT, label.n, label.ess_share);
  }
  return text;
}

}    // namespace

void CGFlowCommandPmf::command(int narg, char **arg)
{
  if (narg < 2) utils::missing_cmd_args(FLERR, "cgflow/pmf", error);
  const std::string path = arg[0];
  std::unique_ptr<cgflow::Model> model;
  cgflow_guarded(lmp, "cgflow/pmf", [&] { model = std::make_unique<cgflow::Model>(cgflow::Model::read(path)); });
  const int d = model->space().n_cv();

  std::vector<cgflow::PmfAxis> axes;
  std::string out, labels;
  int iarg = 1;
  while (iarg < narg) {
    const std::string keyword = arg[iarg];
    if (keyword == "grid") {
      if (iarg + 3 * d >= narg)
        error->all(FLERR, "Command cgflow/pmf grid: expected n lo hi for each of the {} CG variables of {}", d, path);
      for (int k = 0; k < d; ++k) {
        cgflow::PmfAxis axis;
        axis.points = utils::inumeric(FLERR, arg[iarg + 1 + 3 * k], false, lmp);
        axis.lo = utils::numeric(FLERR, arg[iarg + 2 + 3 * k], false, lmp);
        axis.hi = utils::numeric(FLERR, arg[iarg + 3 + 3 * k], false, lmp);
        if (axis.points < 2 || !(axis.lo < axis.hi))
          error->all(FLERR, "Command cgflow/pmf grid: got {} {} {}, expected at least 2 points and lo < hi", axis.points, axis.lo,
                     axis.hi);
        axes.push_back(axis);
      }
      iarg += 1 + 3 * d;
    } else if (keyword == "file" || keyword == "labels") {
      if (iarg + 1 >= narg) utils::missing_cmd_args(FLERR, "cgflow/pmf " + keyword, error);
      (keyword == "file" ? out : labels) = arg[iarg + 1];
      iarg += 2;
    } else {
      error->all(FLERR, "Command cgflow/pmf: unknown keyword {}, expected grid, file or labels", keyword);
    }
  }
  if (axes.empty()) error->all(FLERR, "Command cgflow/pmf: keyword grid is missing");
  if (out.empty()) error->all(FLERR, "Command cgflow/pmf: keyword file is missing");

  cgflow_guarded(lmp, "cgflow/pmf", [&] {
    if (comm->me != 0) return;
    cgflow::write_pmf_on_grid(out, *model->ensemble_surface(), model->header(), axes);
    if (!labels.empty()) cgflow::write_file(labels, labels_text(*model));
  });
  CGFlowLog(lmp).line(fmt::format("cgflow/pmf: wrote {}{}", out, labels.empty() ? "" : " and " + labels));
}
