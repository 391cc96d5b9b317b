// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow_command_backmap.h"

#include "cgflow_child.h"
#include "cgflow_cite.h"
#include "cgflow_child_checks.h"
#include "cgflow_child_instance.h"
#include "cgflow_child_molecule.h"
#include "cgflow_communicator.h"
#include "cgflow_errors.h"
#include "cgflow_log.h"
#include "cgflow_output_files.h"
#include "cgflow_structure_writer.h"
#include "cgflow_surface.h"

#include "atom.h"
#include "error.h"
#include "lammps.h"
#include "update.h"

#include "cgflow/error.h"
#include "cgflow/structure_report.h"
#include "cgflow/trajectory.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

using namespace LAMMPS_NS;

namespace {

struct Options {
  std::string model, points, atomistic;
  int n = 0, seed = 0;
  CGFlowStructureFile dump;
};

constexpr double kMaxStructures = 1e7;

// The dump style is all words between the dump's file name and the next keyword.
const std::set<std::string> kKeywords = {"seed", "points", "dump", "weights", "atomistic"};

Options parse(LAMMPS *lmp, int narg, char **arg)
{
  Error *error = lmp->error;
  if (narg < 2) utils::missing_cmd_args(FLERR, "cgflow/backmap MODEL n seed N points FILE dump FILE ...", error);
  Options options;
  options.model = arg[0];
  options.n = utils::inumeric(FLERR, arg[1], false, lmp);
  if (options.n < 1) error->all(FLERR, "Command cgflow/backmap: got {} structures, expected an integer > 0", arg[1]);
  for (int iarg = 2; iarg < narg; iarg += 2) {
    const std::string keyword = arg[iarg];
    if (!kKeywords.count(keyword))
      error->all(FLERR, "Command cgflow/backmap: unknown keyword {}, expected seed, points, dump, weights or atomistic",
                 keyword);
    if (iarg + 1 >= narg) utils::missing_cmd_args(FLERR, "cgflow/backmap " + keyword, error);
    const std::string value = arg[iarg + 1];
    if (keyword == "seed") {
      options.seed = utils::inumeric(FLERR, value, false, lmp);
      if (options.seed <= 0) error->all(FLERR, "Command cgflow/backmap seed: got {}, expected an integer > 0", value);
    } else if (keyword == "points") {
      options.points = value;
    } else if (keyword == "weights") {
      options.dump.weights = utils::logical(FLERR, value, false, lmp) == 1;
    } else if (keyword == "atomistic") {
      options.atomistic = value;
    } else {
      options.dump.path = value;
      while (iarg + 2 < narg && !kKeywords.count(arg[iarg + 2])) {
        options.dump.style.push_back(arg[iarg + 2]);
        ++iarg;
      }
    }
  }
  for (const auto &[keyword, missing] : {std::pair{"seed", options.seed == 0}, std::pair{"points", options.points.empty()},
                                         std::pair{"dump", options.dump.path.empty()}})
    if (missing) error->all(FLERR, "Command cgflow/backmap: keyword {} is missing", keyword);
  if (options.dump.weights && options.atomistic.empty())
    error->all(FLERR, "Command cgflow/backmap: weights yes needs keyword atomistic, energies come from its script");
  return options;
}

void check_pmf(const cgflow::Model &model, const Options &options)
{
  if (options.points == "pmf" && !model.has_pmf())
    throw cgflow::ModelError(options.model +
                             " holds no PMF yet, train it by energy first (cgflow/train energy), or give points");
}

// All structures are in memory until the dump is written.
void check_number(int n, std::size_t points)
{
  const double total = static_cast<double>(n) * static_cast<double>(points);
  if (total > kMaxStructures)
    throw cgflow::ModelError(fmt::format("got {:.0f} structures in all ({} for each of {} points), expected at most {:.0f}",
                                         total, n, points, kMaxStructures));
}

cgflow::Structures draw(LAMMPS *lmp, const cgflow::Model &model, const Options &options, CGFlowCommunicator &comm,
                        CGFlowLog &log)
{
  // Destroyed at the end of this function: a process holds one child at a time, and another one writes the dump.
  std::unique_ptr<CGFlowChild> child;
  if (options.dump.weights) {
    child = std::make_unique<CGFlowChild>(lmp, options.atomistic, 64, !cgflow::is_molecular(model.config()));
    cgflow_require_same_molecule(model, options.model, child->molecule(), options.atomistic);
    cgflow_require_same_energies(model, *child, options.model, options.atomistic,
                                 "weights need the energies of the force field that the model has learned", log, true);
  }
  check_number(options.n, 1);
  if (options.points == "pmf") return cgflow::backmap_pmf(model, options.n, options.seed, child.get(), comm);
  const std::vector<double> points = cgflow::read_points(options.points, model.space());
  check_number(options.n, points.size() / model.space().n_cv());
  return cgflow::backmap_points(model, points, options.n, options.seed, child.get(), comm);
}

/// Reports on the geometry of the molecules, and removes structures that the flow drew outside the domain of the coordinates.
void report_molecules(const cgflow::Model &model, const Options &options, cgflow::Structures &structures, CGFlowLog &log)
{
  const cgflow::Molecule &molecule = model.info().molecule;
  const auto undefined = drop_undefined(structures, model.space().n_cv(), molecule.n_atoms());
  if (structures.point.empty())
    throw cgflow::ModelError(options.model + ": no drawn structure lies in the domain of the coordinates, train it first");
  if (undefined > 0)
    log.line(
        fmt::format("{} structures outside the domain of the coordinates are not written; their weight is zero", undefined));
  const cgflow::StructureReport report = cgflow::report_structures(molecule, structures.x);
  std::string centers;
  for (std::size_t i = 0; i < report.stereo_centres.size(); ++i)
    centers += fmt::format("{}{}{}", i ? ", " : "", report.stereo_centres[i] + 1,
                           report.hands[i] == '?' ? "" : fmt::format(" ({})", report.hands[i]));
  if (!centers.empty())
    log.line(fmt::format("chirality: {:.2f} % as in the model's own structure, stereo centers at atoms {}",
                         100.0 * report.same_hand, centers));
  if (report.peptide_bonds > 0)
    log.line(fmt::format("omega: {:.2f} % with all of {} peptide bonds trans", 100.0 * report.trans, report.peptide_bonds));
}

}    // namespace

