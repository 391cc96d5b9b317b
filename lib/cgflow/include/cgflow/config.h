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

/// One entry of `cg:`. Exactly one kind is given: a linear mix, or a dihedral, angle or bond of a molecule by 1-based atom
/// IDs.
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

/// One entry of `fine:`, a fine coordinate beside the CG variables. Without entries the map completes itself.
struct FineConfig {
  std::string name;
  LinearMix linear;
  bool operator==(const FineConfig &) const = default;
};

/// `coordinates:` the internal coordinates of a molecule.
struct CoordinatesConfig {
  std::string omega = "trans";    ///< trans (peptide bonds stay as they are in the configuration) or full (they turn freely)
  /// built_in (handedness as in the configuration, by the coordinates' intervals) or filter (paper: coordinates are free,
  /// wrong-handed samples get weight zero).
  std::string chirality = "built_in";
  bool symmetry = true;                ///< equal ends of a rotor (methyl hydrogens) in one labelling
  std::vector<std::string> zmatrix;    ///< rows "atom bond angle dihedral", 1-based; empty: built from the bonds
  bool operator==(const CoordinatesConfig &) const = default;
};

/// `flow:` the conditional normalizing flow. Defaults of model systems; molecules have others.
struct FlowConfig {
  /// From the latent to the fine coordinates: affine (s-dependent mean and Cholesky factor of the unbounded coordinates),
  /// rotor (circular spline of each circular coordinate given s), spline (the same for each coordinate), affine_coupling,
  /// spline_coupling, shift (a fixed random turn of the circular coordinates).
  std::vector<std::string> layers{"spline", "affine"};
  std::vector<int> hidden{64, 64};      ///< widths of the conditioner networks
  std::string network = "dense";        ///< dense or residual (a block of two layers for each width)
  std::string masks = "alternating";    ///< halves of couplings: alternating or random (each second the other half)
  int harmonics = 4;                    ///< the networks see s by waves up to this order over its range
  int bins = 8;                         ///< bins of each spline
  double tail = 5.0;                    ///< splines of unbounded coordinates act on [-tail, tail], identity outside
  std::string precision = "float64";    ///< of the networks: float64 or float32
  bool operator==(const FlowConfig &) const = default;
};

/// `train: example:` training by example.
struct ExampleConfig {
  std::string dump;    ///< LAMMPS dump of the all-atom run; empty: none
  int epochs = 80;
  int batch = 16;
  double rate = 5e-4;    ///< Adam learning rate
  double test = 0.2;     ///< share of the frames kept for the test loss
  /// Share of the conditions replaced by random s, so that widths are sensible everywhere.
  double random_conditions = 0.5;
  bool operator==(const ExampleConfig &) const = default;
};

/// `train: energy:` training by energy, one active-learning iteration: points x latent x epochs evaluations.
struct EnergyConfig {
  std::string estimator = "path";    ///< path (path gradient) or reverse_kl
  int points = 256;                  ///< CG points an iteration
  int each = 64;                     ///< after the first iteration so many for each new point, up to `points`; 0: `points`
  int latent = 4;                    ///< latent samples a point and epoch
  int epochs = 1;                    ///< passes over the points, each with new latent samples
  int first_epochs = 1;              ///< the same for the first iteration
  int batch = 8;                     ///< samples a step
  double rate = 1e-2;                ///< Adam learning rate
  int warmup = 10;                   ///< steps of linear warm-up in an iteration
  double final_rate = 0.1;           ///< cosine decay ends at this share of `rate`; 1 = constant
  double clip = 20.0;                ///< clip of the gradient's norm; 0 = none
  double sample_clip = 100.0;        ///< clip of each sample's energy gradient in scaled coordinates (path only); 0 = none
  double cap = 1000.0;    ///< energies above cap kT over the lowest of their batch are compressed by a logarithm; 0 = none
  int drop = 0;           ///< highest losses dropped from a batch (biases; paper)
  double test = 0.0;      ///< share of the points kept for a test loss (counted apart)
  bool operator==(const EnergyConfig &) const = default;
};

/// `train: consolidate:` training by energy over the whole known region, when exploring has ended and before refinement.
struct ConsolidateConfig {
  int points = 512;            ///< CG points, half of them where the std is large; 0: none
  double rate = 3e-3;          ///< Adam learning rate
  double final_rate = 0.03;    ///< cosine decay ends at this share of `rate`
  bool operator==(const ConsolidateConfig &) const = default;
};

/// `train: labels:` PMF labels by Eq. 12.
struct LabelConfig {
  std::string from = "frozen";    ///< frozen (fresh samples of the frozen flow), training (the last epoch's samples) or both
  int points = 32;                ///< label points an iteration (frozen)
  int latent = 16;                ///< latent samples a label (frozen)
  bool operator==(const LabelConfig &) const = default;
};

