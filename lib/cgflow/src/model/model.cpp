// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow/model.h"

#include "files/tensor_archive.h"
#include "model/ensemble_surface.h"
#include "model/model_parts.h"
#include "model/pmf_domain.h"

#include "cgflow/error.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace cgflow {

namespace {

// Constants, see doc/Howto_cgflow_theory.rst, Constants.
constexpr double kTableTolerance = 1e-3;            // kT, between the ensemble and its table
constexpr std::size_t kMaxTablePoints = 4000000;    // 64 MB of F and std

// Elements are recognized by masses in g/mol, and tolerances of lengths assume bond lengths of the order of one.
void check_units(const Config &config, const std::string &units)
{
  if (!is_molecular(config) || units == "real" || units == "metal" || units == "electron" || units == "lj") return;
  throw ConfigError("cg '" + config.cg[0].name + "': got the kind " + config.cg[0].kind() + " in units " + units +
                    ", expected units real, metal, electron or lj");
}

}    // namespace

Model::Model(const Config &config, const ModelInfo &info) : parts_(std::make_unique<Parts>())
{
  Parts &p = *parts_;
  config.check();
  check_units(config, info.units);
  p.config = config;
  p.info = info;
  p.map = make_coordinate_map(config, info.molecule, info.dimension);
  p.flow = std::make_unique<ConditionalFlow>(config.flow, p.map->space(), p.map->fine(), info.seed);
  p.ensemble = std::make_unique<PmfEnsemble>(config.pmf, p.map->space(), info.seed);
}

Model::~Model() = default;
Model::Model(Model &&) noexcept = default;
Model &Model::operator=(Model &&) noexcept = default;

const Config &Model::config() const { return parts_->config; }
const ModelInfo &Model::info() const { return parts_->info; }
const CgSpace &Model::space() const { return parts_->map->space(); }
bool Model::has_pmf() const { return parts_->ensemble->fitted(); }
const std::vector<Label> &Model::labels() const { return parts_->labels; }
const std::vector<double> &Model::rejected_points() const { return parts_->rejected_points; }

void Model::set_probes(Probes probes) { parts_->info.probes = std::move(probes); }

void Model::continue_as(const Config &config, const ModelInfo &info)
{
  Parts &p = *parts_;
  config.check();
  p.config.require_same_model(config);
  ModelInfo same = info;
  same.seed = p.info.seed;
  same.threshold = p.info.threshold;
  if (is_molecular(config))
    if (const std::string text = molecule_difference(p.info.molecule, "the model's molecule", info.molecule, "the one here");
        !text.empty())
      throw ModelError("Model: it was trained for another molecule: " + text);
  // The coordinate map depends on the model's own structure.
  if (info.n_atoms() == p.info.n_atoms()) same.molecule = p.info.molecule;
  same.probes = p.info.probes;
  if (!(same == p.info)) {
    const auto text = [](const ModelInfo &i) {
      return "units " + i.units + ", T = " + std::to_string(i.T) + ", " + std::to_string(i.n_atoms()) +
             " atoms, dimension " + std::to_string(i.dimension);
    };
    throw ModelError("Model: it was trained for " + text(p.info) + ", here it is to be used with " + text(info));
  }
  same.seed = info.seed;
  same.threshold = info.threshold;
  p.config = config;
  p.info = same;
  // The seed keys the members' prior functions and bootstrap weights.
  const NamedTensors members = p.ensemble->state();
  p.ensemble = std::make_unique<PmfEnsemble>(config.pmf, p.map->space(), info.seed);
  p.ensemble->load(members);
}

std::shared_ptr<const PmfSurface> Model::ensemble_surface() const
{
  if (!has_pmf()) throw ModelError("Model: it holds no PMF yet, train it by energy first");
  return std::make_shared<EnsembleSurface>(*parts_);
}

std::shared_ptr<const PmfSurface> Model::surface() const
{
  auto ensemble = ensemble_surface();
  if (!config().pmf.table || space().n_cv() > 3) return ensemble;
  auto table = PmfTable::sample(*ensemble, kTableTolerance * info().kT, kMaxTablePoints);
  if (!table) return ensemble;
  return std::shared_ptr<const PmfSurface>(std::move(table));
}

bool Model::lacks_table(const PmfSurface &surface) const
{
  return config().pmf.table && space().n_cv() <= 3 && dynamic_cast<const PmfTable *>(&surface) == nullptr;
}

PmfHeader Model::header() const
{
  PmfHeader header;
  header.kT = info().kT;
  header.units = info().units;
  header.T = info().T;
  header.domain = pmf_domain(config(), info().molecule);
  header.evaluations = counts;
  header.status = status;
  header.threshold = info().threshold;
  return header;
}

