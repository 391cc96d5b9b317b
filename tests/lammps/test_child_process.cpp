// SPDX-License-Identifier: GPL-2.0-only
// The child LAMMPS within its process: memory, threads, and the parent's own styles.
#include "child_fixture.h"

#include "input.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

using namespace LAMMPS_NS;
using namespace cgflow_test;

// From the OpenMP runtime of LAMMPS, if it has one.
extern "C" {
int omp_get_max_threads() __attribute__((weak));
void omp_set_num_threads(int) __attribute__((weak));
}

namespace {

double resident_kb()
{
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word)
    if (word == "VmRSS:") {
      double kb;
      status >> kb;
      return kb;
    }
  return 0.0;
}

}    // namespace

TEST_F(Child, MemoryStaysFlatOverBatchesAndChildren)
{
  auto child = field(particle(kField));
  const auto x = points(64, 15);
  Result r{std::vector<double>(64), std::vector<double>(192)};
  for (int i = 0; i < 200; ++i) child->evaluate(64, x.data(), r.energy.data(), r.force.data());
  double before = resident_kb();
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 2000; ++i) child->evaluate(64, x.data(), r.energy.data(), r.force.data());
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  RecordProperty("evaluations_per_second", static_cast<int>(2000 * 64 / seconds));
  std::printf("evaluations/s in batches of 64: %.0f\n", 2000 * 64 / seconds);
  EXPECT_LT(resident_kb() - before, 1024.0);
  child.reset();
  for (int i = 0; i < 5; ++i) field(particle(kField));
  before = resident_kb();
  for (int i = 0; i < 20; ++i) field(particle(kField));
  EXPECT_LT(resident_kb() - before, 4096.0);
}

TEST_F(Child, KeepsTheNumberOfThreads)
{
  if (!omp_get_max_threads) GTEST_SKIP() << "LAMMPS without OpenMP";
  const int before = omp_get_max_threads();
  omp_set_num_threads(3);
  auto child = field(particle(kField));
  EXPECT_EQ(omp_get_max_threads(), 3);
  evaluate(*child, points(5, 16));
  child.reset();
  EXPECT_EQ(omp_get_max_threads(), 3);
  omp_set_num_threads(before);
}

TEST_F(Child, ParentGoesOnWithItsOwnStyles)
{
  for (int i = 0; i < 2; ++i) field(particle(kField));
  parent_->input->one("clear");
  for (const std::string line :
       {"units lj", "region b block -3 3 -3 3 -3 3", "create_box 1 b", "create_atoms 1 single -0.5 1.4 0.0 units box",
        "mass 1 1.0", "fix field all mueller/brown", "run 0", "variable e equal f_field"})
    parent_->input->one(line);
  auto child = field(particle(kField));
  parent_->input->one("unfix field");
  parent_->input->one("fix field all mueller/brown");
  parent_->input->one("run 0");
}
