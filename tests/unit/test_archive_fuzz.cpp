// SPDX-License-Identifier: GPL-2.0-only
// Model and state files with a right length and checksum and a wrong content: each is read with one clear error that names the file,
// or is harmless, in time and with little memory. test_archive_fuzz [SECONDS [SEED]] runs longer, or with other files; ctest takes a
// few seconds and always the same seed.
#include "archive_mutator.h"

#include "ala2.h"
#include "analytic_systems.h"
#include "pair_springs.h"
#include "processor_time.h"
#include "temporary_folder.h"

#include "cgflow/backmap.h"
#include "cgflow/error.h"
#include "cgflow/trainer.h"
#include "cgflow/work_times.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <regex>
#include <sys/resource.h>
#include <unistd.h>

using namespace cgflow;
using namespace cgflow::tests;

namespace {

double seconds = 5.0;
unsigned long seed = 1;
// The sanitizers take ten times the time.
#if defined(__SANITIZE_ADDRESS__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif
constexpr double kMostSecondsOfAFile = kSanitized ? 20.0 : 2.0;
constexpr long kMostKilobytes = 1000000;

/// The value of a field of /proc/self/status, kB.
long status_kilobytes(const std::string &field)
{
  std::ifstream file("/proc/self/status");
  for (std::string word; file >> word;)
    if (word == field + ":") {
      long value = 0;
      file >> value;
      return value;
    }
  return 0;
}

Items items_of(const Archive &archive, const std::string &kind)
{
  return archive_from_bytes(archive.to_bytes(), kind, kind);
}

const char kSmallFlow[] =
    "flow: {hidden: [4], layers: [affine, affine_coupling, spline_coupling, rotor, spline, shift], bins: 3, harmonics: 1}\n";
const System kSystem = mueller_brown_system();

Model mueller_brown_model(const std::string &settings)
{
  Model model(kSystem.config(kSmallFlow + settings), kSystem.info(3));
  OneParticle energy(kSystem.potential);
  SerialCommunicator comm;
  SilentLog log;
  Trainer trainer(model, &energy, comm, log);
  ExampleConfig example = model.config().example;
  example.epochs = 2;
  trainer.train_by_example(kSystem.frames(50, 1), example);
  std::vector<double> points;
  for (int i = 0; i < 12; ++i) points.push_back(-2.5 + 3.6 * i / 11.0);
  trainer.add_labels(points, 8);
  trainer.fit();
  model.counts.md = 1000;
  model.iteration = 2;
  Probes probes{{0.1, 0.2, 0.0, 0.3, 0.4, 0.0}, {1.0, 2.0}};
  model.set_probes(probes);
  return model;
}

Config molecule_config(const std::string &settings)
{
  return Config::parse("cg: [{name: phi, dihedral: [5, 7, 9, 15]}, {name: psi, dihedral: [7, 9, 15, 17]}]\n" +
                           (kSmallFlow + settings),
                       "ala2.yaml");
}

ModelInfo molecule_info() { return {0.5961620, 300.0, "real", ala2(), 3, 3, 0.2, {}}; }

/// Alanine dipeptide with two dihedrals, whose atoms are held together by springs.
Model molecule_model(const std::string &settings)
{
  const Config config = molecule_config(settings);
  Model model(config, molecule_info());
  PairSprings energy(at_start(*make_coordinate_map(config, ala2(), 3), ala2()), 100.0);
  SerialCommunicator comm;
  SilentLog log;
  Trainer trainer(model, &energy, comm, log);
  const std::vector<double> start = trainer.start_from_structure();
  std::vector<double> points;
  for (int i = 0; i < 8; ++i) points.insert(points.end(), {start[0] - 4.0 + i, start[1] - 3.0 + i});
  for (double &s : points) s = std::clamp(s, -180.0, 180.0);
  trainer.add_labels(points, 4);
  trainer.fit();
  model.iteration = 1;
  return model;
}

const char kSmallLearning[] =
    "train: {example: {epochs: 2}, energy: {points: 16, epochs: 1, first_epochs: 1}, consolidate: {points: 8}, labels: {from: both, points: 8, latent: 4}}\n"
    "pmf: {members: 4}\nexplore: {quiet: 300, target: 0.2}\n";

/// A learner with the objects to which it refers.
struct Learning {
  OneParticle energy{kSystem.potential};
  SerialCommunicator comm;
  SilentLog log;
  Learner learner{Model(kSystem.config(std::string(kSmallFlow) + kSmallLearning), kSystem.info(1)), &energy, comm, log};
};

Items items_of(const Model &model)
{
  Archive archive("model");
  model.store(archive);
  return items_of(archive, "model");
}

std::vector<Items> models()
{
  std::vector<Items> all;
  all.push_back(items_of(mueller_brown_model("pmf: {members: 4}\n")));
  all.push_back(items_of(mueller_brown_model("pmf: {members: 3, network: mlp, hidden: [5], epochs: 5}\n")));
  all.push_back(items_of(molecule_model("pmf: {members: 3}\ncoordinates: {symmetry: no}\n")));
  all.push_back(items_of(
      molecule_model("pmf: {members: 3, table: no}\ncoordinates: {symmetry: no, chirality: filter, omega: full}\n")));
  all.push_back(items_of(Model(kSystem.config(kSmallFlow), kSystem.info(3))));
  all.push_back(
      items_of(Model(kSystem.config(kSmallFlow + std::string("pmf: {network: mlp, hidden: [5]}\n")), kSystem.info(3))));
  all.push_back(items_of(Model(molecule_config(""), molecule_info())));
  return all;
}

std::vector<Items> states()
{
  std::vector<Items> all;
  const auto keep = [&](const Learner &learner) {
    Archive archive("state");
    learner.store(archive);
    all.push_back(items_of(archive, "state"));
  };
  Learning run;
  keep(run.learner);
  run.learner.begin(kSystem.frames(60, 1), 1000);
  keep(run.learner);
  run.learner.iterate({-1.4, -2.4});
  keep(run.learner);
  return all;
}

/// What a user does with a model: its PMF at points, structures, files.
void use(const Model &model, const std::string &path)
{
  SerialCommunicator comm;
  const CgSpace &space = model.space();
  std::vector<double> points;
  for (int i = 0; i < 5; ++i)
    for (int k = 0; k < space.n_cv(); ++k) points.push_back(space[k].lo + space[k].width() * (i + 0.3 * k) / 5.0);
  backmap_points(model, points, 2, 7, nullptr, comm);
  if (model.has_pmf()) {
    const auto surface = model.surface();
    std::vector<double> f(5), std(5), gradient(points.size());
    surface->evaluate(5, points.data(), f.data(), std.data(), gradient.data());
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(std::isfinite(f[i]) && std[i] >= 0.0) << f[i] << " " << std[i];
    backmap_pmf(model, 2, 7, nullptr, comm);
  }
  static_cast<void>(model.header());
  model.write(path);
  const Model again = Model::read(path);
  ASSERT_EQ(again.info(), model.info());
  ASSERT_EQ(again.labels(), model.labels());
}

void use(Learner &learner)
{
  if (learner.model().has_pmf()) {
    const double s[] = {-2.2, -1.0, 0.7};
    double f[3], std[3];
    learner.surface()->evaluate(3, s, f, std, nullptr);
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(std::isfinite(f[i]) && std[i] >= 0.0) << f[i] << " " << std[i];
    ASSERT_TRUE(std::isfinite(learner.ceiling()));
    for (int id = 1; id < 4; ++id) ASSERT_TRUE(learner.model().space().contains(learner.start_point(id).data()));
    for (int i = 0; i < 3; ++i) learner.after_sweep(i % 2, 10);
  }
  learner.end_run();
  learner.resume_run();
  Archive archive("state");
  learner.store(archive);
  learner.load(archive);
}

// Words of libraries for programmers.
const std::regex kRaw(
    "linalg|_M_|basic_string|vector::|c10|frame #|std::|[Ee]xception|INTERNAL|Sizes of tensors|expected size|not enough memory|you tried|stoi|stod|what\\(\\)");

class ArchiveFuzz : public testing::Test {
 protected:
  void SetUp() override { at::set_num_threads(1); }

