// SPDX-License-Identifier: GPL-2.0-only
#ifndef LMP_CGFLOW_CITE_H
#define LMP_CGFLOW_CITE_H

namespace LAMMPS_NS {

/// Names the method's paper among the references that LAMMPS lists.
void cgflow_cite(class LAMMPS *lmp);

}    // namespace LAMMPS_NS

#endif
