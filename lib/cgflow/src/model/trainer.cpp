// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow/trainer.h"

#include "base/text.h"
#include "base/weights.h"
#include "files/tensor_archive.h"
#include "kernels/runtime.h"
#include "model/model_parts.h"
#include "molecule/recognition.h"
#include "training/defensive_samples.h"
#include "training/energy_guard.h"
#include "training/energy_training.h"
#include "training/equal_atoms.h"
#include "training/example_training.h"
#include "training/relaxed_structure.h"
#include "training/thermal_shape.h"
#include "training/weighted_samples.h"

#include "cgflow/error.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace cgflow {

namespace {

// Rejected points of a model, at least, that end the run when they are more than its labels (doc/Howto_cgflow_theory.rst, Constants).
constexpr std::int64_t kManyLost = 4;

// CG points [n, n_cv] as [n_cv, n], the layout of flows and coordinate maps.
Tensor columns(const double *points, std::size_t size, int n_cv)
{
  return to_tensor({points, points + size}, {static_cast<std::int64_t>(size) / n_cv, n_cv}).t().contiguous();
}

void say_recognized(const Model::Parts &p, Log &log)
{
  if (!is_molecular(p.config)) return;
  const Molecule &molecule = p.info.molecule;
  for (const std::string &line : recognized_chemistry(molecule, p.config.coordinates, p.map->equal_atoms())) log.line(line);
  const std::string warning = unknown_elements(molecule);
  if (!warning.empty()) log.warning(warning);
}

}    // namespace

Trainer::Trainer(Model &model, EnergyModel *energy, Communicator &comm, Log &log)
    : model_(model), energy_(energy), comm_(comm), log_(log)
{
  if (energy && energy->n_atoms() != model.info().n_atoms())
    throw ModelError("Trainer: the atomistic system has " + std::to_string(energy->n_atoms()) +
                     " atoms, the model was made for " + std::to_string(model.info().n_atoms()));
}

std::vector<double> Trainer::cg_of(const std::vector<double> &x) const
{
  const Model::Parts &p = model_.parts();
  const std::int64_t n = x.size() / (3 * p.info.n_atoms());
  return to_vector(p.map->to_internal(to_tensor(x, {n, p.info.n_atoms(), 3})).s.t().contiguous());
}

std::vector<double> Trainer::start_from_structure()
{
  Model::Parts &p = model_.parts();
  if (!energy_) throw ModelError("start from a structure: there is no atomistic system to take energies from");
  const auto start = p.map->start();
  if (!start)
    throw ModelError("start from a structure: only the coordinates of a molecule know one, expected train: example: dump");
  say_recognized(p, log_);
  model_.counts.example += require_equal_atoms(*p.map, *energy_, p.info.kT, *start, comm_);
  EnergyGuard energy(*energy_, comm_, &times_.energies);
  const RelaxedStructure relaxed = relax_structure(*p.map, energy, p.info.kT, *start, comm_);
  const ThermalShape shape = thermal_shape(*p.map, energy, p.info.kT, relaxed.start, comm_);
  energy.rethrow();
  model_.counts.example += relaxed.evaluations + shape.evaluations;
  p.flow->set_standardization(relaxed.start.fine, shape.scale, shape.mixing);
  return to_vector(start->s);
}

ExampleSummary Trainer::train_by_example(const std::vector<double> &x, const ExampleConfig &config)
{
  const WorkTimer timer(times_.training);
  Model::Parts &p = model_.parts();
  say_recognized(p, log_);
  const std::int64_t n = x.size() / (3 * p.info.n_atoms());
  const ExampleReport report =
      cgflow::train_by_example(*p.flow, *p.map, p.info.seed, config, to_tensor(x, {n, p.info.n_atoms(), 3}));
  return {report.frames, report.test_frames, report.loss, report.test_loss};
}

EnergySummary Trainer::train_by_energy(const std::vector<double> &points, const EnergyConfig &config, int epochs,
                                       const LabelConfig &labels)
{
  const WorkTimer timer(times_.training, &times_.energies);
  Model::Parts &p = model_.parts();
  if (!energy_) throw ModelError("Training by energy: there is no atomistic system to take energies from");
  EnergyGuard energy(*energy_, comm_, &times_.energies);
  EnergyTraining trained(*p.flow, *p.map, comm_, p.info.kT, p.info.seed, config, energy, p.trainings);
  EnergyReport report = trained.run(columns(points.data(), points.size(), model_.space().n_cv()), epochs);
  if (report.skipped_steps > 0)
    log_.warning("training by energy: " + std::to_string(report.skipped_steps) +
                 " steps were skipped, because their loss or gradient was not finite");
  ++p.trainings;
  model_.counts.energy += report.evaluations;
  model_.counts.test += report.test_evaluations;

  std::vector<double> fractions;    // ESS
  if (labels.from != "frozen") {
    const int d = model_.space().n_cv(), latent = report.latent;
    const std::int64_t label_count = report.ln_w.size() / latent;
    for (std::int64_t i = 0; i < label_count; ++i) {
      const double *s = report.s.data() + i * latent * d, *ln_w = report.ln_w.data() + i * latent;
      // All of the few samples of a flow that still learns may be rejected, which makes no label. If it happens at all
      // points, the labels of new samples or the fit will raise the error.
      if (std::none_of(ln_w, ln_w + latent, [](double value) { return std::isfinite(value); })) continue;
      p.labels.push_back(make_label({s, s + d}, ln_w, latent, model_.iteration));
      fractions.push_back(p.labels.back().ess_share);
    }
  }
  last_s_ = std::move(report.s);
  last_ln_w_ = std::move(report.ln_w);
  return {report.evaluations, report.test_evaluations, report.rejected, report.skipped_steps, median(fractions)};
}

