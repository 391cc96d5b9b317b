// SPDX-License-Identifier: GPL-2.0-only
// The items of a model in its file and in a state file. A file with a right checksum can still hold anything: everything is compared
// with what a model can be before memory is taken for it.
#include "cgflow/model.h"

#include "base/text.h"
#include "files/content_errors.h"
#include "files/tensor_archive.h"
#include "model/model_parts.h"

#include "cgflow/error.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace cgflow {

namespace {

constexpr double kMost = Archive::kMostNumber;
constexpr std::int64_t kMostInt = std::numeric_limits<int>::max();

// Limits of kT and T. Products with a number of the file stay finite.
constexpr double kLeastTemperature = 1e-290, kMostTemperature = 1e100;

// Boltzmann's constant in the unit styles of LAMMPS, energy per temperature. Versions of LAMMPS differ in the sixth digit.
struct Units {
  const char *name;
  double boltz;
};
constexpr Units kUnits[] = {{"real", 0.0019872067},  {"metal", 8.617343e-5}, {"lj", 1.0},
                            {"si", 1.3806504e-23},   {"cgs", 1.3806504e-16}, {"electron", 3.16681534e-6},
                            {"micro", 1.3806504e-8}, {"nano", 0.013806504}};
constexpr double kSameTemperature = 1e-3;

// Arrays "labels.*" with one row per label: s [n, n_cv]; ln of the mean weight, relative variance, ESS share [n, 3];
// samples, rejected samples, iteration [n, 3], stored as [3 n].
void put_labels(Archive &archive, const std::vector<Label> &labels, int n_cv)
{
  std::vector<double> s, numbers;
  std::vector<std::int64_t> integers;
  for (const auto &label : labels) {
    s.insert(s.end(), label.s.begin(), label.s.end());
    numbers.insert(numbers.end(), {label.ln_mean_w, label.relative_variance, label.ess_share});
    integers.insert(integers.end(), {label.n, label.rejected, label.iteration});
  }
  const auto n = static_cast<std::int64_t>(labels.size());
  archive.put("labels.s", s, {n, n_cv});
  archive.put("labels.numbers", numbers, {n, 3});
  archive.put("labels.integers", integers);
}

Label label_of(const Archive &archive, const double *s, int n_cv, const double *numbers, const std::int64_t *integers,
               std::size_t row)
{
  const std::string which = "label " + std::to_string(row + 1) + ": got ";
  const std::int64_t n = integers[0], rejected = integers[1];
  if (n < 1 || rejected >= n)
    archive.refuse("labels.integers", which + std::to_string(n) + " samples, " + std::to_string(rejected) +
                                          " rejected, expected at least one sample that is not rejected");
  if (numbers[1] < 0.0 || !(numbers[2] > 0.0 && numbers[2] <= 1.0))
    archive.refuse("labels.numbers", which + "the relative variance " + std::to_string(numbers[1]) + " and the ESS share " +
                                         std::to_string(numbers[2]) +
                                         ", expected a variance >= 0 and a share above 0 up to 1");
  Label label;
  label.s.assign(s, s + n_cv);
  label.ln_mean_w = numbers[0];
  label.relative_variance = numbers[1];
  label.ess_share = numbers[2];
  label.n = static_cast<int>(n);
  label.rejected = static_cast<int>(rejected);
  label.iteration = static_cast<int>(integers[2]);
  return label;
}

std::vector<Label> get_labels(const Archive &archive, const CgSpace &space)
{
  const std::vector<double> &s = get_points(archive, "labels.s", space, {-1, space.n_cv()});
  const std::size_t n_cv = space.n_cv(), n = s.size() / n_cv;
  const auto rows = static_cast<std::int64_t>(n);
  const auto &numbers = archive.numbers("labels.numbers", {rows, 3}, -kMost, kMost);
  const auto &integers = archive.integers("labels.integers", 3 * rows, 0, kMostInt);
  std::vector<Label> labels;
  labels.reserve(n);
  for (std::size_t i = 0; i < n; ++i)
    labels.push_back(label_of(archive, &s[i * n_cv], space.n_cv(), &numbers[3 * i], &integers[3 * i], i));
  return labels;
}

ModelInfo get_info(const Archive &archive)
{
  ModelInfo info;
  info.units = archive.plain_text("info.units");
  const auto units =
      std::find_if(std::begin(kUnits), std::end(kUnits), [&](const Units &u) { return u.name == info.units; });
  if (units == std::end(kUnits))
    archive.refuse("info.units", "got '" + shown(info.units) + "', expected a unit style of LAMMPS");
  info.T = archive.number("info.T", kLeastTemperature, kMostTemperature);
  info.kT = archive.number("info.kT", std::numeric_limits<double>::min(), kMostTemperature);
  if (const double kT = units->boltz * info.T; !(std::abs(info.kT - kT) <= kSameTemperature * kT))
    archive.refuse("info.kT", "got " + format_number(info.kT) + ", expected " + format_number(kT) +
                                  " for T = " + format_number(info.T) + " in units " + info.units);
  info.molecule = get_molecule(archive);
  info.dimension = static_cast<int>(archive.integer("info.dimension", 2, 3));
  info.seed = static_cast<std::uint64_t>(archive.integer("info.seed"));
  info.threshold = archive.number("info.threshold", std::numeric_limits<double>::min(), kMost);
  info.probes = get_probes(archive, info.n_atoms());
  return info;
}

Config get_config(const Archive &archive)
{
  try {
    Config config = Config::parse(archive.plain_text("config"), "trained model");
    config.check();
    return config;
  } catch (...) {
    throw_content_error(archive, "item 'config'");
  }
}

// The ensemble of the config against its stored arrays; where there are none, against what memory allows.
void check_ensemble(const Archive &archive, const PmfConfig &pmf, bool fitted)
{
  constexpr int kMostMembers = 10000;
  constexpr double kMostWeights = 1e9;
  if (fitted && (archive.shape("ensemble/members").size() != 2 || archive.shape("ensemble/members")[0] != pmf.members))
    archive.refuse("ensemble/members",
                   "got another number of members than item 'config', which has " + std::to_string(pmf.members));
  if (!fitted && pmf.members > kMostMembers)
    archive.refuse("config", "got " + std::to_string(pmf.members) + " pmf.members, expected at most " +
                                 std::to_string(kMostMembers) + " without stored members");
  if (pmf.network != "mlp") return;
  // In floating point: widths of an int can make more weights than an integer holds.
  double weights = 0.0, width = 0.0;
  for (const int next : pmf.hidden) weights += next * (width + 1.0), width = next;
  const double most = fitted ? static_cast<double>(archive.shape("ensemble/members")[1]) : kMostWeights;
  if (weights > most)
    archive.refuse("config", "its pmf.hidden has " + format_number(weights) + " weights or more, expected at most " +
                                 format_number(most));
}

// The config's numbers of coordinates and weights against the stored arrays, before a model of that size is made. Returns the
// number of the flow's parameters.
std::int64_t check_sizes(const Archive &archive, const Config &config, const ModelInfo &info, bool fitted)
{
  const auto n_cv = static_cast<std::int64_t>(config.cg.size());
  // A molecule's internal coordinates leave out its rigid motions.
  const std::int64_t all =
      is_molecular(config) ? std::int64_t{3} * info.n_atoms() - 6 : std::int64_t{info.dimension} * info.n_atoms();
  archive.numbers("flow/mean", {all - n_cv}, -kMost, kMost);
  check_ensemble(archive, config.pmf, fitted);
  std::int64_t n = 0;
  for (const auto &name : archive.names("flow/")) n += static_cast<std::int64_t>(archive.numbers(name).size());
  return n;
}

}    // namespace

