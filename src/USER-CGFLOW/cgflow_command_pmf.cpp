// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow_command_pmf.h"

#include "cgflow_errors.h"
#include "cgflow_log.h"
#include "cgflow_output_files.h"
#include "cgflow_surface.h"

#include "comm.h"
#include "error.h"
#include "update.h"

#include "cgflow/atomic_file.h"
#include "cgflow/error.h"
#include "cgflow/model.h"
#include "cgflow/pmf_file.h"

#include <cmath>

using namespace LAMMPS_NS;

namespace {

// A table with so many points takes a gigabyte.
constexpr double kMaxPoints = 1e7;

std::string labels_text(const cgflow::Model &model)
{
  const double kT = model.info().kT;
  std::string text = "# label points: ";
  for (const auto &variable : model.space().variables()) text += variable.name + " ";
  const std::string &units = model.info().units;
  text += cgflow::energy_title("F", units) + " " + cgflow::energy_title("error", units) + " n ess_share\n";
  double lowest = 0.0;
  bool first = true;
  for (const auto &label : model.labels()) {
    if (first || label.f() < lowest) lowest = label.f();
    first = false;
  }
  for (const auto &label : model.labels()) {
    for (double s : label.s) text += fmt::format("{:.10g} ", s);
    text +=
        fmt::format("{:.10g} {:.6g} {} {:.4g}\n", (label.f() - lowest) * kT, label.error() * kT, label.n, label.ess_share);
  }
  return text;
}

struct Options {
  std::string model, file, labels;
  std::vector<std::string> grid;    // words: n lo hi for each CG variable
};

bool is_keyword(const std::string &word) { return word == "grid" || word == "file" || word == "labels"; }

Options parse(LAMMPS *lmp, int narg, char **arg)
{
  Error *error = lmp->error;
  if (narg < 2) utils::missing_cmd_args(FLERR, "cgflow/pmf MODEL grid n lo hi ... file FILE", error);
  Options options;
  options.model = arg[0];
  for (int iarg = 1; iarg < narg; iarg += 2) {
    const std::string keyword = arg[iarg];
    if (!is_keyword(keyword))
      error->all(FLERR, "Command cgflow/pmf: unknown keyword {}, expected grid, file or labels", keyword);
    if (iarg + 1 >= narg) utils::missing_cmd_args(FLERR, "cgflow/pmf " + keyword, error);
    if (keyword == "file") options.file = arg[iarg + 1];
    if (keyword == "labels") options.labels = arg[iarg + 1];
    if (keyword != "grid") continue;
    // Their number is known only when the model has been read. A word after whole triples is a keyword, right or wrong.
    const auto ends = [&](const char *word) {
      return is_keyword(word) || (!utils::is_double(word) && !options.grid.empty() && options.grid.size() % 3 == 0);
    };
    while (iarg + 1 < narg && !ends(arg[iarg + 1])) options.grid.emplace_back(arg[++iarg]);
    --iarg;
  }
  if (options.grid.empty()) error->all(FLERR, "Command cgflow/pmf: keyword grid is missing, or no number follows it");
  if (options.file.empty()) error->all(FLERR, "Command cgflow/pmf: keyword file is missing");
  return options;
}

std::vector<cgflow::PmfAxis> axes_of(LAMMPS *lmp, const Options &options, const cgflow::CgSpace &space)
{
  Error *error = lmp->error;
  if (static_cast<int>(options.grid.size()) != 3 * space.n_cv())
    error->all(FLERR, "Command cgflow/pmf grid: got {} numbers, expected n lo hi for each of the {} CG variables of {}",
               options.grid.size(), space.n_cv(), options.model);
  std::vector<cgflow::PmfAxis> axes;
  double total = 1.0;
  for (int k = 0; k < space.n_cv(); ++k) {
    cgflow::PmfAxis axis;
    axis.points = utils::inumeric(FLERR, options.grid[3 * k], false, lmp);
    axis.lo = utils::numeric(FLERR, options.grid[3 * k + 1], false, lmp);
    axis.hi = utils::numeric(FLERR, options.grid[3 * k + 2], false, lmp);
    if (axis.points < 2 || !std::isfinite(axis.lo) || !std::isfinite(axis.hi) || !(axis.lo < axis.hi))
      error->all(FLERR, "Command cgflow/pmf grid: got {} {} {} for {}, expected at least 2 points and lo < hi",
                 options.grid[3 * k], options.grid[3 * k + 1], options.grid[3 * k + 2], space[k].name);
    total *= axis.points;
    axes.push_back(axis);
  }
  if (total > kMaxPoints)
    error->all(FLERR, "Command cgflow/pmf grid: got {:.0f} points in all, expected at most {:.0f}", total, kMaxPoints);
  return axes;
}

}    // namespace

void CGFlowCommandPmf::command(int narg, char **arg)
{
  const Options options = parse(lmp, narg, arg);
  std::unique_ptr<cgflow::Model> model;
  std::shared_ptr<const cgflow::PmfSurface> pmf;
  cgflow_guarded(lmp, "cgflow/pmf", [&] {
    model = std::make_unique<cgflow::Model>(CGFlow::read_model(lmp, CGFlow::model_path(options.model)));
    if (!model->has_pmf())
      throw cgflow::ModelError(options.model + " holds no PMF yet, train it by energy first (cgflow/train energy)");
    pmf = model->ensemble_surface();
  });
  const std::vector<cgflow::PmfAxis> axes = axes_of(lmp, options, model->space());
  cgflow_guarded(lmp, "cgflow/pmf", [&] {
    if (comm->me != 0) return;
    CGFlowOutputFiles::Names names{{options.file}, {options.model}};
    if (!options.labels.empty()) names.outputs.push_back(options.labels);
    // Not claimed: a fix cgflow/al of the same script may have claimed the PMF.
    const CGFlowOutputFiles files(names, {}, "", "");
    cgflow_check_writable(names.outputs);
    cgflow::write_pmf_on_grid(options.file, *pmf, model->header(), axes);
    if (!options.labels.empty()) cgflow::write_file(options.labels, labels_text(*model));
  });
  CGFlowLog(lmp, "cgflow/pmf")
      .line(fmt::format("wrote {}{}", options.file, options.labels.empty() ? "" : " and " + options.labels));
}
