// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow/model.h"

#include "analytic_systems.h"
#include "temporary_folder.h"

#include "cgflow/atomic_file.h"
#include "cgflow/error.h"
#include "cgflow/trainer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <fstream>
#include <iterator>

using namespace cgflow;
using testing::AllOf;
using testing::HasSubstr;

namespace {

const tests::System kSystem = tests::mueller_brown_system();

Model untrained(const std::string &settings = "") { return Model(kSystem.config(settings), kSystem.info(3)); }

/// A model with 24 labels of an almost untrained flow and an ensemble.
Model trained(const std::string &settings = "")
{
  Model model = untrained(settings);
  tests::OneParticle energy(kSystem.potential);
  SerialCommunicator comm;
  SilentLog log;
  Trainer trainer(model, &energy, comm, log);
  trainer.train_by_example(kSystem.frames(50, 1), model.config().example);
  std::vector<double> points;
  for (int i = 0; i < 24; ++i) points.push_back(-2.5 + 3.6 * i / 23.0);
  trainer.add_labels(points, 8);
  trainer.fit();
  model.counts.md = 1000;
  model.status = LearningStatus::out_of_budget;
  model.iteration = 5;
  return model;
}

std::string bytes(const Model &model)
{
  Archive archive("model");
  model.store(archive);
  return archive.to_bytes();
}

std::string error_of(const std::string &path)
{
  try {
    Model::read(path);
  } catch (const Error &e) {
    return e.what();
  }
  return "no error";
}

std::string content(const std::string &path)
{
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}    // namespace

class ModelFile : public testing::Test {
 protected:
  TemporaryFolder folder;
  const std::string path = folder / "mb.cgflow";

  /// The error of reading the model's file after a change of its archive.
  template <class Change> std::string error_after(const Model &model, const Change &change)
  {
    Archive archive("model");
    model.store(archive);
    change(archive);
    archive.write(path);
    return error_of(path);
  }
};

TEST_F(ModelFile, ReadsBackEveryBit)
{
  const Model model = trained();
  model.write(path);
  const Model again = Model::read(path);
  EXPECT_EQ(bytes(again), bytes(model));
  EXPECT_EQ(again.info(), model.info());
  EXPECT_EQ(again.config(), model.config());
  EXPECT_EQ(again.labels(), model.labels());
  EXPECT_EQ(again.counts, model.counts);
  EXPECT_EQ(again.status, LearningStatus::out_of_budget);
  EXPECT_EQ(again.iteration, 5);
  const std::vector<double> s{-2.2, -1.0, 0.7};
  double f[3], std[3], f_again[3], std_again[3];
  model.surface()->evaluate(3, s.data(), f, std, nullptr);
  again.surface()->evaluate(3, s.data(), f_again, std_again, nullptr);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(f[i], f_again[i]);
    EXPECT_EQ(std[i], std_again[i]);
  }
}

TEST_F(ModelFile, UntrainedModelsReadBackToo)
{
  untrained().write(path);
  const Model again = Model::read(path);
  EXPECT_FALSE(again.has_pmf());
  EXPECT_THROW(again.surface(), ModelError);
}

TEST_F(ModelFile, WhatIsNoModelIsRefusedByName)
{
  EXPECT_THAT(error_of(path), HasSubstr(path));
  write_file(path, "cg: [{name: s}]\n");
  EXPECT_THAT(error_of(path), AllOf(HasSubstr(path), HasSubstr("not a cgflow file")));
  const Model model = trained();
  Archive state("state");
  model.store(state);
  state.write(path);
  EXPECT_THAT(error_of(path), AllOf(HasSubstr(path), HasSubstr("state"), HasSubstr("model")));
  model.write(path);
  const std::string whole = content(path);
  write_file(path, whole.substr(0, whole.size() / 2));
  EXPECT_THAT(error_of(path), AllOf(HasSubstr(path), HasSubstr("truncated")));
}

TEST_F(ModelFile, ContentThatDoesNotFitItsConfigIsRefused)
{
  // The width of the flow is not that of the config.
  Archive archive("model");
  trained().store(archive);
  archive.put("config", kSystem.config("flow: {hidden: [8]}\n").to_yaml());
  archive.write(path);
  EXPECT_THAT(error_of(path), AllOf(HasSubstr(path), HasSubstr("flow")));
}