const std::vector<double> &get_points(const Archive &archive, const std::string &name, const CgSpace &space,
                                      const std::vector<std::int64_t> &shape)
{
  const std::vector<double> &s = archive.numbers(name, shape, -kMost, kMost);
  const std::size_t d = space.n_cv();
  if (s.size() % d != 0)
    archive.refuse(name, "got " + std::to_string(s.size()) + " numbers, expected " + std::to_string(d) + " for each point");
  for (std::size_t i = 0; i < s.size(); ++i) {
    const CgVariable &v = space[static_cast<int>(i % d)];
    // Points of a periodic variable may be one period off.
    const double margin = v.periodic ? v.width() : 0.0;
    if (!(s[i] >= v.lo - margin && s[i] <= v.hi + margin))
      archive.refuse(name, "point " + std::to_string(i / d + 1) + " has " + v.name + " = " + format_number(s[i]) +
                               ", expected a value from " + format_number(v.lo) + " to " + format_number(v.hi));
  }
  return s;
}

void Model::store(Archive &archive) const
{
  const Parts &p = *parts_;
  archive.put("config", p.config.to_yaml());
  archive.put("info.kT", p.info.kT);
  archive.put("info.T", p.info.T);
  archive.put("info.units", p.info.units);
  put_molecule(archive, p.info.molecule);
  archive.put("info.dimension", std::int64_t{p.info.dimension});
  archive.put("info.seed", static_cast<std::int64_t>(p.info.seed));
  archive.put("info.threshold", p.info.threshold);
  put_probes(archive, p.info.probes);
  archive.put("counts", std::vector<std::int64_t>{counts.md, counts.example, counts.energy, counts.test, counts.labels});
  archive.put("status", std::int64_t{static_cast<int>(status)});
  archive.put("iteration", std::int64_t{iteration});
  archive.put("fits", p.fits);
  archive.put("trainings", p.trainings);
  archive.put("fitted", std::int64_t{p.ensemble->fitted()});
  put_tensors(archive, "flow/", p.flow->state());
  if (p.ensemble->fitted()) put_tensors(archive, "ensemble/", p.ensemble->state());
  put_labels(archive, p.labels, space().n_cv());
  // Nearly all models have none.
  if (!p.rejected_points.empty())
    archive.put("labels.rejected_points", p.rejected_points,
                {static_cast<std::int64_t>(p.rejected_points.size()) / space().n_cv(), space().n_cv()});
}

