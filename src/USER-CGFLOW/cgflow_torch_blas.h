// SPDX-License-Identifier: GPL-2.0-only
#ifndef LMP_CGFLOW_TORCH_BLAS_H
#define LMP_CGFLOW_TORCH_BLAS_H

#include <string>
#include <vector>

namespace LAMMPS_NS {

/// Makes LibTorch call its own BLAS and LAPACK. liblammps exports some routines of the same names (dgemm_, dpotrf_, dtrsm_, ...),
/// Fortran code translated to C. Because it is the first library of the process, it serves LibTorch's calls too, and a product of
/// doubles takes ten times as long; see also pytorch/pytorch#182263. Returns the names of the routines that were bound elsewhere;
/// none on a second call. Where this is not possible (another system, a LibTorch of another name, or one whose table is read-only) it
/// does nothing: the results are right either way.
std::vector<std::string> cgflow_bind_torch_blas();

/// The same, once per process; to be called before the library is used.
void cgflow_bind_torch_blas_once();

}    // namespace LAMMPS_NS

#endif
