// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_CONFIG_H
#define CGFLOW_CONFIG_H

#include "cgflow/cg_space.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace cgflow {

/// A coordinate as a linear mix of Cartesian ones: coefficient by name "x1", "y1", "z1", "x2", ... (atom IDs, 1-based).
/// In YAML a system of one atom may write x, y, z.
using LinearMix = std::map<std::string, double>;

/// One entry of `cg:`, a CG variable. Exactly one kind is given: a linear mix, or a dihedral, angle or bond of a molecule by
/// 1-based atom IDs.
struct CgVariableConfig {
  std::string name;
  LinearMix linear;
  std::vector<double> range;      ///< [lo, hi] in box units; empty for a dihedral, which has [-180, 180]
  std::vector<int> dihedral{};    ///< [i, j, k, l], degrees, IUPAC sign
  std::vector<int> angle{};       ///< [i, j, k], degrees
  std::vector<int> bond{};        ///< [i, j], length units

  /// "linear", "dihedral", "angle" or "bond"; empty when none or several are given.
  std::string kind() const;
  /// The atom IDs of a dihedral, angle or bond; empty for a linear mix.
  const std::vector<int> &atoms() const;
  bool operator==(const CgVariableConfig &) const = default;
};

/// One entry of `fine:`, a fine coordinate beside the CG variables. Without entries the coordinate map chooses them.
struct FineConfig {
  std::string name;
  LinearMix linear;
  bool operator==(const FineConfig &) const = default;
};

// The sections of the YAML file. The meaning, unit and limits of each key are in the keyword table
// (src/config/config_table.cpp, printed in doc/yaml_reference.rst). The values here are the defaults of model systems.

/// `coordinates:` the internal coordinates of a molecule.
struct CoordinatesConfig {
  std::string omega = "trans";
  std::string chirality = "built_in";
  bool symmetry = true;
  std::vector<std::string> elements;
  std::vector<std::string> zmatrix;
  bool operator==(const CoordinatesConfig &) const = default;
};

/// `flow:` the conditional normalizing flow.
struct FlowConfig {
  std::vector<std::string> layers{"spline", "affine"};
  std::vector<int> hidden{64, 64};
  std::string network = "dense";
  std::string masks = "alternating";
  int harmonics = 4;
  int bins = 8;
  double tail = 5.0;
  std::string precision = "float64";
  bool operator==(const FlowConfig &) const = default;
};

/// `train: example:` training by example.
struct ExampleConfig {
  std::string dump;
  int epochs = 80;
  int batch = 16;
  double rate = 5e-4;
  double test = 0.2;
  double random_conditions = 0.5;
  bool operator==(const ExampleConfig &) const = default;
};

/// `train: energy:` training by energy. An iteration takes points x latent x epochs evaluations.
struct EnergyConfig {
  std::string estimator = "path";
  int points = 256;
  int each = 64;
  int latent = 4;
  int epochs = 1;
  int first_epochs = 1;
  int batch = 8;
  double rate = 1e-2;
  int warmup = 10;
  double final_rate = 0.1;
  double clip = 20.0;
  double sample_clip = 100.0;
  double cap = 1000.0;
  int drop = 0;
  double test = 0.0;
  bool operator==(const EnergyConfig &) const = default;
};

/// `train: consolidate:` training by energy over the whole known region, after exploring and before refinement.
struct ConsolidateConfig {
  int points = 512;
  double rate = 3e-3;
  double final_rate = 0.03;
  bool operator==(const ConsolidateConfig &) const = default;
};

/// `train: labels:` PMF labels by Eq. 12 of the paper.
struct LabelConfig {
  std::string from = "frozen";
  int points = 32;
  int latent = 16;
  bool operator==(const LabelConfig &) const = default;
};

/// `pmf:` the ensemble of networks that learns F(s) from the labels.
struct PmfConfig {
  int members = 10;
  std::string network = "fourier";
  std::vector<int> hidden{32, 32};
  double rate = 5e-3;
  int epochs = 1500;
  int batch = 0;
  std::string loss = "gamma";
  double bagging = 1.0;
  double prior = 1.0;
  bool warm_start = true;
  bool table = true;
  bool operator==(const PmfConfig &) const = default;
};

/// `explore:` where the next points come from, and when to stop.
struct ExploreConfig {
  std::string strategy = "mc";
  std::int64_t quiet = 10000;
  int find = 30;
  std::int64_t wait = 200;
  int keep = 15;
  double spread = 0.1;
  double old = 0.3;
  double target = 0.025;
  double ceiling = 15.0;
  double boltzmann = 0.0;
  double barrier = 0.0;
  double kappa = 2.0;
  int grid = 100;
  std::string reference;
  double below = 8.0;
  bool operator==(const ExploreConfig &) const = default;
};

/// A key whose values differ in two Configs, as texts.
struct ConfigDifference {
  std::string key;    ///< "train.energy.rate"; "cg[1]" for an entry of a list
  std::string here;
  std::string there;
};

/// The content of a YAML file. Its defaults are those of model systems; config_keywords() lists those of molecules and of
/// `paper: true` as well.
struct Config {
  std::vector<CgVariableConfig> cg;
  std::vector<FineConfig> fine;
  bool paper = false;
  CoordinatesConfig coordinates;
  FlowConfig flow;
  ExampleConfig example;
  EnergyConfig energy;
  ConsolidateConfig consolidate;
  LabelConfig labels;
  PmfConfig pmf;
  ExploreConfig explore;
  std::int64_t budget = 50000;
  std::string source;    ///< file name for messages; not compared, not stored

  /// Reads and checks a YAML file. Throws ConfigError naming file, line, what was got and what is allowed for an unknown,
  /// mistyped or repeated key, a wrong type, a value out of range or a missing file.
  static Config read(const std::string &path);
  /// The same from text; `source` names it in messages.
  static Config parse(const std::string &text, const std::string &source);
  /// Checks a Config that was made or changed in code, with the rules of read(). Throws ConfigError naming the key, what was
  /// got and what is allowed. A Model checks its own; the parts of a model trust what they are given.
  void check() const;
  /// YAML text with every key, numbers to their last bit: parse() gives an equal Config. A model file holds it.
  std::string to_yaml() const;

  /// The first key, in the order of to_yaml(), in which `other` differs; nothing when they are equal.
  std::optional<ConfigDifference> first_difference(const Config &other) const;

  /// Throws ConfigError naming the first difference when the parts that define a model (cg, fine, flow, pmf) differ.
  void require_same_model(const Config &other) const;

  /// Compares everything but `source`.
  bool operator==(const Config &other) const;
};

/// True when the CG variables are internal coordinates of a molecule, which may be moved and rotated freely. False when they
/// are linear mixes of absolute positions.
bool is_molecular(const Config &config);

/// The CG space of a Config; no atomistic system is needed. Throws ConfigError when a range is missing or not allowed.
CgSpace make_cg_space(const Config &config);

/// One row of the keyword table for the manual.
struct KeywordInfo {
  std::string path;             ///< e.g. "train.energy.rate"; "cg[].name" for a key of a list's entries
  std::string type;             ///< e.g. "number > 0"
  std::string default_value;    ///< empty: no default
  std::string help;
  std::string paper_value;         ///< default under `paper: true`
  std::string molecule_value{};    ///< default when the CG variables are internal coordinates of a molecule
  std::string paper_molecule_value{};
};
/// All YAML keys in order.
std::vector<KeywordInfo> config_keywords();

}    // namespace cgflow

#endif
