// SPDX-License-Identifier: GPL-2.0-only
// Samples per second of whole training steps by energy through the child LAMMPS, as fix cgflow/al takes them: drawing, coordinates,
// energies, path gradient, sum over ranks, clip, Adam. Two CG variables: phi and psi of the alanine dipeptide of the examples.
//   [mpiexec -n R] training_step in.SYSTEM [--flow default|paper] [--batch N per rank] [--seconds S] [--clock processor|wall]
//     [--parts yes|no] [--json FILE --row ROW]
// Runs in the script's folder, with OMP_NUM_THREADS=1. Numbers of ranks are compared by wall time, which includes the time in which
// ranks wait for each other. --parts yes shows how the time of a step of the default flow is divided.
#include "cgflow_child.h"
#include "cgflow_communicator.h"
#include "cgflow_torch_blas.h"

#include "bare_products.h"
#include "flow/flow_pass.h"
#include "measure.h"
#include "model/model_parts.h"
#include "training/energy_batch.h"

#include "base/adam.h"
#include "cgflow/trainer.h"

#include "input.h"
#include "lammps.h"

#include <mpi.h>
#include <random>

using namespace LAMMPS_NS;
using namespace cgflow;

namespace {

constexpr double kT = 0.0019872067 * 300.0;    // kcal/mol
constexpr std::int64_t kSamples = 2048;        // of one training on each rank, as in an iteration of learning
constexpr std::int64_t kFewestSteps = 8;       // of one training, with a large batch
constexpr double kSpread = 40.0;               // degrees around the structure
// Passes of the networks' products in a path-gradient step: drawing, the derivative of ln q to the sample at held weights, then backward
// for inputs and weights.
constexpr int kPathPasses = 4;

Config config_of(const std::string &flow)
{
  if (flow != "default" && flow != "paper")
    throw std::runtime_error("--flow: got '" + flow + "', expected default or paper");
  const std::string text = "cg:\n  - {name: phi, dihedral: [5, 7, 9, 15]}\n  - {name: psi, dihedral: [7, 9, 15, 17]}\n";
  return Config::parse(flow == "paper" ? text + "paper: true\ntrain: {example: {dump: none}}\n" : text, "training_step");
}

ModelInfo info_of(const CGFlowChild &child)
{
  ModelInfo info;
  info.kT = kT;
  info.T = 300.0;
  info.units = "real";
  info.molecule = child.molecule();
  info.dimension = child.dimension();
  info.seed = 1;
  return info;
}

// CG points around the structure, the same on all ranks.
std::vector<double> points_around(const std::vector<double> &s, std::int64_t n)
{
  std::mt19937 random(3);
  std::uniform_real_distribution<double> shift(-kSpread, kSpread);
  std::vector<double> points;
  for (std::int64_t i = 0; i < n; ++i)
    for (const double center : s) points.push_back(std::remainder(center + shift(random), 360.0));
  return points;
}

/// One model in training with the objects that measure its parts.
struct Subject {
  Subject(CGFlowChild &child_, Communicator &comm_, const std::string &flow, std::int64_t a_rank)
      : child(child_), comm(comm_), batch(a_rank * comm_.size()), steps(std::max(kFewestSteps, kSamples / a_rank)),
        model(config_of(flow), info_of(child_)), trainer(model, &child_, comm_, log), pass(*model.parts().flow),
        adam(model.parts().flow->all(), model.parts().flow->computed())
  {
    const std::vector<double> start = trainer.start_from_structure();
    points = points_around(start, batch * steps);
    schedule = model.config().energy;
    schedule.batch = static_cast<int>(batch);
    schedule.latent = 1;
    schedule.test = 0.0;
    labels.from = "frozen";
    gradient = at::empty_like(model.parts().flow->computed());
  }

  /// The library's own training, `steps` steps of it.
  void train() { trainer.train_by_energy(points, schedule, 1, labels); }

