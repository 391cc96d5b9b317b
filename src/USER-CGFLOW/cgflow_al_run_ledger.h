// SPDX-License-Identifier: GPL-2.0-only
#ifndef LMP_CGFLOW_AL_RUN_LEDGER_H
#define LMP_CGFLOW_AL_RUN_LEDGER_H

#include "lmptype.h"

#include "cgflow/archive.h"

#include <string>
#include <vector>

namespace LAMMPS_NS {

/// The record of a script's `run`s. When the same script is started again after an interruption, runs that are complete are skipped,
/// and the one in progress ends where it would have ended.
class CGFlowRunLedger {
 public:
  enum class Start { fresh, resumed, skipped };

  /// The `number`-th run of the script (1, 2, ...), of nsteps > 0, begins at `step`. Afterwards step() and last() tell where it
  /// begins and ends.
  Start begin_run(int number, bigint step, bigint nsteps)
  {
    if (number <= static_cast<int>(ends_.size())) {
      first_ = step_ = last_ = ends_[number - 1];
      return Start::skipped;
    }
    if (loaded_ && in_progress_ && number == static_cast<int>(ends_.size()) + 1) {
      loaded_ = false;
      first_ = present_[0];
      step_ = present_[1];
      last_ = first_ + nsteps;
      return Start::resumed;
    }
    loaded_ = false;
    // The last run ended early, by fix halt for example, and the script continued: it ends there every time.
    if (in_progress_) complete_run();
    first_ = step_ = step;
    last_ = step + nsteps;
    in_progress_ = true;
    return Start::fresh;
  }
  void set_step(bigint step) { step_ = step; }
  void complete_run()
  {
    ends_.push_back(step_);
    in_progress_ = false;
  }

  /// The number of complete runs.
  int complete() const { return static_cast<int>(ends_.size()); }
  bigint first() const { return first_; }
  bigint step() const { return step_; }
  bigint last() const { return last_; }

  void store(cgflow::Archive &archive) const
  {
    archive.put("runs.ends", ends_);
    archive.put("runs.present", std::vector<std::int64_t>{first_, step_, in_progress_});
  }
  /// To be called before the first run of this process. Throws ModelError naming the file and the item.
  void load(const cgflow::Archive &archive)
  {
    constexpr std::int64_t most = cgflow::Archive::kMostCount;
    const auto &ends = archive.integers("runs.ends", -1, 0, most);
    const auto &present = archive.integers("runs.present", 3, 0, most);
    if (present[0] > present[1] || present[2] > 1)
      archive.refuse("runs.present", "got a run from step " + std::to_string(present[0]) + ", now at step " +
                                         std::to_string(present[1]) + ", in progress " + std::to_string(present[2]) +
                                         ", expected a first step up to the present one, and 0 or 1");
    ends_ = ends;
    present_[0] = first_ = present[0];
    present_[1] = step_ = present[1];
    in_progress_ = present[2] != 0;
    loaded_ = true;
  }

 private:
  std::vector<std::int64_t> ends_;    // step at which each complete run ended
  bigint first_ = 0, step_ = 0, last_ = 0;
  bool in_progress_ = false;
  bigint present_[2] = {0, 0};    // first step and step of the run in progress, from the file
  bool loaded_ = false;
};

}    // namespace LAMMPS_NS

#endif
