// SPDX-License-Identifier: GPL-2.0-only
#ifndef LMP_CGFLOW_LAMMPS_VERSIONS_H
#define LMP_CGFLOW_LAMMPS_VERSIONS_H

// What differs between the LAMMPS versions that the package is built for, from 4 Feb 2025 on, and between LAMMPS with MPI and with
// the stubs of a serial build. A member is asked for by its being there: the headers of an installed LAMMPS hold no version number.

#include "error.h"
#include "lammps.h"

#include <mpi.h>

#include <cstdio>
#include <vector>

#if defined(MPI_STUBS) && !defined(MPI_COMM_SELF)    // the stubs have one communicator
#define MPI_COMM_SELF MPI_COMM_WORLD
#endif

// LAMMPS opens a plugin with all its symbols or not at all: an older one would say "undefined symbol" and go on without the plugin.
// As weak ones the two that it lacks may be missing, and the plugin is asked, and says which version it needs.
#if defined(__GNUC__) && defined(__ELF__)
__asm__(".weak _ZN9LAMMPS_NS5Error14set_show_errorEi");
__asm__(".weak _ZNK9LAMMPS_NS6Domain13minimum_imageERKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEEiRdS9_S9_");
#endif

namespace LAMMPS_NS {

/// Where a collective call reads from; the stubs take no constant buffer.
template <class Container> auto *cgflow_send_buffer(const Container &values)
{
  return const_cast<typename Container::value_type *>(values.data());
}

/// The shortest vector between periodic images, in place. Newer LAMMPS reports the place of a fault.
template <class DomainClass> void cgflow_minimum_image(DomainClass *domain, double *delta)
{
  if constexpr (requires { domain->minimum_image(FLERR, delta); })
    domain->minimum_image(FLERR, delta);
  else
    domain->minimum_image(delta);
}

/// As long as it lives, an error of this LAMMPS is thrown but not written to screen and log. Older LAMMPS cannot be told so: it
/// has no screen and no log for that time.
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
