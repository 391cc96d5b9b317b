// SPDX-License-Identifier: GPL-2.0-only
#ifndef LMP_CGFLOW_LAMMPS_VERSIONS_H
#define LMP_CGFLOW_LAMMPS_VERSIONS_H

// Differences between the LAMMPS versions that the package supports, from 4 Feb 2025 on, and between LAMMPS with MPI and with the stubs
// of a serial build. The code tests whether a member exists, because the headers of an installed LAMMPS hold no version number.

#include "error.h"
#include "lammps.h"

#include <mpi.h>

#include <cstdio>
#include <vector>

#if defined(MPI_STUBS) && !defined(MPI_COMM_SELF)    // the stubs have one communicator
#define MPI_COMM_SELF MPI_COMM_WORLD
#endif

// LAMMPS opens a plugin only if all its symbols are defined: an older LAMMPS would report "undefined symbol" and continue without the
// plugin. The two symbols that it lacks are weak, so the plugin is opened and can say which version it needs.
#if defined(__GNUC__) && defined(__ELF__)
__asm__(".weak _ZN9LAMMPS_NS5Error14set_show_errorEi");
__asm__(".weak _ZNK9LAMMPS_NS6Domain13minimum_imageERKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEEiRdS9_S9_");
#endif

namespace LAMMPS_NS {

/// The send buffer of a collective call; the stubs take no constant buffer.
template <class Container> auto *cgflow_send_buffer(const Container &values)
{
  return const_cast<typename Container::value_type *>(values.data());
}

/// The shortest vector between periodic images, in place. Newer versions also take the place of the call, for messages.
template <class DomainClass> void cgflow_minimum_image(DomainClass *domain, double *delta)
{
  if constexpr (requires { domain->minimum_image(FLERR, delta); })
    domain->minimum_image(FLERR, delta);
  else
    domain->minimum_image(delta);
}

/// During its lifetime an error of this LAMMPS is thrown but not written to screen and log. Older versions have no setting for this:
/// their screen and log are taken away for that time.
template <class LAMMPSClass> class CGFlowQuietErrors {
  static constexpr bool kCanBeTold = requires(LAMMPSClass * lmp) { lmp->error->set_show_error(0); };

 public:
  explicit CGFlowQuietErrors(LAMMPSClass *lmp) : lmp_(lmp), screen_(lmp->screen), logfile_(lmp->logfile)
  {
    if constexpr (kCanBeTold)
      shown_ = lmp->error->set_show_error(0);
    else
      lmp->screen = lmp->logfile = nullptr;
  }
  ~CGFlowQuietErrors()
  {
    if constexpr (kCanBeTold) {
      lmp_->error->set_show_error(shown_);
    } else {
      lmp_->screen = screen_;
      lmp_->logfile = logfile_;
    }
  }
  CGFlowQuietErrors(const CGFlowQuietErrors &) = delete;
  CGFlowQuietErrors &operator=(const CGFlowQuietErrors &) = delete;

 private:
  LAMMPSClass *lmp_;
  FILE *screen_, *logfile_;
  int shown_ = 1;
};

}    // namespace LAMMPS_NS

#endif
