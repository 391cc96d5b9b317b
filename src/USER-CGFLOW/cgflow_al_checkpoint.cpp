// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow_al_checkpoint.h"

#include "fix_cgflow_mc.h"

#include "atom.h"
#include "comm.h"
#include "domain.h"
#include "fmt/format.h"

#include "cgflow/archive.h"
#include "cgflow/error.h"
#include "cgflow/molecule.h"

#include <filesystem>
#include <limits>
#include <numeric>

using namespace LAMMPS_NS;

namespace {
constexpr std::size_t kMostWorlds = 1'000'000;

std::string number(double value) { return fmt::format("{:.15g}", value); }

std::string list(const std::vector<std::int64_t> &values)
{
  std::string text;
  for (const std::int64_t value : values) text += std::to_string(value) + " ";
  if (!text.empty()) text.pop_back();
  return text;
}
}    // namespace

bool CGFlowALCheckpoint::exists() const { return !options_.fresh && std::filesystem::exists(options_.state_file()); }

void CGFlowALCheckpoint::load(const cgflow::Config &config, const cgflow::ModelInfo &info, const Parts &parts)
{
  const cgflow::Archive archive = cgflow::Archive::read(options_.state_file(), "state");
  check(archive, config, info, parts.worlds);
  layout_remark_ = compare_layout(archive, parts.worlds);
  parts.learner.load(archive);
  parts.ledger.load(archive);
  load_counts(archive, parts);
  parts.pending = archive.flag("pending");
  walkers_.emplace(CGFlow::WalkerRows::read(archive, "walkers.rows", parts.learner.model().space(), parts.worlds.walkers()));
}

// Where the worlds are others, the first one gets the sums over all.
void CGFlowALCheckpoint::load_counts(const cgflow::Archive &archive, const Parts &parts) const
{
  const std::size_t n = parts.mc.counts().size(), worlds = archive.integers("ranks").size();
  const auto &all = archive.numbers("mc.counts", {static_cast<std::int64_t>(n * worlds)}, 0.0,
                                    static_cast<double>(cgflow::Archive::kMostCount));
  const auto mine = static_cast<std::size_t>(parts.worlds.mine());
  std::vector<double> counts(n, 0.0);
  for (std::size_t w = 0; w < worlds; ++w)
    if (worlds == static_cast<std::size_t>(parts.worlds.count()) ? w == mine : mine == 0)
      for (std::size_t i = 0; i < n; ++i) counts[i] += all[w * n + i];
  parts.mc.set_counts(counts);
}

void CGFlowALCheckpoint::put_walkers(FixCGFlowMC &mc, const CGFlowWorlds &worlds)
{
  walkers_->put(lmp_, mc, worlds.first_id(), options_.state_file());
  walkers_.reset();
}

void CGFlowALCheckpoint::write(const Parts &parts, cgflow::Communicator &comm) const
{
  const CGFlowWorlds &worlds = parts.worlds;
  const auto walkers =
      CGFlow::WalkerRows::gather(lmp_, parts.mc, comm, parts.learner.model().space().n_cv(), worlds.first_id());
  std::vector<double> mc_counts = parts.mc.counts();
  if (lmp_->comm->me != 0) mc_counts.clear();
  mc_counts = comm.gather(mc_counts);
  if (comm.rank() != 0) return;
  cgflow::Archive archive("state");
  parts.learner.store(archive);
  parts.ledger.store(archive);
  archive.put("pending", std::int64_t{parts.pending});
  // One number per world.
  archive.put("ranks", worlds.ranks_each());
  archive.put("walkers", worlds.walkers_each());
  archive.put("walkers.rows", walkers.numbers(), {static_cast<std::int64_t>(walkers.numbers().size())});
  archive.put("mc.counts", mc_counts, {static_cast<std::int64_t>(mc_counts.size())});
  const double *lo = lmp_->domain->boxlo, *hi = lmp_->domain->boxhi;
  archive.put("box", std::vector<double>{lo[0], hi[0], lo[1], hi[1], lo[2], hi[2]}, {6});
  archive.write(options_.state_file());
}

namespace {
cgflow::Config stored_config(const cgflow::Archive &archive)
{
  const std::string &text = archive.plain_text("config");
  try {
    // Differences from the config here are told by the name of the file.
    return cgflow::Config::parse(text, archive.source());
  } catch (const cgflow::ConfigError &e) {
    const std::string error = e.what();
    archive.refuse("config", error.starts_with(archive.source()) ? error.substr(archive.source().size() + 1) : error);
  }
}
}    // namespace

