// SPDX-License-Identifier: GPL-2.0-only
#ifndef LMP_CGFLOW_CITE_H
#define LMP_CGFLOW_CITE_H

namespace LAMMPS_NS {

/// Adds the paper of the method to the references that LAMMPS lists.
void cgflow_cite(class LAMMPS *lmp);

}    // namespace LAMMPS_NS

#endif
