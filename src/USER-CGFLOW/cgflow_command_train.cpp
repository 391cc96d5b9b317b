// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow_command_train.h"

#include "cgflow_child.h"
#include "cgflow_communicator.h"
#include "cgflow_errors.h"
#include "cgflow_log.h"

#include "domain.h"
#include "error.h"
#include "force.h"
#include "platform.h"
#include "update.h"

#include "cgflow/error.h"
#include "cgflow/learner.h"
#include "cgflow/trajectory.h"

using namespace LAMMPS_NS;

namespace {

/// The arguments of the command.
struct Options {
  bool by_energy = false;
  std::string model;
  double T = 0.0;
  int seed = 0;
  std::string from, atomistic, points;
  int epochs = 0;    // 0: as the YAML says
};

Options parse(LAMMPS *lmp, int narg, char **arg)
{
  Error *error = lmp->error;
  if (narg < 6) utils::missing_cmd_args(FLERR, "cgflow/train", error);
  Options options;
  const std::string kind = arg[0];
  if (kind != "example" && kind != "energy")
    error->all(FLERR, "Command cgflow/train: got {}, expected example or energy", kind);
  options.by_energy = kind == "energy";
  options.model = arg[1];
  for (int iarg = 2; iarg < narg; iarg += 2) {
    const std::string keyword = arg[iarg];
    if (iarg + 1 >= narg) utils::missing_cmd_args(FLERR, "cgflow/train " + keyword, error);
    const char *value = arg[iarg + 1];
    if (keyword == "temp") options.T = utils::numeric(FLERR, value, false, lmp);
    else if (keyword == "seed") options.seed = utils::inumeric(FLERR, value, false, lmp);
    else if (keyword == "from") options.from = value;
    else if (keyword == "atomistic") options.atomistic = value;
    else if (keyword == "points") options.points = value;
    else if (keyword == "epochs") {
      options.epochs = utils::inumeric(FLERR, value, false, lmp);
      if (options.epochs < 1) error->all(FLERR, "Command cgflow/train epochs: got {}, expected an integer > 0", value);
    } else
      error->all(FLERR, "Command cgflow/train: unknown keyword {}, expected temp, seed, from, atomistic, points or epochs",
                 keyword);
  }
  if (!(options.T > 0.0)) error->all(FLERR, "Command cgflow/train temp: got {}, expected a temperature > 0", options.T);
  if (options.seed <= 0) error->all(FLERR, "Command cgflow/train seed: got {}, expected an integer > 0", options.seed);
  if (options.by_energy && options.atomistic.empty())
    error->all(FLERR, "Command cgflow/train energy: keyword atomistic is missing, it names the script that defines the system");
  if (!options.by_energy && !options.points.empty())
    error->all(FLERR, "Command cgflow/train example: keyword points belongs to training by energy");
  return options;
}

bool ends_with(const std::string &text, const std::string &end)
{
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

cgflow::Model make_model(LAMMPS *lmp, const Options &options, const CGFlowChild *child)
{
  const bool exists = platform::file_is_readable(options.model);
  if (!exists && options.from.empty())
    throw cgflow::FileError("the model " + options.model +
                            " does not exist yet; keyword from is missing, it names a YAML file or a model to begin with");
  if (exists || !(ends_with(options.from, ".yaml") || ends_with(options.from, ".yml"))) {
    const std::string source = exists ? options.model : options.from;
    cgflow::Model model = cgflow::Model::read(source);
    if (model.info().T != options.T)
      throw cgflow::ModelError(fmt::format("{} was trained at T = {}, here temp is {}", source, model.info().T, options.T));
    if (model.info().units != lmp->update->unit_style)
      throw cgflow::ModelError(
          fmt::format("{} was trained in units {}, here they are {}", source, model.info().units, lmp->update->unit_style));
    return model;
  }
  const cgflow::Config config = cgflow::Config::read(options.from);
  cgflow::ModelInfo info;
  info.T = options.T;
  info.kT = lmp->force->boltz * options.T;
  info.units = lmp->update->unit_style;
  info.seed = options.seed;
  info.n_atoms = child ? child->n_atoms() : cgflow::read_dump(config.example.dump).n_atoms;
  info.dimension = child ? child->dimension() : lmp->domain->dimension;
  return {config, info};
}

void train_by_example(cgflow::Model &model, const Options &options, CGFlowCommunicator &comm, CGFlowLog &log)
{
  cgflow::ExampleConfig config = model.config().example;
  if (config.dump.empty()) throw cgflow::ConfigError("train: example: dump is missing in the model's YAML");
  if (options.epochs > 0) config.epochs = options.epochs;
  const cgflow::Trajectory data = cgflow::read_dump(config.dump);
  if (data.n_atoms != model.info().n_atoms)
    throw cgflow::FileError(fmt::format("{}: got {} atoms in a frame, the model was made for {}", config.dump, data.n_atoms,
                                        model.info().n_atoms));
  cgflow::Trainer trainer(model, nullptr, comm, log);
  const cgflow::ExampleSummary summary = trainer.train_by_example(data.x, config);
  if (model.counts.md == 0) model.counts.md = data.steps.back();
  log.line(fmt::format("cgflow/train: trained by example on {} frames, loss {:.4g} (test {:.4g} on {} frames)", summary.frames,
                       summary.loss, summary.test_loss, summary.test_frames));
}

cgflow::Model train_by_energy(cgflow::Model model, const Options &options, CGFlowChild &child, CGFlowCommunicator &comm,
                              CGFlowLog &log)
{
  std::vector<double> points;
  if (!options.points.empty()) {
    points = cgflow::read_points(options.points, model.space());
  } else {
    const cgflow::Trajectory data = cgflow::read_dump(model.config().example.dump);
    points = cgflow::Trainer(model, nullptr, comm, log).cg_of(data.x);
  }
  cgflow::Learner learner(std::move(model), &child, comm, log);
  learner.learn_points(points, options.epochs);
  return learner.release_model();
}

}    // namespace

void CGFlowCommandTrain::command(int narg, char **arg)
{
  const Options options = parse(lmp, narg, arg);
  CGFlowCommunicator comm(world);
  CGFlowLog log(lmp);
  cgflow_guarded(lmp, "cgflow/train", [&] {
    std::unique_ptr<CGFlowChild> child;
    if (!options.atomistic.empty()) child = std::make_unique<CGFlowChild>(lmp, options.atomistic, 64, true);
    cgflow::Model model = make_model(lmp, options, child.get());
    if (options.by_energy) model = train_by_energy(std::move(model), options, *child, comm, log);
    else train_by_example(model, options, comm, log);
    if (comm.rank() == 0) model.write(options.model);
    log.line(fmt::format("cgflow/train: wrote {}, {} energy evaluations so far", options.model, model.counts.total()));
  });
}
