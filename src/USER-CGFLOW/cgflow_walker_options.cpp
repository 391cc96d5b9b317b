// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow_walker_options.h"

#include "error.h"
#include "lammps.h"
#include "utils.h"

#include <cmath>
#include <cstring>

namespace LAMMPS_NS::CGFlow {

namespace {

const char kWhere[] = "fix cgflow/mc";

double temperature(LAMMPS *lmp, const char *text)
{
  const double T = utils::numeric(FLERR, text, false, lmp);
  if (!(T > 0.0) || !std::isfinite(T))
    lmp->error->all(FLERR, "{}: got the temperature {}, expected a number > 0", kWhere, text);
  return T;
}

// `number`: 1, 2, ...
double step(LAMMPS *lmp, const char *text, int number)
{
  if (!utils::is_double(text))
    lmp->error->all(FLERR, "{}: got {} as step {}, expected a length > 0 in box units, or the keyword exchange", kWhere,
                    text, number);
  const double length = utils::numeric(FLERR, text, false, lmp);
  if (!(length > 0.0) || !std::isfinite(length))
    lmp->error->all(FLERR, "{}: got {} as step {}, expected a length > 0 in box units", kWhere, text, number);
  return length;
}

// Arguments of the keyword exchange: N T2 T3 ...
WalkerExchange exchange(LAMMPS *lmp, double T, int narg, char **arg)
{
  if (narg < 2) utils::missing_cmd_args(FLERR, "fix cgflow/mc ... exchange N T2 ...", lmp->error);
  const bigint every = utils::bnumeric(FLERR, arg[0], false, lmp);
  if (every < 1) lmp->error->all(FLERR, "{}: exchange: got every {} sweeps, expected an integer >= 1", kWhere, arg[0]);
  std::vector<double> ladder{T};
  for (int k = 1; k < narg; ++k) {
    const double next = temperature(lmp, arg[k]);
    if (next <= ladder.back())
      lmp->error->all(FLERR,
                      "{}: exchange: got the temperature {} after {}, expected temperatures that rise from that of the fix",
                      kWhere, arg[k], ladder.back());
    ladder.push_back(next);
  }
  return WalkerExchange(every, std::move(ladder));
}

}    // namespace

WalkerOptions parse_walker_options(LAMMPS *lmp, int narg, char **arg)
{
  Error *error = lmp->error;
  if (narg < 6) utils::missing_cmd_args(FLERR, "fix cgflow/mc T seed step1 ...", error);
  WalkerOptions options;
  const double T = temperature(lmp, arg[3]);
  const bigint seed = utils::bnumeric(FLERR, arg[4], false, lmp);
  if (seed < 1 || seed > MAXSMALLINT)
    error->all(FLERR, "{}: got the seed {}, expected an integer from 1 to {}", kWhere, arg[4], MAXSMALLINT);
  options.seed = static_cast<int>(seed);
  int end = 5;
  while (end < narg && strcmp(arg[end], "exchange") != 0) ++end;
  if (end == 5) utils::missing_cmd_args(FLERR, "fix cgflow/mc T seed step1 ...", error);
  for (int k = 5; k < end; ++k) options.steps.push_back(step(lmp, arg[k], k - 4));
  options.exchange = end == narg ? WalkerExchange(T) : exchange(lmp, T, narg - end - 1, arg + end + 1);
  return options;
}

}    // namespace LAMMPS_NS::CGFlow