Model Model::from_archive(const Archive &archive)
{
  const ModelInfo info = get_info(archive);
  const Config config = get_config(archive);
  const bool fitted = archive.flag("fitted");
  const auto counts = archive.integers("counts", 5, 0, Archive::kMostCount);
  const auto status = learning_status(archive.integer("status", 0, 3));
  const std::int64_t flow_numbers = check_sizes(archive, config, info, fitted);
  try {
    Model model(config, info, flow_numbers);
    model.counts = {counts[0], counts[1], counts[2], counts[3], counts[4]};
    model.status = *status;
    model.iteration = static_cast<int>(archive.integer("iteration", 0, kMostInt / 2));
    Parts &p = *model.parts_;
    p.fits = archive.integer("fits", 0, Archive::kMostCount);
    p.trainings = archive.integer("trainings", 0, Archive::kMostCount);
    p.flow->load(get_tensors(archive, "flow/", forms_of(p.flow->state())));
    const NamedTensors ensemble = get_tensors(archive, "ensemble/", fitted ? p.ensemble->forms() : TensorForms());
    if (fitted) p.ensemble->load(ensemble);
    p.labels = get_labels(archive, model.space());
    if (archive.has("labels.rejected_points"))
      p.rejected_points = get_points(archive, "labels.rejected_points", model.space(), {-1, model.space().n_cv()});
    if (fitted && p.labels.empty())
      archive.refuse("labels.s", "got no label, expected the labels to which the stored PMF was fitted");
    return model;
  } catch (...) {
    throw_content_error(archive, "items 'config', 'molecule.*' and 'flow/*' do not fit each other");
  }
}

void Model::write(const std::string &path) const
{
  Archive archive("model");
  store(archive);
  archive.write(path);
}

Model Model::read(const std::string &path) { return from_archive(Archive::read(path, "model")); }

}    // namespace cgflow
