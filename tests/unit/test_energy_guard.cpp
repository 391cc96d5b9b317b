// SPDX-License-Identifier: GPL-2.0-only
#include "training/energy_guard.h"

#include "error_message.h"
#include "rank_threads.h"

#include <gtest/gtest.h>

#include <cmath>
#include <mutex>

using namespace cgflow;

namespace {

/// Energy 2 and force 3 of one atom; fails from call number `good` on.
class Failing : public EnergyModel {
 public:
  Failing(int good, const std::string &text) : good_(good), text_(text) {}
  int n_atoms() const override { return 1; }
  void evaluate(int n, const double *, double *energy, double *force) override
  {
    if (++calls >= good_) throw EnergyError(text_);
    std::fill_n(energy, n, 2.0);
    std::fill_n(force, 3 * n, 3.0);
  }
  int calls = 0;

 private:
  int good_;
  std::string text_;
};

}    // namespace

TEST(EnergyGuard, PassesEnergiesOnAndMeasuresTheirTime)
{
  Failing energies(100, "");
  SerialCommunicator comm;
  double seconds = 0.0;
  EnergyGuard guard(energies, comm, &seconds);
  EXPECT_EQ(guard.n_atoms(), 1);
  double x[6]{}, energy[2], force[6];
  guard.evaluate(2, x, energy, force);
  EXPECT_EQ(energy[1], 2.0);
  EXPECT_EQ(force[5], 3.0);
  EXPECT_GT(seconds, 0.0);
  guard.rethrow();
}

TEST(EnergyGuard, FailureIsKeptUntilAllRanksThrowIt)
{
  std::mutex mutex;
  std::vector<std::string> errors;
  cgflow_test::run_ranks(3, [&](Communicator &comm) {
    // Ranks 1 and 2 fail in their second call; rank 0 does not.
    Failing energies(comm.rank() == 0 ? 100 : 2, "rank " + std::to_string(comm.rank()) + " failed");
    EnergyGuard guard(energies, comm);
    double x[3]{}, energy[1], force[3];
    for (int call = 1; call <= 3; ++call) {
      guard.evaluate(1, x, energy, force);
      const bool failed = comm.rank() > 0 && call >= 2;
      EXPECT_EQ(std::isinf(energy[0]), failed);
      EXPECT_EQ(force[2], failed ? 0.0 : 3.0);
    }
    // A rank that has failed is not asked again.
    EXPECT_EQ(energies.calls, comm.rank() == 0 ? 3 : 2);
    const std::string error = message<EnergyError>([&] { guard.rethrow(); });
    const std::lock_guard lock(mutex);
    errors.push_back(error);
  });
  EXPECT_EQ(errors, std::vector<std::string>(3, "rank 1 failed"));
}
