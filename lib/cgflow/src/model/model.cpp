// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow/model.h"

#include "model/ensemble_surface.h"
#include "model/model_parts.h"
#include "model/pmf_domain.h"

#include "cgflow/error.h"

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

Model::Model(const Config &config, const ModelInfo &info) : Model(config, info, std::numeric_limits<std::int64_t>::max()) {}

Model::Model(const Config &config, const ModelInfo &info, std::int64_t most_flow_parameters)
    : parts_(std::make_unique<Parts>())
{
  Parts &p = *parts_;
  config.check();
  check_units(config, info.units);
  p.config = config;
  p.info = info;
  if (!config.coordinates.elements.empty()) p.info.molecule.elements = config.coordinates.elements;
  p.map = make_coordinate_map(config, p.info.molecule, info.dimension);
  p.flow = std::make_unique<ConditionalFlow>(config.flow, p.map->space(), p.map->fine(), info.seed, most_flow_parameters);
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

}    // namespace cgflow
