// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow/probes.h"

#include "base/text.h"

#include "cgflow/archive.h"
#include "cgflow/energy_model.h"
#include "cgflow/error.h"

#include <cmath>

namespace cgflow {

namespace {

// Constants, see doc/Howto_cgflow_theory.rst, Constants.
constexpr double kSameEnergy = 1e-3;            // kT
constexpr double kSameEnergyRelative = 1e-8;    // of the energy

}    // namespace

int first_difference(const std::vector<double> &there, const std::vector<double> &here, double kT)
{
  for (std::size_t i = 0; i < there.size(); ++i) {
    const double most = kSameEnergy * kT + kSameEnergyRelative * std::fabs(there[i]);
    // Also true for a NaN.
    if (!(std::fabs(here[i] - there[i]) <= most)) return static_cast<int>(i);
  }
  return -1;
}

void require_same_energies(const Probes &probes, EnergyModel &energy, double kT, const std::string &file,
                           const std::string &script, const std::string &advice, bool outside)
{
  if (probes.empty()) return;
  std::vector<double> here(probes.energies.size()), forces(probes.x.size());
  energy.evaluate(static_cast<int>(here.size()), probes.x.data(), here.data(), forces.data());
  for (std::size_t i = 0; i < here.size(); ++i)
    if (outside && std::isinf(here[i])) here[i] = probes.energies[i];
  const int i = first_difference(probes.energies, here, kT);
  if (i < 0) return;
  throw ModelError(
      formatted("%s: it was made with another force field or system: at a probe conformer its energy is %.10g, with %s "
                "it is %.10g; %s",
                file.c_str(), probes.energies[i], script.c_str(), here[i], advice.c_str()));
}

void put_probes(Archive &archive, const Probes &probes)
{
  if (probes.empty()) return;
  const auto n = static_cast<std::int64_t>(probes.energies.size());
  archive.put("probes.x", probes.x, {n, static_cast<std::int64_t>(probes.x.size()) / n});
  archive.put("probes.energies", probes.energies);
}

Probes get_probes(const Archive &archive, int n_atoms)
{
  constexpr double most = 1e300;
  Probes probes;
  if (!archive.has("probes.energies") && !archive.has("probes.x")) return probes;
  probes.energies = archive.numbers("probes.energies", {-1}, -most, most);
  const auto n = static_cast<std::int64_t>(probes.energies.size());
  probes.x = archive.numbers("probes.x", {n, std::int64_t{3} * n_atoms}, -most, most);
  return probes;
}

}    // namespace cgflow
