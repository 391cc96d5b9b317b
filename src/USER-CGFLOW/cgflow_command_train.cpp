// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow_command_train.h"

#include "cgflow_child.h"
#include "cgflow_child_molecule.h"
#include "cgflow_cite.h"
#include "cgflow_communicator.h"
#include "cgflow_errors.h"
#include "cgflow_log.h"
#include "cgflow_output_files.h"
#include "cgflow_surface.h"

#include "domain.h"
#include "error.h"
#include "force.h"
#include "lammps.h"
#include "update.h"

#include "cgflow/archive.h"
#include "cgflow/error.h"
#include "cgflow/learner.h"
#include "cgflow/trajectory.h"

#include <cmath>
#include <optional>
#include <set>
#include <unistd.h>

using namespace LAMMPS_NS;

namespace {

/// The arguments of the command.
struct Options {
  bool by_energy = false;
  std::string model;
  double T = 0.0;
  int seed = 0;
  std::string from, atomistic, points;
  int epochs = 0;    // 0: the number in the YAML file
};

const std::set<std::string> kKeywords = {"temp", "seed", "from", "atomistic", "points", "epochs"};

Options parse(LAMMPS *lmp, int narg, char **arg)
{
  Error *error = lmp->error;
  if (narg < 2) utils::missing_cmd_args(FLERR, "cgflow/train style MODEL temp T seed N ...", error);
  Options options;
  const std::string kind = arg[0];
  if (kind != "example" && kind != "energy")
    error->all(FLERR, "Command cgflow/train: got {}, expected example or energy", kind);
  options.by_energy = kind == "energy";
  options.model = arg[1];
  std::set<std::string> got;
  for (int iarg = 2; iarg < narg; iarg += 2) {
    const std::string keyword = arg[iarg];
    if (!kKeywords.count(keyword))
      error->all(FLERR, "Command cgflow/train: unknown keyword {}, expected temp, seed, from, atomistic, points or epochs",
                 keyword);
    if (iarg + 1 >= narg) utils::missing_cmd_args(FLERR, "cgflow/train " + keyword, error);
    const char *value = arg[iarg + 1];
    got.insert(keyword);
    if (keyword == "temp")
      options.T = utils::numeric(FLERR, value, false, lmp);
    else if (keyword == "seed")
      options.seed = utils::inumeric(FLERR, value, false, lmp);
    else if (keyword == "from")
      options.from = value;
    else if (keyword == "atomistic")
      options.atomistic = value;
    else if (keyword == "points")
      options.points = value;
    else {
      options.epochs = utils::inumeric(FLERR, value, false, lmp);
      if (options.epochs < 1) error->all(FLERR, "Command cgflow/train epochs: got {}, expected an integer > 0", value);
    }
  }
  for (const std::string keyword : {"temp", "seed"})
    if (!got.count(keyword)) error->all(FLERR, "Command cgflow/train: keyword {} is missing", keyword);
  if (!(options.T > 0.0) || !std::isfinite(options.T))
    error->all(FLERR, "Command cgflow/train temp: got {}, expected a temperature > 0", options.T);
  if (options.seed <= 0) error->all(FLERR, "Command cgflow/train seed: got {}, expected an integer > 0", options.seed);
  if (options.by_energy && options.atomistic.empty())
    error->all(FLERR,
               "Command cgflow/train energy: keyword atomistic is missing, it names the script that defines the system");
  if (!options.by_energy && !options.points.empty())
    error->all(FLERR, "Command cgflow/train example: keyword points belongs to training by energy");
  return options;
}

cgflow::ConfigError no_example_data()
{
  return cgflow::ConfigError("train: example: dump is missing in the model's YAML, it names the dump of an all-atom run");
}

cgflow::Model read_model(LAMMPS *lmp, const Options &options, const std::string &source)
{
  cgflow::Model model = CGFlow::read_model(lmp, source);
  const cgflow::ModelInfo &info = model.info();
  if (info.T != options.T)
    throw cgflow::ModelError(fmt::format("{} was trained at T = {}, here temp is {}", source, info.T, options.T));
  if (info.seed != static_cast<std::uint64_t>(options.seed))
    throw cgflow::ModelError(fmt::format("{} was made with the seed {}, here seed is {}; a model keeps its seed", source,
                                         info.seed, options.seed));
  return model;
}

/// The model that the training continues: one that exists, or a new one of a config.
struct Beginning {
  std::optional<cgflow::Model> model;
  cgflow::Config config;
};

Beginning find_beginning(LAMMPS *lmp, const Options &options)
{
  const bool exists = ::access(options.model.c_str(), F_OK) == 0;
  if (!exists && options.from.empty())
    throw cgflow::FileError("the model " + options.model +
                            " does not exist yet; keyword from is missing, it names a YAML file or a model to begin with");
  const bool yaml = CGFlow::kind_of_file(options.from) == CGFlow::FileKind::yaml;
  Beginning begin;
  if (exists) {
    begin.model = read_model(lmp, options, options.model);
    // The sections train, explore and budget may change from one training to the next; those that define the model may not.
    if (yaml) begin.model->continue_as(cgflow::Config::read(options.from), begin.model->info());
  } else if (!yaml) {
    begin.model = read_model(lmp, options, CGFlow::model_path(options.from));
  } else {
    begin.config = cgflow::Config::read(options.from);
    return begin;
  }
  begin.config = begin.model->config();
  return begin;
}

cgflow::Model new_model(LAMMPS *lmp, const Options &options, const cgflow::Config &config, const CGFlowChild *child)
{
  if (!child && config.example.dump.empty() && !cgflow::is_molecular(config)) throw no_example_data();
  if (!child && cgflow::is_molecular(config))
    throw cgflow::ConfigError(options.from + ": a new model with the " + config.cg[0].kind() + " '" + config.cg[0].name +
                              "' needs keyword atomistic: the script knows the molecule's masses and bonds");
  cgflow::ModelInfo info;
  info.T = options.T;
  info.kT = lmp->force->boltz * options.T;
  info.units = lmp->update->unit_style;
  info.seed = options.seed;
  if (child) {
    info.molecule = child->molecule();
    info.probes = child->probes();
  } else
    info.molecule.mass.assign(cgflow::read_dump(config.example.dump).n_atoms, 0.0);
  info.dimension = child ? child->dimension() : lmp->domain->dimension;
  return {config, info};
}

/// The force field must be that of the model's energies. A model that was made without energies gets the probes of this one.
void require_same_energies(cgflow::Model &model, bool fresh, const Options &options, CGFlowChild &child,
                           CGFlowCommunicator &comm, CGFlowLog &log)
{
  if (fresh) return;
  const bool exists = ::access(options.model.c_str(), F_OK) == 0;
  const std::string file = exists ? options.model : options.from;
  if (model.info().probes.empty()) {
    // No label, no energy.
    if (!model.labels().empty()) cgflow_require_same_energies(model, child, file, options.atomistic, "", log);
    model.set_probes(child.probes());
    return;
  }
  cgflow_require_same_energies(model, child, file, options.atomistic, "a model keeps its force field", log);
  model.counts.test += static_cast<std::int64_t>(model.info().probes.energies.size()) * comm.size();
}

cgflow::Trajectory read_example(const cgflow::Model &model)
{
  const std::string &dump = model.config().example.dump;
  if (dump.empty()) throw no_example_data();
  return cgflow::read_dump(dump, model.info().molecule);
}

/// Begins a new model of a molecule that has no dump from the molecule's own structure. Returns its CG point.
std::vector<double> start_from_structure(cgflow::Model &model, CGFlowChild &child, CGFlowCommunicator &comm, CGFlowLog &log)
{
  const std::vector<double> s = cgflow::Trainer(model, &child, comm, log).start_from_structure();
  std::string at;
  for (const double value : s) at += fmt::format(" {:.4g}", value);
  log.line(fmt::format("starts from the structure at{}, {} energy evaluations for it", at, model.counts.example));
  return s;
}

void train_by_example(cgflow::Model &model, const Options &options, CGFlowCommunicator &comm, CGFlowLog &log)
{
  cgflow::ExampleConfig config = model.config().example;
  if (options.epochs > 0) config.epochs = options.epochs;
  const cgflow::Trajectory data = read_example(model);
  cgflow::Trainer trainer(model, nullptr, comm, log);
  const cgflow::ExampleSummary summary = trainer.train_by_example(data.x, config);
  if (model.counts.md == 0) model.counts.md = data.steps.back();
  log.line(fmt::format("trained by example on {} frames, loss {:.4g} (test {:.4g} on {} frames)", summary.frames,
                       summary.loss, summary.test_loss, summary.test_frames));
}

/// The training points where no points file is given: around `start`, or at the example data.
cgflow::Model train_by_energy(cgflow::Model model, const Options &options, const std::vector<double> &start,
                              CGFlowChild &child, CGFlowCommunicator &comm, CGFlowLog &log)
{
  std::vector<double> points = start;
  if (!options.points.empty())
    points = cgflow::read_points(options.points, model.space());
  else if (start.empty())
    points = cgflow::Trainer(model, nullptr, comm, log).cg_of(read_example(model).x);
  const int iteration = model.iteration;
  model.status = cgflow::LearningStatus::running;
  cgflow::Learner learner(std::move(model), &child, comm, log);
  learner.learn_points(points, options.epochs);
  model = learner.release_model();
  if (model.iteration == iteration)
    throw cgflow::ModelError(
        fmt::format("the budget of {} energy evaluations does not hold another training, {} are spent; a "
                    "YAML file after from may set another budget",
                    model.config().budget, model.counts.total()));
  return model;
}

}    // namespace

