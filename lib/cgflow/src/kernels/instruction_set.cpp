// SPDX-License-Identifier: GPL-2.0-only
#include "instruction_set.h"

#include "vector_math.h"

namespace cgflow::kernels {

InstructionSet machine_instruction_set()
{
#ifdef CGFLOW_X86
  __builtin_cpu_init();
  if (__builtin_cpu_supports("x86-64-v4")) return InstructionSet::avx512;
  if (__builtin_cpu_supports("x86-64-v3")) return InstructionSet::avx2;
#endif
  return InstructionSet::plain;
}

InstructionSet instruction_set()
{
#ifdef CGFLOW_ONE_SET
  return InstructionSet::CGFLOW_ONE_SET;
#else
  static const InstructionSet set = machine_instruction_set();
  return set;
#endif
}

}    // namespace cgflow::kernels
