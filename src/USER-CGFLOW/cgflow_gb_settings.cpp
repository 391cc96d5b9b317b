// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow_gb_settings.h"

#include "error.h"
#include "lammps.h"
#include "update.h"
#include "utils.h"

#include <cmath>
#include <cstring>

using namespace LAMMPS_NS;
using namespace LAMMPS_NS::CGFlow;

namespace {

// Defaults in Angstrom and kJ/mol: those of AMBER (igb 2 and 5) and OpenMM.
constexpr double kOffset = 0.09, kProbe = 1.4, kSurface = 0.283919551;

// One kJ/mol in J, exact since the SI of 2019.
constexpr double kJoule = 1000.0 / 6.02214076e23;

struct Units {
  const char *style;
  double angstrom, kj_per_mol;    // in units of the style
};

constexpr Units kUnits[] = {{"real", 1.0, 1.0 / 4.184},
                            {"metal", 1.0, kJoule / 1.602176634e-19},
                            {"electron", 1.0 / 0.529177210903, kJoule / 4.3597447222071e-18},
                            {"si", 1e-10, kJoule},
                            {"cgs", 1e-8, kJoule * 1e7},
                            {"micro", 1e-4, kJoule * 1e15},
                            {"nano", 0.1, kJoule * 1e21}};

struct Keyword {
  const char *name;
  double GbSettings::*value;
  bool positive;    // if false, zero is allowed, too
};

constexpr Keyword kKeywords[] = {{"solvent", &GbSettings::solvent, true},
                                 {"solute", &GbSettings::solute, true},
                                 {"surface", &GbSettings::surface, false},
                                 {"offset", &GbSettings::offset, false},
                                 {"probe", &GbSettings::probe, false}};
constexpr char kAllowed[] = "solvent, solute, surface, offset, probe";

}    // namespace

GbSettings GbSettings::parse(LAMMPS *lmp, const char *where, int narg, char **arg)
{
  Error *error = lmp->error;
  GbSettings settings;
  const Units *units = nullptr;
  for (const Units &u : kUnits)
    if (strcmp(u.style, lmp->update->unit_style) == 0) units = &u;
  // NaN marks a value that is not known yet.
  const double angstrom = units ? units->angstrom : NAN, kj_per_mol = units ? units->kj_per_mol : NAN;
  settings.offset = kOffset * angstrom;
  settings.probe = kProbe * angstrom;
  settings.surface = kSurface * kj_per_mol / (angstrom * angstrom);

  int iarg = 0;
  if (narg > 0 && (strcmp(arg[0], "obc1") == 0 || strcmp(arg[0], "obc2") == 0)) settings.variant = arg[iarg++][3] - '0';
  while (iarg < narg) {
    const Keyword *keyword = nullptr;
    for (const Keyword &k : kKeywords)
      if (strcmp(k.name, arg[iarg]) == 0) keyword = &k;
    if (!keyword)
      error->all(FLERR, "{}: got {}, expected {}one of the keywords {}", where, arg[iarg], iarg == 0 ? "obc1, obc2 or " : "",
                 kAllowed);
    if (iarg + 2 > narg) utils::missing_cmd_args(FLERR, fmt::format("{} {}", where, keyword->name), error);
    const double value = utils::numeric(FLERR, arg[iarg + 1], false, lmp);
    if (!std::isfinite(value) || value < 0.0 || (keyword->positive && value == 0.0))
      error->all(FLERR, "{}: got {} {}, expected a number {} 0", where, keyword->name, arg[iarg + 1],
                 keyword->positive ? "above" : "of at least");
    settings.*keyword->value = value;
    iarg += 2;
  }
  if (settings.surface == 0.0 && std::isnan(settings.probe)) settings.probe = 0.0;
  for (const Keyword &k : kKeywords)
    if (std::isnan(settings.*k.value))
      error->all(FLERR,
                 "{}: the default of {} is not known in units {}: give offset, surface and, unless surface is 0, probe",
                 where, k.name, lmp->update->unit_style);
  return settings;
}

cgflow::GeneralizedBornModel GbSettings::model(double qqr2e) const
{
  // Onufriev, Bashford and Case: models I and II.
  const bool two = variant == 2;
  return {two ? 1.0 : 0.8,
          two ? 0.8 : 0.0,
          two ? 4.85 : 2.909125,
          offset,
          probe,
          surface,
          qqr2e * (1.0 / solute - 1.0 / solvent)};
}
