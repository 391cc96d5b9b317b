// SPDX-License-Identifier: GPL-2.0-only
// What a kernel's loops over lanes need to become vector instructions. For kernel files alone, which are compiled with
// -fopenmp-simd -fno-math-errno -fno-trapping-math (lib/cgflow/CMakeLists.txt): none of these changes a result, NaN stays NaN.
#ifndef CGFLOW_KERNELS_VECTOR_MATH_H
#define CGFLOW_KERNELS_VECTOR_MATH_H

#include <cmath>

#if defined(__GNUC__) && !defined(__clang__) && !defined(__CUDACC__) && defined(__x86_64__) && defined(__GLIBC__)
// glibc's vector functions (libmvec, at most 4 units in the last place), which GCC otherwise calls under -ffast-math only.
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

/// Structures or samples that one step of a kernel takes at once: the innermost dimension of its work space, in two vectors of
/// AVX-512. A batch that is no multiple is filled up with copies of its last member.
constexpr int kLanes = 16;

}    // namespace cgflow::kernels

#endif
