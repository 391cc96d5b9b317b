// SPDX-License-Identifier: GPL-2.0-only
#ifndef LMP_CGFLOW_AL_CHECKPOINT_H
#define LMP_CGFLOW_AL_CHECKPOINT_H

#include "cgflow_al_options.h"
#include "cgflow_al_run_ledger.h"
#include "cgflow_walker_rows.h"
#include "cgflow_al_worlds.h"

#include "cgflow/config.h"
#include "cgflow/learner.h"
#include "cgflow/model.h"

#include <optional>
#include <string>

namespace LAMMPS_NS {

/// The file NAME.state of fix cgflow/al, from which the same command line continues bit for bit.
class CGFlowALCheckpoint {
 public:
  /// The objects of the fix that it stores and loads.
  struct Parts {
    cgflow::Learner &learner;
    CGFlowRunLedger &ledger;
    FixCGFlowMC &mc;
    const CGFlowWorlds &worlds;
    bool &pending;    ///< an iteration is due before the next sweep
  };

  CGFlowALCheckpoint(class LAMMPS *lmp, const CGFlowALOptions &options) : lmp_(lmp), options_(options) {}

  /// Whether the command line continues from the file. A file that exists but cannot be read counts too, because it must not be
  /// overwritten.
  bool exists() const;

  /// Loads the parts from the file; the walkers wait for put_walkers(). The file must agree with `config`, `info`, the box and the
  /// number of walkers. Throws ModelError or ConfigError, naming the file and the difference. The worlds and their ranks may be
  /// others: see layout_remark().
  void load(const cgflow::Config &config, const cgflow::ModelInfo &info, const Parts &parts);

  /// After load(): how the ranks, or the walkers of each partition, differ from those that wrote the file. Empty when they do not.
  const std::string &layout_remark() const { return layout_remark_; }

  bool has_walkers() const { return walkers_.has_value(); }
  /// Once, in the setup of the run after load().
  void put_walkers(FixCGFlowMC &mc, const CGFlowWorlds &worlds);

  /// Collective; the first rank of all writes.
  void write(const Parts &parts, cgflow::Communicator &comm) const;

  double memory_usage() const { return walkers_ ? walkers_->numbers().size() * sizeof(double) : 0.0; }

 private:
  [[noreturn]] void differ(const std::string &what, const std::string &got, const std::string &here) const;
  void check(const cgflow::Archive &archive, const cgflow::Config &config, const cgflow::ModelInfo &info,
             const CGFlowWorlds &worlds) const;
  std::string compare_layout(const cgflow::Archive &archive, const CGFlowWorlds &worlds) const;
  void load_counts(const cgflow::Archive &archive, const Parts &parts) const;
  void check_box(const cgflow::Archive &archive) const;

  LAMMPS *lmp_;
  const CGFlowALOptions &options_;
  std::optional<CGFlow::WalkerRows> walkers_;
  std::string layout_remark_;
};

}    // namespace LAMMPS_NS

#endif
