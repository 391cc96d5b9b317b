// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow_surface.h"

#include "cgflow_walkers.h"

#include "domain.h"
#include "lammps.h"
#include "update.h"
#include "utils.h"

#include "cgflow/collective_variables.h"
#include "cgflow/config.h"
#include "cgflow/error.h"
#include "cgflow/model.h"
#include "cgflow/pmf_file.h"

namespace LAMMPS_NS::CGFlow {

namespace {

bool ends_with(const std::string &text, const std::string &ending)
{
  return text.size() >= ending.size() && text.compare(text.size() - ending.size(), ending.size(), ending) == 0;
}

std::string find_file(const std::string &file)
{
  const std::string path = utils::get_potential_file_path(file);
  if (path.empty())
    throw cgflow::FileError("got the file '" + file +
                            "', which is neither in the working folder nor in LAMMPS_POTENTIALS; allowed are NAME.yaml "
                            "(untrained model), NAME.cgflow (trained model) and NAME.pmf or another table");
  return path;
}

}    // namespace

FileKind kind_of_file(const std::string &file)
{
  if (ends_with(file, ".yaml") || ends_with(file, ".yml")) return FileKind::yaml;
  return ends_with(file, ".cgflow") ? FileKind::model : FileKind::table;
}

std::string model_path(const std::string &name)
{
  const std::string path = utils::get_potential_file_path(name);
  return path.empty() ? name : path;
}

cgflow::Model read_model(LAMMPS *lmp, const std::string &path)
{
  cgflow::Model model = cgflow::Model::read(path);
  if (model.info().units != lmp->update->unit_style)
    throw cgflow::ModelError(path + " was trained in units " + model.info().units + ", here they are " +
                             lmp->update->unit_style);
  return model;
}

LoadedSurface load_surface(LAMMPS *lmp, const std::string &file)
{
  const std::string path = find_file(file);
  LoadedSurface loaded;
  const FileKind kind = kind_of_file(file);
  if (kind == FileKind::yaml) {
    loaded.space = cgflow::make_cg_space(cgflow::Config::read(path));
    return loaded;
  }
  if (kind == FileKind::model) {
    loaded.surface = read_model(lmp, path).surface();
  } else {
    const int d = cgflow::pmf_variables(path);
    if (d > lmp->domain->dimension)
      throw cgflow::FileError(path + ": got a table of " + std::to_string(d) + " CG variables, the box has dimension " +
                              std::to_string(lmp->domain->dimension));
    cgflow::PmfFile file_content = cgflow::read_pmf(path, box_space(lmp, d));
    // A table without a header does not name its units.
    const std::string &units = file_content.header.units;
    if (!units.empty() && units != lmp->update->unit_style)
      throw cgflow::FileError(path + ": its energies are in units " + units + ", the script has units " +
                              lmp->update->unit_style);
    loaded.surface = std::move(file_content.table);
  }
  loaded.space = loaded.surface->space();
  return loaded;
}

}    // namespace LAMMPS_NS::CGFlow