EnergySummary Trainer::add_labels(const std::vector<double> &points, int latent)
{
  const WorkTimer timer(times_.labels, &times_.energies);
  Model::Parts &p = model_.parts();
  if (!energy_) throw ModelError("PMF labels: there is no atomistic system to take energies from");
  const int d = model_.space().n_cv();
  const std::int64_t n = points.size() / d;
  const auto [first, count] = comm_.share(n);
  const Tensor mine = columns(points.data() + first * d, count * d, d);
  // The number of samples so far keys the stream, so that every label of a model has latent samples of its own.
  const auto key = static_cast<std::uint64_t>(model_.counts.labels);
  EnergyGuard energy(*energy_, comm_, &times_.energies);
  const DefensiveSamples drawn = draw_defensive(*p.flow, *p.map, energy, p.info.kT, mine, latent, p.info.seed, first, key);
  energy.rethrow();
  const std::vector<double> ln_w = comm_.gather(to_vector(drawn.ln_w));
  const std::vector<double> ln_control = comm_.gather(to_vector(drawn.ln_control));

  EnergySummary summary;
  std::vector<double> fractions;    // ESS
  std::vector<double> lost;         // points whose samples were all rejected
  for (std::int64_t i = 0; i < n; ++i) {
    const double *s = points.data() + i * d, *w = ln_w.data() + i * latent;
    if (std::all_of(w, w + latent, [](double value) { return value == -std::numeric_limits<double>::infinity(); })) {
      lost.insert(lost.end(), s, s + d);
      summary.rejected += latent;
      continue;
    }
    p.labels.push_back(
        make_label({s, s + d}, ln_w.data() + i * latent, ln_control.data() + i * latent, latent, model_.iteration));
    fractions.push_back(p.labels.back().ess_share);
    summary.rejected += p.labels.back().rejected;
  }
  if (!lost.empty()) {
    const std::int64_t count_lost = static_cast<std::int64_t>(lost.size()) / d;
    const std::vector<double> first_lost(lost.begin(), lost.begin() + d);
    // Some points in a clash, or an iteration at a wall, are no reason to end a learning. An atomistic system that fails at most
    // places is.
    const std::int64_t all_lost = count_lost + static_cast<std::int64_t>(p.rejected_points.size()) / d;
    if (p.labels.empty() || (all_lost >= kManyLost && all_lost > static_cast<std::int64_t>(p.labels.size()))) {
      const std::vector<double> none(latent, -std::numeric_limits<double>::infinity());
      make_label(first_lost, none.data(), latent, model_.iteration);
    }
    std::string at;
    for (const double value : first_lost) at += (at.empty() ? "" : ", ") + format_number(value);
    log_.warning(formatted("PMF labels: %lld of %lld points are rejected points without a label, the first at s = (%s), "
                           "because all %d samples there were rejected",
                           static_cast<long long>(count_lost), static_cast<long long>(n), at.c_str(), latent));
    p.rejected_points.insert(p.rejected_points.end(), lost.begin(), lost.end());
  }
  summary.evaluations = n * latent;
  summary.ess_share = median(fractions);
  model_.counts.labels += summary.evaluations;
  return summary;
}

void Trainer::drop_labels(std::int64_t n)
{
  auto &labels = model_.parts().labels;
  labels.resize(labels.size() - n);
}

double Trainer::fit()
{
  const WorkTimer timer(times_.fits);
  Model::Parts &p = model_.parts();
  return p.ensemble->fit(p.labels, p.fits++, comm_).residual;
}

Resources Trainer::resources() const
{
  const Model::Parts &p = model_.parts();
  const Config &c = p.config;
  // Parameters, and their copy in another precision.
  const double flow = (c.flow.precision == "float32" ? 12.0 : 8.0) * static_cast<double>(p.flow->n_parameters());
  const std::int64_t points = std::max(c.energy.points, c.consolidate.points);
  Resources r;
  r.backend = kernels::backend();
  r.threads = kernels::threads();
  r.training = flow + static_cast<double>(EnergyTraining::memory(*p.flow, *p.map, comm_, c.energy, points));
  r.labels = flow + static_cast<double>(memory_to_weigh(*p.flow, *p.map, labels_at_once(c.labels.latent) * c.labels.latent));
  r.fit = static_cast<double>(p.ensemble->memory(c.labels.points, comm_));
  // From many labels, where neither rounding to whole parts nor the fixed part of the memory matters.
  constexpr std::int64_t kMany = 100000;
  r.fit_per_label = static_cast<double>(p.ensemble->memory(2 * kMany, comm_) - p.ensemble->memory(kMany, comm_)) / kMany;
  return r;
}

double Trainer::flow_divergence() const
{
  const std::int64_t n = last_ln_w_.size();
  if (n == 0 || !model_.has_pmf()) return std::numeric_limits<double>::quiet_NaN();
  const auto [first, count] = comm_.share(n);
  std::vector<double> f(count);
  model_.parts().ensemble->evaluate(static_cast<int>(count), last_s_.data() + first * model_.space().n_cv(), f.data(),
                                    nullptr, nullptr);
  double sums[2] = {0.0, 0.0};    // of the divergences, and how many
  for (std::int64_t i = 0; i < count; ++i) {
    if (!std::isfinite(last_ln_w_[first + i])) continue;
    sums[0] += -last_ln_w_[first + i] - f[i];
    sums[1] += 1.0;
  }
  comm_.sum(sums, 2);
  return sums[1] > 0.0 ? sums[0] / sums[1] : std::numeric_limits<double>::quiet_NaN();
}

}    // namespace cgflow