void CGFlowCommandBackmap::command(int narg, char **arg)
{
  const Options options = parse(lmp, narg, arg);
  cgflow_cite(lmp);
  CGFlowCommunicator comm(world);
  CGFlowLog log(lmp, "cgflow/backmap");
  std::optional<CGFlowOutputFiles> files;
  cgflow_guarded(lmp, "cgflow/backmap", [&] {
    if (comm.rank() != 0) return;
    CGFlowOutputFiles::Names names{{options.dump.path}, {options.model, options.points, options.atomistic}};
    if (options.dump.weights) names.outputs.push_back(options.dump.path + ".weights");
    files.emplace(cgflow_outputs_of_command(names, log));
  });
  cgflow_guarded(lmp, "cgflow/backmap", [&] {
    const cgflow::Model model = CGFlow::read_model(lmp, CGFlow::model_path(options.model));
    check_pmf(model, options);
    cgflow::Structures structures = draw(lmp, model, options, comm, log);
    const auto drawn = structures.point.size();
    const auto rejected =
        std::count_if(structures.ln_w.begin(), structures.ln_w.end(), [](double w) { return !std::isfinite(w); });
    if (cgflow::is_molecular(model.config())) report_molecules(model, options, structures, log);
    std::unique_ptr<CGFlowChildInstance> instance;
    if (!options.atomistic.empty()) {
      instance = std::make_unique<CGFlowChildInstance>(options.atomistic, cgflow_child_variables(lmp, options.atomistic));
      const bool absolute = !cgflow::is_molecular(model.config());
      instance->guarded([&] { cgflow_check_child_system(instance->lammps(), lmp->update->unit_style, absolute); });
      cgflow_require_same_molecule(model, options.model, cgflow_child_molecule(instance->lammps(), absolute),
                                   options.atomistic);
    }
    if (comm.rank() == 0) cgflow_write_structures(lmp, instance.get(), structures, model, options.dump);
    log.line(fmt::format("wrote {} structures to {}", structures.point.size(), options.dump.path));
    if (!options.dump.weights) return;
    log.line(fmt::format("{} energy evaluations, {} rejected, ESS share {:.3f}", drawn, rejected, structures.ess_share));
  });
}