/// `pmf:` the ensemble of networks that learns F(s) from the labels.
struct PmfConfig {
  int members = 10;
  /// fourier (one layer of Fourier features, output weights at the optimum of a convex loss, length and noise scales from
  /// the labels' evidence) or mlp (tanh layers trained by Adam; paper).
  std::string network = "fourier";
  std::vector<int> hidden{32, 32};    ///< mlp: widths of the hidden layers
  double rate = 5e-3;                 ///< mlp: Adam learning rate
  int epochs = 1500;                  ///< mlp: at most so many epochs a fit
  int batch = 0;                      ///< mlp: labels a step; 0: all of them
  std::string loss = "gamma";    ///< gamma (deviance of Z(s), weighted by the labels' errors) or squared (F, unweighted)
  double bagging = 1.0;          ///< < 1: each member sees this share of the labels; 1: bootstrap weights
  double prior = 1.0;            ///< scale in units of the labels' spread of each member's fixed random prior function
  bool warm_start = true;        ///< mlp: continue the networks of the iteration before
  bool table = true;             ///< d <= 3: tabulate mean and std for the walkers
  bool operator==(const PmfConfig &) const = default;
};

/// `explore:` where the next points come from, and when to stop.
struct ExploreConfig {
  std::string strategy = "mc";    ///< mc (threshold Monte Carlo), uniform, variance, ucb or grid (once; d <= 2)
  std::int64_t quiet = 10000;     ///< sweeps without a new point after which exploring has ended
  int find = 30;                  ///< stopped walkers after which an iteration begins
  std::int64_t wait = 200;        ///< sweeps after the first stopped walker after which it begins anyway
  int keep = 15;                  ///< of these, kept by farthest-point choice
  double spread = 0.1;            ///< radius of a new point's neighbourhood, in units of the ranges' widths
  double old = 0.3;               ///< share of an iteration's samples drawn around old points
  double target = 0.025;          ///< refine until the std is at most this (kT, RMS over the known region); 0: do not refine
  double ceiling = 15.0;          ///< refinement and figures look at F up to so many kT over its minimum
  double boltzmann = 0.0;         ///< share of the known region's weight that follows exp(-F/2kT) instead of being uniform
  double barrier = 0.0;           ///< basins behind barriers of up to so many kT are looked for without walkers; 0: no
  double kappa = 2.0;             ///< so many std below its mean F is hoped to be (ucb)
  int grid = 100;                 ///< grid points a dimension (grid)
  std::string reference;          ///< PMF by another method; its KLD and RMS error are logged and change nothing
  double below = 8.0;             ///< RMS error where the reference's F is below so many kT
  bool operator==(const ExploreConfig &) const = default;
};

/// A key whose values differ in two Configs, as texts.
struct ConfigDifference {
  std::string key;    ///< "train.energy.rate"; "cg[1]" for an entry of a list
  std::string here;
  std::string there;
};

/// What is learned: the content of a YAML file. Defaults are those of the struct members; molecules
/// and `paper` have others, see config_keywords().
struct Config {
  std::vector<CgVariableConfig> cg;
  std::vector<FineConfig> fine;
  bool paper = false;    ///< the paper's settings for a system of this kind as defaults
  CoordinatesConfig coordinates;
  FlowConfig flow;
  ExampleConfig example;
  EnergyConfig energy;
  ConsolidateConfig consolidate;
  LabelConfig labels;
  PmfConfig pmf;
  ExploreConfig explore;
  std::int64_t budget = 50000;    ///< energy evaluations in all
  std::string source;             ///< file name for messages; not compared, not stored

  /// Reads and checks a YAML file. Throws ConfigError naming file, line, what was got and what is allowed for an unknown,
  /// mistyped or repeated key, a wrong type, a value out of range, CRLF line ends or a missing file.
  static Config read(const std::string &path);
  /// The same from text; `source` names it in messages.
  static Config parse(const std::string &text, const std::string &source);
  /// YAML text from which parse() gives an equal Config: every key, round-trip numbers. A trained model carries it.
  std::string to_yaml() const;

  /// The first key, in the order of to_yaml(), in which `other` differs; nothing when they are equal.
  std::optional<ConfigDifference> first_difference(const Config &other) const;

  /// Throws ConfigError naming the first difference when the parts that define a model (cg, fine, flow, pmf) differ.
  void require_same_model(const Config &other) const;

  /// Compares everything but `source`.
  bool operator==(const Config &other) const;
};

/// True when the CG variables are internal coordinates of a molecule, which may be moved and rotated freely; false when
/// they are linear mixes of absolute positions.
bool is_molecular(const Config &config);

/// The CG space that a Config asks for, without a system. Throws ConfigError when a range is missing or not allowed.
CgSpace make_cg_space(const Config &config);

/// One row of the keyword table, from which the parser, error texts and the manual come.
struct KeywordInfo {
  std::string path;             ///< e.g. "train.energy.rate"; "cg[].name" for a key of a list's entries
  std::string type;             ///< e.g. "number > 0"
  std::string default_value;    ///< empty: no default
  std::string help;
  std::string paper_value;         ///< default under `paper: true`
  std::string molecule_value{};    ///< the two defaults where CG variables are internal coordinates of a molecule
  std::string paper_molecule_value{};
};
/// All YAML keys in order.
std::vector<KeywordInfo> config_keywords();

}    // namespace cgflow

#endif