TEST_F(ModelFile, NumbersThatNoModelHasAreRefused)
{
  const Model model = trained();
  const auto error = [&](const auto &change) { return error_after(model, change); };
  for (const std::int64_t status : {-1, 4})
    EXPECT_EQ(error([&](Archive &archive) { archive.put("status", status); }),
              path + ": item 'status': got " + std::to_string(status) + ", expected 0 to 3");
  Archive whole("model");
  model.store(whole);
  // A row of a label: samples, rejected samples, iteration.
  const auto integers = [&](std::size_t place, std::int64_t value) {
    std::vector<std::int64_t> changed = whole.integers("labels.integers");
    changed[place] = value;
    return error([&](Archive &archive) { archive.put("labels.integers", changed); });
  };
  EXPECT_EQ(integers(0, whole.integers("labels.integers")[0]), "no error");
  EXPECT_THAT(integers(3, 0), HasSubstr(path + ": item 'labels.integers': label 2: got 0 samples, "));
  EXPECT_THAT(integers(4, 8), HasSubstr("label 2: got 8 samples, 8 rejected"));
  EXPECT_THAT(integers(7, -1), HasSubstr("item 'labels.integers': number 8 is -1, expected 0 to 2147483647"));
  EXPECT_THAT(integers(2, std::int64_t{1} << 32), HasSubstr("number 3 is 4294967296"));
  std::vector<double> numbers = whole.numbers("labels.numbers");
  numbers[1] = -1.0;
  EXPECT_THAT(error([&](Archive &archive) {
                archive.put("labels.numbers", numbers, {24, 3});
              }),
              HasSubstr("relative variance -1.000000"));
  constexpr double infinity = std::numeric_limits<double>::infinity();
  for (std::size_t place = 0; place < 3; ++place) {
    numbers = whole.numbers("labels.numbers");
    numbers[place] = infinity;
    EXPECT_THAT(
        error([&](Archive &archive) {
          archive.put("labels.numbers", numbers, {24, 3});
        }),
        HasSubstr("item 'labels.numbers': number " + std::to_string(place + 1) + " is inf, expected a finite number"));
  }
  std::vector<double> s = whole.numbers("labels.s");
  s[2] = infinity;
  EXPECT_THAT(error([&](Archive &archive) {
                archive.put("labels.s", s, {24, 1});
              }),
              HasSubstr("item 'labels.s': number 3 is inf, expected a finite number"));
  EXPECT_THAT(error([&](Archive &archive) {
                archive.put("labels.s", std::vector<double>(), {0, 1});
                archive.put("labels.numbers", std::vector<double>(), {0, 3});
                archive.put("labels.integers", std::vector<std::int64_t>());
              }),
              HasSubstr("item 'labels.s': got no label"));
}

