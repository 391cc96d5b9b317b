// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow_al_options.h"

#include "error.h"
#include "lammps.h"
#include "platform.h"
#include "utils.h"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace LAMMPS_NS {

namespace {

const char *const kKeywords[] = {"atomistic", "threshold", "pmf", "start", "fresh", "checkpoint", "copies", "share"};

void parse_checkpoint(LAMMPS *lmp, const std::string &value, const std::string &unit, CGFlowALOptions &options)
{
  if (unit == "sweeps") {
    options.checkpoint_sweeps = utils::bnumeric(FLERR, value, false, lmp);
    if (options.checkpoint_sweeps <= 0)
      lmp->error->all(FLERR, "Fix cgflow/al checkpoint: got {} sweeps, expected a number > 0", value);
  } else if (unit == "minutes") {
    options.checkpoint_sweeps = 0;
    options.checkpoint_minutes = utils::numeric(FLERR, value, false, lmp);
    if (!(options.checkpoint_minutes > 0.0))
      lmp->error->all(FLERR, "Fix cgflow/al checkpoint: got {} minutes, expected a number > 0", value);
  } else {
    lmp->error->all(FLERR, "Fix cgflow/al checkpoint: got the unit {}, expected sweeps or minutes", unit);
  }
}

std::string stem(const std::string &path)
{
  const std::string name = platform::path_basename(path);
  const auto dot = name.rfind('.');
  return dot == std::string::npos || dot == 0 ? name : name.substr(0, dot);
}

}    // namespace

CGFlowALOptions parse_cgflow_al(LAMMPS *lmp, int narg, char **arg)
{
  Error *error = lmp->error;
  if (narg < 6) utils::missing_cmd_args(FLERR, "fix cgflow/al T seed FILE atomistic SCRIPT ...", error);
  CGFlowALOptions options;
  options.T = utils::numeric(FLERR, arg[3], false, lmp);
  if (!(options.T > 0.0) || !std::isfinite(options.T))
    error->all(FLERR, "Fix cgflow/al: got the temperature {}, expected a number > 0", arg[3]);
  options.seed = utils::inumeric(FLERR, arg[4], false, lmp);
  if (options.seed <= 0) error->all(FLERR, "Fix cgflow/al: got the seed {}, expected an integer > 0", arg[4]);
  options.yaml = arg[5];
  options.name = stem(options.yaml);
  options.pmf = options.name + ".pmf";

  int iarg = 6;
  while (iarg < narg) {
    const std::string keyword = arg[iarg];
    if (std::find(std::begin(kKeywords), std::end(kKeywords), keyword) == std::end(kKeywords))
      error->all(
          FLERR,
          "Fix cgflow/al: unknown keyword {}, expected atomistic, threshold, pmf, start, fresh, checkpoint, copies or share",
          keyword);
    const int values = keyword == "checkpoint" ? 2 : 1;
    if (iarg + values >= narg) utils::missing_cmd_args(FLERR, "fix cgflow/al " + keyword, error);
    const std::string value = arg[iarg + 1];
    if (keyword == "atomistic") {
      options.atomistic = value;
    } else if (keyword == "threshold") {
      options.threshold = utils::numeric(FLERR, value, false, lmp);
      if (!(options.threshold > 0.0))
        error->all(FLERR, "Fix cgflow/al threshold: got {}, expected a number of kT > 0", value);
    } else if (keyword == "pmf") {
      options.pmf = value;
    } else if (keyword == "start") {
      if (value != "data" && value != "here") error->all(FLERR, "Fix cgflow/al start: got {}, expected data or here", value);
      options.start_at_data = value == "data";
    } else if (keyword == "fresh") {
      options.fresh = utils::logical(FLERR, value, false, lmp) == 1;
    } else if (keyword == "share") {
      options.share = utils::logical(FLERR, value, false, lmp) == 1;
    } else if (keyword == "checkpoint") {
      parse_checkpoint(lmp, value, arg[iarg + 2], options);
    } else {
      options.copies = utils::inumeric(FLERR, value, false, lmp);
      if (options.copies < 1) error->all(FLERR, "Fix cgflow/al copies: got {}, expected an integer > 0", value);
    }
    iarg += 1 + values;
  }
  if (options.atomistic.empty())
    error->all(FLERR, "Fix cgflow/al: keyword atomistic is missing, it names the script that defines the all-atom system");
  return options;
}

}    // namespace LAMMPS_NS