void CGFlowALCheckpoint::differ(const std::string &what, const std::string &got, const std::string &here) const
{
  throw cgflow::ModelError(
      fmt::format("{}: its {} is {}, here it is {}; use the same command line, or fresh yes to begin anew",
                  options_.state_file(), what, got, here));
}

void CGFlowALCheckpoint::check(const cgflow::Archive &archive, const cgflow::Config &config, const cgflow::ModelInfo &info,
                               const CGFlowWorlds &worlds) const
{
  const auto check_integer = [&](const std::string &what, std::int64_t got, std::int64_t here) {
    if (got != here) differ(what, std::to_string(got), std::to_string(here));
  };
  if (archive.plain_text("info.units") != info.units) differ("unit style", archive.plain_text("info.units"), info.units);
  if (archive.number("info.T") != info.T) differ("temperature", number(archive.number("info.T")), number(info.T));
  check_integer("seed", archive.integer("info.seed"), info.seed);
  if (archive.number("info.threshold") != info.threshold)
    differ("threshold", number(archive.number("info.threshold")), number(info.threshold));
  // Sums do not overflow.
  constexpr std::int64_t most = std::numeric_limits<int>::max();
  const auto &walkers = archive.integers("walkers", -1, 0, most);
  if (walkers.empty() || walkers.size() > kMostWorlds)
    archive.refuse("walkers", fmt::format("got {} numbers, expected one for each partition", walkers.size()));
  archive.integers("ranks", static_cast<std::int64_t>(walkers.size()), 1, most);
  check_integer("number of walkers", std::accumulate(walkers.begin(), walkers.end(), std::int64_t{0}), worlds.walkers());
  const cgflow::Molecule molecule = cgflow::get_molecule(archive);
  check_integer("number of atoms in the atomistic system", molecule.n_atoms(), info.n_atoms());
  check_integer("dimension of the atomistic system", archive.integer("info.dimension"), info.dimension);
  const cgflow::Config stored = stored_config(archive);
  stored.require_same_model(config);
  if (const auto difference = stored.first_difference(config))
    differ("YAML key " + difference->key, difference->here, difference->there + " in " + options_.yaml);
  if (cgflow::is_molecular(config))
    if (const std::string text =
            cgflow::molecule_difference(molecule, "the state's molecule", info.molecule, options_.atomistic);
        !text.empty())
      throw cgflow::ModelError(options_.state_file() + ": it is of another molecule: " + text +
                               "; use the same command line, or fresh yes to begin anew");
  check_box(archive);
}

// Random numbers belong to walkers, labels and samples, not to ranks. Only the order of sums over ranks is another one.
std::string CGFlowALCheckpoint::compare_layout(const cgflow::Archive &archive, const CGFlowWorlds &worlds) const
{
  const auto compare = [&](const std::string &what, const std::vector<std::int64_t> &got,
                           const std::vector<std::int64_t> &here) -> std::string {
    if (got == here) return "";
    const bool several = got.size() > 1 || here.size() > 1;
    return fmt::format("the number of {}{} was {} and is {} here", what, several ? " in each partition" : "", list(got),
                       list(here));
  };
  const std::string ranks = compare("ranks", archive.integers("ranks"), worlds.ranks_each());
  const std::string walkers = compare("walkers", archive.integers("walkers"), worlds.walkers_each());
  if (ranks.empty() && walkers.empty()) return "";
  return options_.state_file() + ": " + ranks + (ranks.empty() || walkers.empty() ? "" : ", ") + walkers +
         "; learning goes on with the same accuracy, not bit for bit";
}

void CGFlowALCheckpoint::check_box(const cgflow::Archive &archive) const
{
  const auto &box = archive.numbers("box", {6}, -std::numeric_limits<double>::max(), std::numeric_limits<double>::max());
  for (int k = 0; k < 3; ++k)
    if (box[2 * k] != lmp_->domain->boxlo[k] || box[2 * k + 1] != lmp_->domain->boxhi[k])
      differ(std::string("box in ") + "xyz"[k], number(box[2 * k]) + " to " + number(box[2 * k + 1]),
             number(lmp_->domain->boxlo[k]) + " to " + number(lmp_->domain->boxhi[k]));
}
