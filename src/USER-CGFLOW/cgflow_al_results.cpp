// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow_al_results.h"

#include "cgflow/atomic_file.h"
#include "cgflow/error.h"
#include "cgflow/learner.h"
#include "cgflow/pmf_file.h"

#include <filesystem>

using namespace LAMMPS_NS;

// Points along each CG variable in the PMF file, for one to three of them: over a full turn a point each 1.8, 3.6 or 9 degrees, and
// at most 69 000 lines.
static constexpr int kGridPoints[] = {201, 101, 41};

std::vector<std::string> CGFlowALResults::all_files() const
{
  std::vector<std::string> names = {options_.state_file(), options_.model_file(), options_.history_file()};
  if (has_pmf_file()) names.push_back(options_.pmf);
  return names;
}

std::string CGFlowALResults::text() const { return (has_pmf_file() ? options_.pmf + ", " : "") + options_.model_file(); }

// The model file is the last one: are_there() looks at its age only.
void CGFlowALResults::write(const cgflow::Learner &learner) const
{
  const cgflow::Model &model = learner.model();
  if (has_pmf_file())
    cgflow::write_pmf(options_.pmf, *model.ensemble_surface(), model.header(),
                      std::vector<int>(n_cv_, kGridPoints[n_cv_ - 1]));
  cgflow::write_file(options_.history_file(), learner.history());
  model.write(options_.model_file());
}

// A model file with more evaluations has been trained further elsewhere, for example by cgflow/train.
bool CGFlowALResults::are_there(const cgflow::Model &model) const
{
  for (const std::string &path : all_files())
    if (!std::filesystem::exists(path)) return false;
  try {
    const cgflow::Model written = cgflow::Model::read(options_.model_file());
    const auto before = written.counts.total(), now = model.counts.total();
    return before > now || (before == now && written.status == model.status);
  } catch (const cgflow::Error &) {
    return false;
  }
}
