// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_MODEL_H
#define CGFLOW_MODEL_H

#include "cgflow/archive.h"
#include "cgflow/cg_space.h"
#include "cgflow/config.h"
#include "cgflow/labels.h"
#include "cgflow/learning_status.h"
#include "cgflow/molecule.h"
#include "cgflow/pmf_file.h"
#include "cgflow/pmf_surface.h"
#include "cgflow/probes.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace cgflow {

/// The atomistic system for which a model was made. It cannot be used with another one.
struct ModelInfo {
  double kT = 0.0;      ///< energy units of `units`
  double T = 0.0;       ///< temperature, LAMMPS units
  std::string units;    ///< LAMMPS unit style
  Molecule molecule;    ///< linear CG variables use only its number of atoms; masses may then be 0 (unknown)
  int dimension = 3;    ///< of the all-atom system
  std::uint64_t seed = 0;
  double threshold = 0.2;    ///< std in kT up to which a CG point counts as known
  Probes probes;             ///< of the force field; none in files of older versions and where no energy was needed yet

  int n_atoms() const { return molecule.n_atoms(); }
  bool operator==(const ModelInfo &) const = default;
};

/// The content of a .cgflow file: a flow and a PMF ensemble with the labels to which it was fitted.
class Model {
 public:
  /// An untrained model. Checks the config. Throws ConfigError.
  Model(const Config &config, const ModelInfo &info);
  ~Model();
  Model(Model &&) noexcept;
  Model &operator=(Model &&) noexcept;

  /// Throws FileError or ModelError, naming the file.
  static Model read(const std::string &path);
  /// Throws ModelError, naming the file and the item, when the content is not that of a model. Takes no more memory than a small
  /// multiple of the size of the archive.
  static Model from_archive(const Archive &archive);
  /// Writes the file whole or not at all. Throws FileError.
  void write(const std::string &path) const;
  void store(Archive &archive) const;

  const Config &config() const;
  const ModelInfo &info() const;
  const CgSpace &space() const;

  /// Takes over another training schedule: train, explore and budget of `config`, seed and threshold of `info`. Throws
  /// ConfigError or ModelError when anything else differs, except for the molecule's structure and the probes: the model keeps
  /// its own. The caller compares the energies of the probes.
  void continue_as(const Config &config, const ModelInfo &info);

  /// For a model that has none.
  void set_probes(Probes probes);

  /// True once the ensemble has been fitted.
  bool has_pmf() const;
  EvaluationCounts counts;    ///< energy evaluations spent so far
  LearningStatus status = LearningStatus::running;
  int iteration = 0;    ///< active-learning iterations done

  const std::vector<Label> &labels() const;
  /// Points [n, n_cv] without a label, because all of its samples were rejected. Exploring avoids their
  /// neighborhoods.
  const std::vector<double> &rejected_points() const;

  /// The present PMF, which later training does not change: a table when the config asks for one and d <= 3, otherwise the
  /// ensemble itself. Throws ModelError when there is no PMF yet.
  std::shared_ptr<const PmfSurface> surface() const;
  /// True when the config asks for a table of this surface and it is the ensemble itself, because no table was accurate.
  bool lacks_table(const PmfSurface &surface) const;
  /// The ensemble itself, never a table.
  std::shared_ptr<const PmfSurface> ensemble_surface() const;

  /// Header for a .pmf file of this model.
  PmfHeader header() const;

  /// Flow, coordinate map and ensemble, for the library's own sources.
  struct Parts;
  Parts &parts() { return *parts_; }
  const Parts &parts() const { return *parts_; }

 private:
  Model(const Config &config, const ModelInfo &info, std::int64_t most_flow_parameters);
  std::unique_ptr<Parts> parts_;
};

}    // namespace cgflow

#endif