  /// Reads mutants for `share` of the time. `read` reads the file and uses it.
  template <class Read> void run(const char *kind, const std::vector<Items> &bases, const Read &read)
  {
    ArchiveMutator mutator(bases, seed);
    // The limit of the address space covers memory that is taken and never written to.
    const long before = status_kilobytes("VmRSS");
    if (!kSanitized) {
      const rlim_t most = static_cast<rlim_t>(status_kilobytes("VmSize") + kMostKilobytes) * 1024;
      const rlimit limit{most, RLIM_INFINITY};
      ASSERT_EQ(::setrlimit(RLIMIT_AS, &limit), 0);
    }
    const auto begin = std::chrono::steady_clock::now();
    const auto elapsed = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(); };
    long files = 0, used = 0, later = 0;
    double slowest = 0.0;
    std::string slowest_changes;
    std::map<std::string, long> errors;
    for (double now = 0.0; now < 0.5 * seconds; ++files) {
      const ArchiveMutator::Mutant mutant = mutator.next();
      current = "file " + std::to_string(files) + " of base " + std::to_string(mutant.base) + ": " + mutant.changes;
      std::ofstream(path, std::ios::binary) << archive_to_bytes(kind, mutant.items);
      const double start = processor_seconds();
      limit_processor_seconds(static_cast<unsigned>(kMostSecondsOfAFile) + 3);
      bool accepted = false;
      try {
        read(accepted);
        ++used;
      } catch (const Error &error) {
        const std::string text = error.what();
        // What a file with harmless changes cannot be used for need not be told by its name.
        ASSERT_TRUE(accepted || (text.starts_with(path) && text.find(path, 1) == std::string::npos)) << text << "\n"
                                                                                                     << current;
        ASSERT_TRUE(accepted || std::regex_search(text, std::regex("items? '|is damaged"))) << text << "\n" << current;
        ASSERT_FALSE(std::regex_search(text, kRaw)) << text << "\n" << current;
        later += accepted;
        const std::string shown = text.starts_with(path) ? text.substr(path.size()) : text;
        ++errors[std::regex_replace(shown.substr(0, 150), std::regex("[0-9.e+-]{2,}|[0-9]"), "N")];
      } catch (const std::exception &error) {
        FAIL() << error.what() << "\n" << current;
      }
      if (HasFatalFailure()) {
        std::cout << current << "\n";
        return;
      }
      limit_processor_seconds(0);
      ASSERT_LT(status_kilobytes("VmHWM") - before, kMostKilobytes) << current;
      const double took = processor_seconds() - start;
      if (took > slowest) slowest = took, slowest_changes = current;
      ASSERT_LT(took, kMostSecondsOfAFile) << current;
      now = elapsed();
    }
    std::cout << kind << ": " << files << " files, " << used << " harmless, " << files - used - later
              << " refused when read, " << later << " when used; at most " << slowest << " s ("
              << slowest_changes.substr(0, 200) << ") and " << (status_kilobytes("VmHWM") - before) / 1024 << " MB\n";
    if (seconds > 20.0)
      for (const auto &[text, count] : errors) std::cout << count << " x " << text << "\n";
    EXPECT_GT(used, 0);
    EXPECT_GT(files - used, used / 10);
  }

  TemporaryFolder folder;
  const std::string path = folder / "fuzz.file";
};

}    // namespace

TEST_F(ArchiveFuzz, EveryModelEndsInTimeWithAnErrorOrIsHarmless)
{
  run("model", models(), [&](bool &accepted) {
    const Model model = Model::read(path);
    accepted = true;
    use(model, folder / "again.cgflow");
  });
}

TEST_F(ArchiveFuzz, EveryStateEndsInTimeWithAnErrorOrIsHarmless)
{
  run("state", states(), [&](bool &accepted) {
    Learning run;
    run.learner.load(Archive::read(path, "state"));
    accepted = true;
    use(run.learner);
  });
}

int main(int argc, char **argv)
{
  ::testing::InitGoogleTest(&argc, argv);
  if (argc > 1) seconds = std::atof(argv[1]);
  if (argc > 2) seed = std::strtoul(argv[2], nullptr, 10);
  return RUN_ALL_TESTS();
}