  CGFlowChild &child;
  Communicator &comm;
  std::int64_t batch, steps;
  SilentLog log;
  Model model;
  Trainer trainer;
  FlowPass pass;
  Adam adam;
  EnergyConfig schedule;
  LabelConfig labels;
  std::vector<double> points;
  Tensor gradient;
};

double wall_seconds() { return MPI_Wtime(); }

/// Samples per second, the median over trainings that all ranks begin together.
double rate(Subject &a, double seconds, const std::string &which)
{
  if (which != "wall" && which != "processor")
    throw std::runtime_error("--clock: got '" + which + "', expected processor or wall");
  double (*const clock)() = which == "wall" ? wall_seconds : processor_seconds;
  std::vector<double> times;
  double spent = 0.0;
  for (int round = -1; round < 5 || spent < seconds; ++round) {
    MPI_Barrier(MPI_COMM_WORLD);
    const double begin = clock();
    a.train();
    double took = clock() - begin;
    a.comm.max(&took, 1);
    if (round < 0) continue;    // the first one allocates memory
    times.push_back(took);
    spent += took;
  }
  return static_cast<double>(a.batch * a.steps) / bench::median(times);
}

/// Seconds of the parts of one step, which makes the same calls as the library's step.
struct Parts {
  std::vector<double> flow, coordinates, energies, optimizer;
};

void step_by_parts(Subject &a, std::int64_t number, Parts &parts)
{
  ConditionalFlow &flow = *a.model.parts().flow;
  const CoordinateMap &map = *a.model.parts().map;
  double flow_time = 0.0, map_time = 0.0, last = processor_seconds();
  const auto lap = [&] {
    const double before = last;
    last = processor_seconds();
    return last - before;
  };
  const Tensor s = at::from_blob(a.points.data(), {a.batch, 2}, at::TensorOptions(at::kDouble)).t().contiguous();
  auto sample = a.pass.sample(flow.draw_latent(1, Stream::latent, number * a.batch, a.batch, 0), s);
  flow_time += lap();
  const auto x = map.to_cartesian(s, sample.fine());
  map_time += lap();
  const EnergyBatch energy = evaluate_energies(a.child, x.x, kT);
  parts.energies.push_back(lap());
  const CompressedEnergy compressed = compress_energies(energy.u, energy.u.min().item<double>(), a.schedule.cap);
  const Tensor force = energy.gradient * compressed.factor.view({-1, 1, 1});
  const auto back = map.pull_back(s, sample.fine(), force, at::ones({a.batch}, at::kDouble));
  map_time += lap();
  const Tensor g = (back.by_x.fine - back.by_log_det.fine + sample.score()).nan_to_num(0.0, 0.0, 0.0);
  sample.pull_back(g, at::zeros({a.batch}, at::kDouble), a.gradient);
  flow_time += lap();
  const double clip = std::min(1.0, 1.0 / a.gradient.norm().item<double>());
  a.adam.step(a.gradient, 1e-9, clip / static_cast<double>(a.batch));    // a rate that leaves the model unchanged
  flow.computed_is_current();
  parts.optimizer.push_back(lap());
  parts.flow.push_back(flow_time);
  parts.coordinates.push_back(map_time);
}

// Percentages of the library's own step. The rest is bookkeeping: indices, latent numbers, weights, losses.
void report_parts(bench::Rows &rows, const std::string &row, Subject &a, double samples_a_second)
{
  const bool single = a.model.config().flow.precision == "float32";
  bench::BareProducts products(a.model.parts().flow->parameters(), a.batch, single ? at::kFloat : at::kDouble);
  Parts parts;
  std::vector<double> bare;
  for (int i = -1; i < 20; ++i) {
    if (i == 0) parts = {}, bare.clear();
    step_by_parts(a, i + 1, parts);
    const double begin = processor_seconds();
    products(kPathPasses);
    bare.push_back(processor_seconds() - begin);
  }
  const double step = static_cast<double>(a.batch) / samples_a_second, of_products = bench::median(bare);
  const double flow = bench::median(parts.flow), coordinates = bench::median(parts.coordinates);
  const double energies = bench::median(parts.energies), optimizer = bench::median(parts.optimizer);
  const std::pair<const char *, double> shares[] = {
      {"products", of_products}, {"flow", flow - of_products}, {"coordinates", coordinates},
      {"energies", energies},    {"optimiser", optimizer},     {"rest", step - flow - coordinates - energies - optimizer}};
  std::printf(" ");
  for (const auto &[name, time] : shares) {
    rows.set(row, std::string("percent_") + name, 100 * time / step);
    std::printf(" %s %.1f %%", name, 100 * time / step);
  }
  std::printf("\n");
}

void measure(LAMMPS &parent, const bench::Options &options)
{
  CGFlowCommunicator comm(MPI_COMM_WORLD);
  CGFlowChild child(&parent, options.words[0]);
  const std::string flow = options.text("flow"), row = options.text("row");
  const bool parts = options.text("parts") == "yes";
  if (parts && (flow != "default" || comm.size() > 1))
    throw std::runtime_error("--parts yes: got the " + flow + " flow on " + std::to_string(comm.size()) +
                             " ranks, expected the default flow, which takes path gradients, on one");
  Subject a(child, comm, flow, static_cast<std::int64_t>(options.number("batch")));
  const double samples = rate(a, options.number("seconds"), options.text("clock"));
  if (comm.rank() != 0) return;
  bench::Rows rows;
  rows.set(row, "ours", samples);
  rows.set(row, "batch", static_cast<double>(a.batch));
  std::printf("%s flow, %d ranks, batch %lld: %.0f samples/s\n", flow.c_str(), comm.size(), static_cast<long long>(a.batch),
              samples);
  if (parts) report_parts(rows, row, a, samples);
  rows.write(options.text("json"));
}

}    // namespace

int main(int argc, char **argv)
{
  MPI_Init(&argc, &argv);
  const int code = bench::run("training_step", [&] {
    const bench::Options options(argc, argv,
                                 {{"flow", "default"},
                                  {"batch", "256"},
                                  {"seconds", "6"},
                                  {"clock", "processor"},
                                  {"parts", "no"},
                                  {"json", ""},
                                  {"row", "default_iteration"}});
    if (options.words.size() != 1) throw std::runtime_error("expected one word, the script of the all-atom system");
    at::set_num_threads(1);
    cgflow_bind_torch_blas();
    LAMMPS::argv args{"parent", "-nocite", "-echo", "none", "-log", "none", "-screen", "none"};
    LAMMPS parent(args, MPI_COMM_WORLD);
    parent.input->one("units real");
    measure(parent, options);
  });
  // Otherwise ranks that wait for this one would wait forever.
  int ranks = 1;
  MPI_Comm_size(MPI_COMM_WORLD, &ranks);
  if (code != 0 && ranks > 1) MPI_Abort(MPI_COMM_WORLD, code);
  MPI_Finalize();
  return code;
}