void CGFlowCommandTrain::command(int narg, char **arg)
{
  const Options options = parse(lmp, narg, arg);
  cgflow_cite(lmp);
  CGFlowCommunicator comm(world);
  CGFlowLog log(lmp, "cgflow/train");
  std::optional<CGFlowOutputFiles> files;
  cgflow_guarded(lmp, "cgflow/train", [&] {
    if (comm.rank() != 0) return;
    // A model may be trained in its own file.
    const bool yaml = CGFlow::kind_of_file(options.from) == CGFlow::FileKind::yaml;
    files.emplace(
        cgflow_outputs_of_command({{options.model}, {yaml ? options.from : "", options.atomistic, options.points}}, log));
  });
  cgflow_guarded(lmp, "cgflow/train", [&] {
    Beginning begin = find_beginning(lmp, options);
    std::unique_ptr<CGFlowChild> child;
    if (!options.atomistic.empty())
      child = std::make_unique<CGFlowChild>(lmp, options.atomistic, 64, !cgflow::is_molecular(begin.config));
    const bool fresh = !begin.model;
    cgflow::Model model = begin.model ? std::move(*begin.model) : new_model(lmp, options, begin.config, child.get());
    if (child) cgflow_require_same_molecule(model, "", child->molecule(), options.atomistic);
    if (child) require_same_energies(model, fresh, options, *child, comm, log);
    if (child) model.counts.test += cgflow_check_evaluations(*child, comm);
    std::vector<double> start;
    if (fresh && cgflow::is_molecular(model.config()) && model.config().example.dump.empty())
      start = start_from_structure(model, *child, comm, log);
    if (options.by_energy)
      model = train_by_energy(std::move(model), options, start, *child, comm, log);
    else if (start.empty())
      train_by_example(model, options, comm, log);
    if (comm.rank() == 0) model.write(options.model);
    log.line(fmt::format("wrote {}, {} energy evaluations so far", options.model, model.counts.total()));
  });
}
