// SPDX-License-Identifier: GPL-2.0-only
// The items "learner.*" of a state file.
#include "cgflow/learner.h"

#include "files/content_errors.h"
#include "model/model_parts.h"

#include <utility>

namespace cgflow {

namespace {

// A phase that cannot be with this model would be walkers without a surface, or a learning that ends twice.
void check_phase(const Archive &archive, Learner::Phase phase, const Model &model)
{
  const auto number = std::to_string(static_cast<int>(phase));
  if (phase != Learner::Phase::untrained && !model.has_pmf())
    archive.refuse("learner.phase", "got " + number + " without a fitted PMF, expected 0 (untrained) or item 'fitted' 1");
  const bool ended = model.status == LearningStatus::converged || model.status == LearningStatus::out_of_budget;
  if (ended != (phase == Learner::Phase::finished))
    archive.refuse("learner.phase", "got " + number + " with the status " + std::to_string(static_cast<int>(model.status)) +
                                        ", expected 3 (finished) with the status 1 or 2, and another one with 0 or 3");
}

}    // namespace

void Learner::store(Archive &archive) const
{
  model_.store(archive);
  archive.put("learner.phase", std::int64_t{static_cast<int>(phase_)});
  archive.put("learner.data", data_s_, {static_cast<std::int64_t>(data_s_.size())});
  archive.put("learner.counters", std::vector<std::int64_t>{quiet_, waited_, refined_});
  archive.put("learner.figures", std::vector<double>{median_ess_, pmf_change_}, {2});
  archive.put("learner.history", history_);
}

void Learner::load(const Archive &archive)
{
  // Everything is read before anything changes.
  Model model = Model::from_archive(archive);
  const auto phase = static_cast<Phase>(archive.integer("learner.phase", 0, static_cast<int>(Phase::finished)));
  check_phase(archive, phase, model);
  const auto &counters = archive.integers("learner.counters", 3, 0, Archive::kMostCount);
  if (counters[2] > 1)
    archive.refuse("learner.counters", "number 3 is " + std::to_string(counters[2]) + ", expected 0 or 1");
  // Figures for the log: NaN where there was nothing to measure.
  const auto &figures = archive.numbers("learner.figures");
  if (figures.size() != 2)
    archive.refuse("learner.figures", "got " + std::to_string(figures.size()) + " numbers, expected 2");
  const std::string &history = archive.plain_text("learner.history");
  const std::vector<double> &data = get_points(archive, "learner.data", model.space(), {-1});
  if (phase != Phase::untrained && model.iteration <= 1 && data.empty())
    archive.refuse("learner.data", "got no point, expected the CG points of the data, where walkers start");
  // The strategy and the energies are those of this learner.
  try {
    model.config().require_same_model(model_.config());
  } catch (...) {
    throw_content_error(archive, "item 'config'");
  }
  if (model.info().n_atoms() != model_.info().n_atoms())
    archive.refuse("molecule.mass", "got " + std::to_string(model.info().n_atoms()) + " atoms, expected " +
                                        std::to_string(model_.info().n_atoms()) + " as in the atomistic system here");
  const auto surface = surface_;
  std::swap(model_, model);
  try {
    if (model_.has_pmf()) refresh_surface();
  } catch (...) {
    std::swap(model_, model);
    surface_ = surface;
    throw_content_error(archive, "item 'ensemble/members'");
  }
  phase_ = phase;
  data_s_ = data;
  quiet_ = counters[0];
  waited_ = counters[1];
  refined_ = counters[2] != 0;
  median_ess_ = figures[0];
  pmf_change_ = figures[1];
  history_ = history;
}

}    // namespace cgflow
