// SPDX-License-Identifier: GPL-2.0-only
#ifndef LMP_CGFLOW_TORCH_BLAS_H
#define LMP_CGFLOW_TORCH_BLAS_H

#include <string>
#include <vector>

namespace LAMMPS_NS {

/// Makes LibTorch call its own BLAS and LAPACK. liblammps exports some of their routines too (dgemm_, dpotrf_, dtrsm_, ...), plain
/// Fortran translated to C, and as the first library of the process it serves LibTorch's calls: a product of doubles then runs at a
/// tenth of its speed. Returns the routines that were bound elsewhere before; none on a second call. Where nothing can be done
/// (another system, a LibTorch of another name, or one whose table is read-only) it does nothing: results are right either way.
std::vector<std::string> cgflow_bind_torch_blas();

/// The same, once in a process: for those who are about to use the library.
void cgflow_bind_torch_blas_once();

}    // namespace LAMMPS_NS

#endif
