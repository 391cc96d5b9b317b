// SPDX-License-Identifier: GPL-2.0-only
// Declarations with which the compiler turns loops over lanes into vector instructions. For kernel sources alone, which are
// compiled with the options in lib/cgflow/cmake/CGFlowKernels.cmake. None of these relaxes arithmetic: NaN stays NaN.
#ifndef CGFLOW_KERNELS_VECTOR_MATH_H
#define CGFLOW_KERNELS_VECTOR_MATH_H

#include <cmath>

#if defined(__GNUC__) && !defined(__clang__) && !defined(__CUDACC__) && defined(__x86_64__) && defined(__GLIBC__)
// The vector functions of glibc (libmvec, errors of at most 4 units in the last place). GCC calls them without these
// declarations under -ffast-math alone.
extern "C" {
__attribute__((simd("notinbranch"))) double exp(double) noexcept;
__attribute__((simd("notinbranch"))) float expf(float) noexcept;
__attribute__((simd("notinbranch"))) double log(double) noexcept;
__attribute__((simd("notinbranch"))) double sin(double) noexcept;
__attribute__((simd("notinbranch"))) double cos(double) noexcept;
#if __GLIBC_PREREQ(2, 35)
__attribute__((simd("notinbranch"))) double atan2(double, double) noexcept;
#endif
}
#define CGFLOW_X86
#define CGFLOW_INLINE inline __attribute__((always_inline))
#define CGFLOW_TARGET_plain
#define CGFLOW_TARGET_avx2   __attribute__((target("arch=x86-64-v3")))
#define CGFLOW_TARGET_avx512 __attribute__((target("arch=x86-64-v4")))
#ifdef CGFLOW_ONE_SET
// The kernel tests compile all kernels for one instruction set, a member of InstructionSet.
#define CGFLOW_TARGET_OF(set)       CGFLOW_TARGET_##set
#define CGFLOW_TARGET_OF_VALUE(set) CGFLOW_TARGET_OF(set)
#define CGFLOW_CLONES               CGFLOW_TARGET_OF_VALUE(CGFLOW_ONE_SET)
#else
// Three versions of the function, of which one is chosen when the program is loaded: see instruction_set.h.
#define CGFLOW_CLONES __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#endif
#else
#define CGFLOW_CLONES
#define CGFLOW_INLINE inline
#endif

namespace cgflow::kernels {

/// Structures or samples that a kernel computes at once, the innermost dimension of its buffers: two vectors of AVX-512. The
/// last lanes of a batch that is no multiple of it repeat the last member.
constexpr int kLanes = 16;

}    // namespace cgflow::kernels

#endif