TEST_F(ModelFile, ContentThatNoModelHasIsRefusedByFileAndItem)
{
  const Model model = trained();
  const auto error = [&](const auto &change) {
    const std::string text = error_after(model, change);
    EXPECT_EQ(text.rfind(path + ": item", 0), 0U) << text;
    EXPECT_EQ(text.find(path, 1), std::string::npos) << text;
    return text;
  };
  const auto number = [&](const std::string &name, double value) {
    return error([&](Archive &archive) { archive.put(name, value); });
  };
  const auto integer = [&](const std::string &name, std::int64_t value) {
    return error([&](Archive &archive) { archive.put(name, value); });
  };
  const auto numbers = [&](const std::string &name, const std::vector<double> &values,
                           std::vector<std::int64_t> shape = {}) {
    return error([&](Archive &archive) { archive.put(name, values, shape); });
  };
  const auto integers = [&](const std::string &name, const std::vector<std::int64_t> &values) {
    return error([&](Archive &archive) { archive.put(name, values); });
  };
  const auto text = [&](const std::string &name, const std::string &value) {
    return error([&](Archive &archive) { archive.put(name, value); });
  };
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  EXPECT_THAT(number("info.kT", 11.0), HasSubstr("got 11, expected 10 for T = 10 in units lj"));
  EXPECT_THAT(number("info.T", -1.0), HasSubstr("got -1, expected a number from"));
  EXPECT_THAT(number("info.threshold", 0.0), HasSubstr("'info.threshold': got 0"));
  EXPECT_THAT(text("info.units", "furlongs\xff"), HasSubstr("byte 9 is no UTF-8 character"));
  EXPECT_THAT(text("info.units", "furlongs"), HasSubstr("got 'furlongs', expected a unit style of LAMMPS"));
  EXPECT_THAT(integer("info.dimension", 4), HasSubstr("got 4, expected 2 to 3"));
  EXPECT_THAT(integer("fitted", 2), HasSubstr("got 2, expected 0 to 1"));
  EXPECT_THAT(integer("iteration", most), HasSubstr("'iteration': got"));
  EXPECT_THAT(integers("counts", {0, 0, 0, most, most}), HasSubstr("'counts': number 4 is"));
  EXPECT_THAT(integers("counts", {0, 0}), HasSubstr("got the shape [2], expected [5]"));
  EXPECT_THAT(numbers("molecule.mass", {}), HasSubstr("got 0 atoms"));
  EXPECT_THAT(numbers("molecule.mass", {-1.0}), HasSubstr("number 1 is -1"));
  EXPECT_THAT(numbers("molecule.configuration", {1.0}), HasSubstr("got 1 coordinates, expected none or 3"));
  EXPECT_THAT(integers("molecule.bonds", {0, 1}), HasSubstr("number 2 is 1, expected 0 to 0"));
  EXPECT_THAT(numbers("labels.rejected_points", {9.0}, {1, 1}), HasSubstr("point 1 has s = 9, expected a value from -2.6"));
  EXPECT_THAT(numbers("labels.rejected_points", {0.0, 0.0}), HasSubstr("got the shape [2], expected [any, 1]"));
  EXPECT_THAT(numbers("flow/mean", {0.0, 1.0}), HasSubstr("got the shape [2], expected [1]"));
  EXPECT_THAT(numbers("flow/other", {0.0}), HasSubstr("item 'flow/other': got a tensor that does not belong"));
  EXPECT_THAT(numbers("ensemble/shift", {0.0}), HasSubstr("'ensemble/shift': got the shape [1], expected [10]"));
  EXPECT_THAT(numbers("ensemble/shift", std::vector<double>(10, 1e200)), HasSubstr("number 1 is 1e+200"));
  EXPECT_THAT(numbers("ensemble/members", {0.0, 0.0}, {2, 1}), HasSubstr("another number of members than item 'config'"));
  EXPECT_THAT(numbers("probes.x", {0.0, 0.0, 0.0}, {1, 3}), HasSubstr("'probes.energies' is missing"));
  // Networks of 400 MB.
  EXPECT_THAT(text("config", kSystem.config("flow: {hidden: [5000, 5000]}\n").to_yaml()),
              HasSubstr("its networks have more numbers than are stored"));
  EXPECT_THAT(text("config", kSystem.config("pmf: {members: 999}\n").to_yaml()), HasSubstr("number of members"));
}

TEST(Model, SurfaceIsATableWithinAThousandthOfKT)
{
  const Model model = trained();
  const auto table = model.surface(), ensemble = model.ensemble_surface();
  EXPECT_NE(dynamic_cast<const PmfTable *>(table.get()), nullptr);
  std::vector<double> s, f(500), g(500), std_table(500), std_ensemble(500);
  for (int i = 0; i < 500; ++i) s.push_back(kSystem.lo + (kSystem.hi - kSystem.lo) * (i + 0.5) / 500);
  table->evaluate(500, s.data(), f.data(), std_table.data(), nullptr);
  ensemble->evaluate(500, s.data(), g.data(), std_ensemble.data(), nullptr);
  for (int i = 0; i < 500; ++i) EXPECT_NEAR(f[i], g[i], 1e-3 * kSystem.kT) << s[i];
  EXPECT_EQ(dynamic_cast<const PmfTable *>(trained("pmf: {table: no}\n").surface().get()), nullptr);
}

TEST(Model, GoesOnWithAnotherStructureOfTheSameSystemOnly)
{
  Model model = untrained();
  ModelInfo info = model.info();
  info.molecule.configuration = {1, 2, 3};
  info.seed = 9;
  model.continue_as(model.config(), info);
  EXPECT_EQ(model.info().molecule, kSystem.info(3).molecule);
  EXPECT_EQ(model.info().seed, 9U);
  info.molecule.mass = {1.0, 1.0};
  EXPECT_THROW(model.continue_as(model.config(), info), ModelError);
}

TEST(Model, HeaderTellsWhatWasSpent)
{
  const PmfHeader header = trained().header();
  EXPECT_EQ(header.kT, kSystem.kT);
  EXPECT_EQ(header.units, "lj");
  EXPECT_EQ(header.status, LearningStatus::out_of_budget);
  EXPECT_EQ(header.threshold, 0.2);
  EXPECT_EQ(header.evaluations.md, 1000);
  EXPECT_EQ(header.evaluations.labels, 24 * 8);
  EXPECT_EQ(header.evaluations.total(), 1192);
}
