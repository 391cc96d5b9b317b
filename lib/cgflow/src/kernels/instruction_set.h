// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_KERNELS_INSTRUCTION_SET_H
#define CGFLOW_KERNELS_INSTRUCTION_SET_H

namespace cgflow::kernels {

/// Instruction sets that kernels are compiled for: every x86-64 machine's (or that of another architecture), x86-64-v3 and
/// x86-64-v4.
enum class InstructionSet { plain, avx2, avx512 };

/// The best of them that this machine has. Functions marked CGFLOW_CLONES run in their clone for this set.
InstructionSet machine_instruction_set();

/// The set that kernels run with: machine_instruction_set(), or the one that they were compiled for alone (tests/kernels
/// does so).
InstructionSet instruction_set();

/// Numbers in a vector register of the set.
template <class T> constexpr int vector_length(InstructionSet set)
{
  return (16 << static_cast<int>(set)) / static_cast<int>(sizeof(T));
}

}    // namespace cgflow::kernels

#endif
