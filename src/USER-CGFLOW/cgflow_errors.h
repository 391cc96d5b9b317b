// SPDX-License-Identifier: GPL-2.0-only
#ifndef LMP_CGFLOW_ERRORS_H
#define LMP_CGFLOW_ERRORS_H

#include "cgflow_torch_blas.h"

#include "exceptions.h"

#include <exception>
#include <mpi.h>
#include <string>
#include <utility>

namespace LAMMPS_NS {

/// Raises one LAMMPS error on all ranks of lmp->world when `failed` is true on any; returns when it is true on none.
/// Collective. The text is that of the lowest failing rank, led by `place` and a colon unless `place` is empty.
void cgflow_raise_together(class LAMMPS *lmp, const std::string &place, bool failed, const std::string &text);

/// The same over `ranks`, which are those of lmp->world or of the whole universe. In the second case the error appears on the
/// universe's screen and log, and says in which partition it happened unless it did in all.
void cgflow_raise_together(class LAMMPS *lmp, MPI_Comm ranks, const std::string &place, bool failed,
                           const std::string &text);

/// lmp->world, for headers that do not see into LAMMPS.
MPI_Comm cgflow_ranks(class LAMMPS *lmp);

/// What an exception of the library says to a user: what only programmers read is left out, running out of memory is said
/// in words, and bytes that are no text are question marks (a file's content may be quoted in it, and terminals obey codes).
std::string cgflow_error_text(const std::exception &e);

/// The one border where the library's exceptions become LAMMPS errors: runs `work` and, when it threw on any rank, ends
/// the run on all with one LAMMPS error. Collective: every rank of `ranks` calls it, those of the world or of the universe.
///
/// A rank that throws skips the rest of `work`. So when work holds collective calls, whatever can throw before or between
/// them must throw on every rank alike (bad input, a file all ranks read), or be guarded by a call of its own; else the
/// other ranks wait for ever in the collective that this rank never entered. Errors that LAMMPS itself raises pass
/// through unchanged: error->all() is collective already and error->one() ends the job.
template <class Work> void cgflow_guarded(class LAMMPS *lmp, MPI_Comm ranks, const std::string &place, Work &&work)
{
  cgflow_bind_torch_blas_once();    // whatever uses LibTorch has come through here before, as plugin and as package
  bool failed = true;
  std::string text = "unknown error";
  try {
    std::forward<Work>(work)();
    failed = false;
  } catch (const LAMMPSException &) {
    throw;
  } catch (const std::exception &e) {
    text = cgflow_error_text(e);
  } catch (...) {
  }
  cgflow_raise_together(lmp, ranks, place, failed, text);
}

/// The same over the ranks of the world.
template <class Work> void cgflow_guarded(class LAMMPS *lmp, const std::string &place, Work &&work)
{
  cgflow_guarded(lmp, cgflow_ranks(lmp), place, std::forward<Work>(work));
}

}    // namespace LAMMPS_NS

#endif
