// SPDX-License-Identifier: GPL-2.0-only
// Entry of the LAMMPS plugin: one table of styles.
#include "cgflow_command_backmap.h"
#include "cgflow_command_pmf.h"
#include "cgflow_command_train.h"
#include "compute_cgflow_cv.h"
#include "compute_cgflow_std.h"
#include "fix_cgflow_al.h"
#include "fix_cgflow_mc.h"
#include "fix_mueller_brown.h"
#include "pair_cgflow_pmf.h"
#include "pair_gb_obc.h"

#include "comm.h"
#include "command.h"
#include "error.h"
#include "input.h"
#include "lammps.h"

#include <utility>

#if __has_include("lammpsplugin.h")
#include "lammpsplugin.h"
#else
// LAMMPS' interface for plugins. Not every installation has its header.
extern "C" {
typedef void *(lammpsplugin_factory1) (void *);
typedef void *(lammpsplugin_factory2) (void *, int, char **);
typedef struct {
  const char *version;
  const char *style;
  const char *name;
  const char *info;
  const char *author;
  union {
    lammpsplugin_factory1 *v1;
    lammpsplugin_factory2 *v2;
  } creator;
  void *handle;
} lammpsplugin_t;
typedef void (*lammpsplugin_regfunc)(lammpsplugin_t *, void *);
}
#endif

using namespace LAMMPS_NS;

// From the OpenMP runtime, if the process has one.
extern "C" void omp_set_num_threads(int) __attribute__((weak));

namespace {

template <class Style> void *pair(void *lmp) { return static_cast<Pair *>(new Style(static_cast<LAMMPS *>(lmp))); }

template <class Style> Command *command(LAMMPS *lmp) { return new Style(lmp); }

template <class Style> void *fix(void *lmp, int narg, char **arg)
{
  return static_cast<Fix *>(new Style(static_cast<LAMMPS *>(lmp), narg, arg));
}

template <class Style> void *compute(void *lmp, int narg, char **arg)
{
  return static_cast<Compute *>(new Style(static_cast<LAMMPS *>(lmp), narg, arg));
}

// Since this version plugins belong to the process. Before it, each instance loads and unloads plugins for itself: a child would not
// have the plugin's styles, and its end would remove them from its parent.
constexpr int kOldest = 20250612;

struct StyleRow {
  const char *kind, *name, *info;
  lammpsplugin_factory1 *without_arguments;
  lammpsplugin_factory2 *with_arguments;
};

// clang-format off
const StyleRow kStyles[] = {
  {"pair",    "cgflow/pmf",     "cgflow: learned PMF as the potential of walkers",  pair<PairCGFlowPMF>, nullptr},
  {"pair",    "gb/obc",         "cgflow: generalized Born OBC with surface term",   pair<PairGBOBC>, nullptr},
  {"fix",     "cgflow/mc",      "cgflow: Monte Carlo of walkers",                   nullptr, fix<FixCGFlowMC>},
  {"fix",     "cgflow/al",      "cgflow: active learning of the PMF",               nullptr, fix<FixCGFlowAL>},
  {"fix",     "mueller/brown",  "cgflow: Mueller-Brown surface",                    nullptr, fix<FixMuellerBrown>},
  {"compute", "cgflow/std",     "cgflow: std of the PMF per walker",                nullptr, compute<ComputeCGFlowStd>},
  {"compute", "cgflow/cv",      "cgflow: CG variables of molecules",                nullptr, compute<ComputeCGFlowCV>},
};

const std::pair<const char *, Input::CommandCreator> kCommands[] = {
  {"cgflow/train",   command<CGFlowCommandTrain>},
  {"cgflow/pmf",     command<CGFlowCommandPmf>},
  {"cgflow/backmap", command<CGFlowCommandBackmap>},
};
// clang-format on

}    // namespace

extern "C" __attribute__((visibility("default"))) void lammpsplugin_init(void *lmp, void *handle, void *register_style)
{
  auto *lammps = static_cast<LAMMPS *>(lmp);
  if (lammps->num_ver < kOldest)
    lammps->error->all(
        FLERR,
        "cgflow: the plugin needs LAMMPS of 12 Jun 2025 or newer, this is version {}: older ones do not show a plugin's "
        "styles to child instances, which compute the energies. Build cgflow as a package of this LAMMPS instead: "
        "doc/Howto_cgflow_install.rst, ways (b) and (c)",
        lammps->version);
#ifdef CGFLOW_LAMMPS_VERSION
  // The layout of LAMMPS' classes differs between versions, and the library does not show it. A plugin of another version would crash
  // later.
  if (lammps->num_ver != CGFLOW_LAMMPS_VERSION)
    lammps->error->all(FLERR, "cgflow: the plugin was built for LAMMPS version {}, this is version {}: expected the same",
                       CGFLOW_LAMMPS_VERSION, lammps->num_ver);
#endif
  // Kernels use as many threads as OpenMP says. A LAMMPS with OpenMP has set that number already; one without means 1 thread, not one
  // per core.
  if (omp_set_num_threads) omp_set_num_threads(lammps->comm->nthreads);
  const auto add = reinterpret_cast<lammpsplugin_regfunc>(register_style);
  for (const StyleRow &row : kStyles) {
    lammpsplugin_t plugin{};
    plugin.version = lammps->version;
    plugin.style = row.kind;
    plugin.name = row.name;
    plugin.info = row.info;
    plugin.author = "cgflow developers";
    if (row.without_arguments)
      plugin.creator.v1 = row.without_arguments;
    else
      plugin.creator.v2 = row.with_arguments;
    plugin.handle = handle;
    (*add)(&plugin, lmp);
  }
  // Not by LAMMPS' list of plugins: the table of commands outlives a `clear`, which would add the commands of the list again, with a
  // warning for each.
  for (const auto &[name, creator] : kCommands) (*lammps->input->command_map)[name] = creator;
}
