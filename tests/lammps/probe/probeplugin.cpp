// SPDX-License-Identifier: GPL-2.0-only
// A plugin for tests: the walkers' styles and fix cgflow/al/probe.
#include "compute_cgflow_std.h"
#include "fix_cgflow_al_probe.h"
#include "fix_cgflow_mc.h"
#include "pair_cgflow_pmf.h"

using namespace LAMMPS_NS;

namespace {

// LAMMPS' plugin interface, as in cgflowplugin.cpp.
struct Plugin {
  const char *version, *style, *name, *info, *author;
  void *creator;
  void *handle;
};

void *new_pair(void *lmp) { return static_cast<Pair *>(new PairCGFlowPMF(static_cast<LAMMPS *>(lmp))); }
template <class Base, class Style> void *create(void *lmp, int narg, char **arg)
{
  return static_cast<Base *>(new Style(static_cast<LAMMPS *>(lmp), narg, arg));
}

}    // namespace

extern "C" __attribute__((visibility("default"))) void lammpsplugin_init(void *lmp, void *handle, void *add)
{
  const auto register_style = reinterpret_cast<void (*)(Plugin *, void *)>(add);
  const struct {
    const char *kind, *name;
    void *creator;
  } styles[] = {
      {"pair", "cgflow/pmf", reinterpret_cast<void *>(&new_pair)},
      {"fix", "cgflow/mc", reinterpret_cast<void *>(&create<Fix, FixCGFlowMC>)},
      {"fix", "cgflow/al/probe", reinterpret_cast<void *>(&create<Fix, FixProbe>)},
      {"compute", "cgflow/std", reinterpret_cast<void *>(&create<Compute, ComputeCGFlowStd>)},
  };
  for (const auto &style : styles) {
    Plugin plugin{
        static_cast<LAMMPS *>(lmp)->version, style.kind, style.name, "probe", "cgflow developers", style.creator, handle};
    register_style(&plugin, lmp);
  }
}