namespace {

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

Label label_of(const double *s, int n_cv, const double *numbers, const std::int64_t *integers, std::size_t row)
{
  const std::int64_t n = integers[0], rejected = integers[1], iteration = integers[2];
  constexpr std::int64_t most = std::numeric_limits<int>::max();
  const bool counts = n >= 1 && n <= most && rejected >= 0 && rejected < n && iteration >= 0 && iteration <= most;
  const bool figures = std::isfinite(numbers[0]) && std::isfinite(numbers[1]) && numbers[1] >= 0.0 &&
                       std::isfinite(numbers[2]) && numbers[2] > 0.0;
  if (!counts || !figures)
    throw ModelError("Model file: label " + std::to_string(row + 1) + ": got " + std::to_string(n) + " samples, " +
                     std::to_string(rejected) + " rejected, iteration " + std::to_string(iteration) +
                     ", ln of the mean weight " + std::to_string(numbers[0]) + ", relative variance " +
                     std::to_string(numbers[1]) + ", ESS share " + std::to_string(numbers[2]) +
                     ", expected at least one sample that is not rejected, iteration >= 0, a finite weight, variance >= 0 "
                     "and ESS share > 0");
  for (int k = 0; k < n_cv; ++k)
    if (!std::isfinite(s[k]))
      throw ModelError("Model file: label " + std::to_string(row + 1) + ": CG variable " + std::to_string(k + 1) + " is " +
                       std::to_string(s[k]) + ", expected a finite number");
  Label label;
  label.s.assign(s, s + n_cv);
  label.ln_mean_w = numbers[0];
  label.relative_variance = numbers[1];
  label.ess_share = numbers[2];
  label.n = static_cast<int>(n);
  label.rejected = static_cast<int>(rejected);
  label.iteration = static_cast<int>(iteration);
  return label;
}

std::vector<Label> get_labels(const Archive &archive, int n_cv)
{
  const auto &s = archive.numbers("labels.s");
  const auto &numbers = archive.numbers("labels.numbers");
  const auto &integers = archive.integers("labels.integers");
  const std::size_t n = s.size() / n_cv;
  if (s.size() != n * n_cv || numbers.size() != 3 * n || integers.size() != 3 * n)
    throw ModelError("Model file: the label arrays have different lengths");
  std::vector<Label> labels;
  for (std::size_t i = 0; i < n; ++i) labels.push_back(label_of(&s[i * n_cv], n_cv, &numbers[3 * i], &integers[3 * i], i));
  return labels;
}

}    // namespace

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
  ModelInfo info;
  info.kT = archive.number("info.kT");
  info.T = archive.number("info.T");
  info.units = archive.text("info.units");
  info.molecule = get_molecule(archive);
  info.dimension = static_cast<int>(archive.integer("info.dimension"));
  info.seed = static_cast<std::uint64_t>(archive.integer("info.seed"));
  info.threshold = archive.number("info.threshold");
  info.probes = get_probes(archive, info.n_atoms());
  Model model(Config::parse(archive.text("config"), "trained model"), info);
  const auto &counts = archive.integers("counts");
  if (counts.size() != 5) throw ModelError("Model file: got " + std::to_string(counts.size()) + " counts, expected 5");
  model.counts = {counts[0], counts[1], counts[2], counts[3], counts[4]};
  const auto status = learning_status(archive.integer("status"));
  if (!status)
    throw ModelError("Model file: got the status " + std::to_string(archive.integer("status")) + ", expected 0 to 3");
  model.status = *status;
  model.iteration = static_cast<int>(archive.integer("iteration"));
  Parts &p = *model.parts_;
  p.fits = archive.integer("fits");
  p.trainings = archive.integer("trainings");
  p.flow->load(get_tensors(archive, "flow/"));
  if (archive.integer("fitted")) p.ensemble->load(get_tensors(archive, "ensemble/"));
  p.labels = get_labels(archive, model.space().n_cv());
  if (archive.has("labels.rejected_points")) p.rejected_points = archive.numbers("labels.rejected_points");
  if (p.rejected_points.size() % model.space().n_cv() != 0 ||
      !std::all_of(p.rejected_points.begin(), p.rejected_points.end(), [](double value) { return std::isfinite(value); }))
    throw ModelError("Model file: got " + std::to_string(p.rejected_points.size()) +
                     " numbers of rejected points, expected finite numbers, " + std::to_string(model.space().n_cv()) +
                     " for each point");
  if (p.ensemble->fitted() && p.labels.empty())
    throw ModelError("Model file: it holds a PMF and no labels, expected the labels to which the PMF was fitted");
  return model;
}

void Model::write(const std::string &path) const
{
  Archive archive("model");
  store(archive);
  archive.write(path);
}

Model Model::read(const std::string &path)
{
  const Archive archive = Archive::read(path, "model");
  try {
    return from_archive(archive);
  } catch (const FileError &) {
    throw;
  } catch (const Error &e) {
    throw ModelError(path + ": " + e.what());
  }
}

}    // namespace cgflow
