// SPDX-License-Identifier: GPL-2.0-only
// The files that pair_coeff can name: an untrained model (.yaml), a trained one (.cgflow), or a table.
#ifndef LMP_CGFLOW_SURFACE_H
#define LMP_CGFLOW_SURFACE_H

#include "lmptype.h"

#include "cgflow/model.h"
#include "cgflow/pmf_surface.h"

#include <memory>
#include <string>

namespace LAMMPS_NS {
class LAMMPS;
namespace CGFlow {

/// A CG space and the PMF over it; without a surface the model is untrained.
struct LoadedSurface {
  cgflow::CgSpace space;
  std::shared_ptr<const cgflow::PmfSurface> surface;
};

/// The content of a file, known by the ending of its name: .yaml or .yml, .cgflow, anything else.
enum class FileKind { yaml, model, table };
FileKind kind_of_file(const std::string &file);

/// Reads a file by its ending: .yaml or .yml an untrained model, .cgflow a trained one, any other a table over the box
/// of `lmp`. Looks in the working folder, then in LAMMPS_POTENTIALS. Throws cgflow::Error.
LoadedSurface load_surface(LAMMPS *lmp, const std::string &file);

/// The path of a trained model that a command only reads: in the working folder or in LAMMPS_POTENTIALS. `name` itself when it is in
/// neither, so that the error on reading names it.
std::string model_path(const std::string &name);

/// Reads a model whose energies must be in the units of the script. Throws cgflow::Error.
cgflow::Model read_model(LAMMPS *lmp, const std::string &path);

}    // namespace CGFlow
}    // namespace LAMMPS_NS

#endif
