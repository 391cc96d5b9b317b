// SPDX-License-Identifier: GPL-2.0-only
// The items "learner.*" of a state file.
#include "cgflow/learner.h"

#include "cgflow/error.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace cgflow {

namespace {

Learner::Phase phase_of(std::int64_t number)
{
  constexpr auto last = static_cast<std::int64_t>(Learner::Phase::finished);
  if (number < 0 || number > last)
    throw ModelError("State file: got the phase " + std::to_string(number) + ", expected 0 to " + std::to_string(last));
  return static_cast<Learner::Phase>(number);
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
  const Phase phase = phase_of(archive.integer("learner.phase"));
  const auto &counters = archive.integers("learner.counters");
  const auto &figures = archive.numbers("learner.figures");
  if (counters.size() != 3 || figures.size() != 2) throw ModelError("State file: the learner's counters are incomplete");
  const std::string &history = archive.text("learner.history");
  const std::vector<double> &data = archive.numbers("learner.data");
  const std::size_t d = model.space().n_cv();
  if (data.size() % d != 0 || !std::all_of(data.begin(), data.end(), [](double value) { return std::isfinite(value); }))
    throw ModelError("State file: got " + std::to_string(data.size()) +
                     " numbers of the data's CG points, expected finite " + "numbers, " + std::to_string(d) +
                     " for each point");
  model_ = std::move(model);
  phase_ = phase;
  data_s_ = data;
  quiet_ = counters[0];
  waited_ = counters[1];
  refined_ = counters[2] != 0;
  median_ess_ = figures[0];
  pmf_change_ = figures[1];
  history_ = history;
  if (model_.has_pmf()) refresh_surface();
}

}    // namespace cgflow
