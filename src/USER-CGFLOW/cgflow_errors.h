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
/// universe's screen and log, and names the partition in which it happened unless it happened in all.
void cgflow_raise_together(class LAMMPS *lmp, MPI_Comm ranks, const std::string &place, bool failed,
                           const std::string &text);

/// lmp->world, for headers that do not include lammps.h.
MPI_Comm cgflow_ranks(class LAMMPS *lmp);

/// The text of an exception for a user: without call stacks, with a sentence where memory has run out, and with question marks for
/// bytes that are not text. Exceptions of LibTorch and of the standard library are called
/// internal errors. An error may quote the content of a file, which must not send control codes to a terminal.
std::string cgflow_error_text(const std::exception &e);

/// The one place where exceptions of the library become LAMMPS errors: runs `work` and, when it has thrown on any rank, raises one
/// LAMMPS error on all. Collective over `ranks`, which are those of the world or of the universe.
///
/// A rank that throws leaves out the rest of `work`. If `work` contains collective calls, any code before or between them that can
/// throw must throw on every rank alike (bad input, a file that all ranks read), or needs a guard of its own. Otherwise the other ranks
/// wait for ever in a collective call that this rank never enters. Errors of LAMMPS itself pass unchanged: error->all() is collective,
/// and error->one() ends the job.
template <class Work> void cgflow_guarded(class LAMMPS *lmp, MPI_Comm ranks, const std::string &place, Work &&work)
{
  cgflow_bind_torch_blas_once();    // all code that uses LibTorch is called through here, in the plugin and in the package
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
