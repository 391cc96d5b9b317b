// SPDX-License-Identifier: GPL-2.0-only
// Part of each kernel test. CGFLOW_TESTED_SET is the instruction set that the program's kernels must run with; without it,
// it is the best of the machine. Skips all tests on a machine that lacks the set.
#include "kernels/instruction_set.h"

#include <gtest/gtest.h>

namespace {

using namespace cgflow::kernels;

class TestedSet : public testing::Environment {
  void SetUp() override
  {
#ifdef CGFLOW_TESTED_SET
    const InstructionSet tested = InstructionSet::CGFLOW_TESTED_SET;
    if (machine_instruction_set() < tested) GTEST_SKIP() << "this machine lacks the instructions of these kernels";
#else
    const InstructionSet tested = machine_instruction_set();
#endif
    ASSERT_EQ(instruction_set(), tested);
  }
};

const testing::Environment *const environment = testing::AddGlobalTestEnvironment(new TestedSet);

}    // namespace
