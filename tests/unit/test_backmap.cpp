// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow/backmap.h"

#include "analytic_systems.h"
#include "error_message.h"
#include "numeric.h"
#include "rank_threads.h"

#include "cgflow/error.h"
#include "cgflow/log.h"
#include "cgflow/trainer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>

using namespace cgflow;
using namespace cgflow::tests;
using cgflow_test::run_ranks;
using testing::HasSubstr;

namespace {

const System kSystem = mueller_brown_system();
constexpr double kInf = std::numeric_limits<double>::infinity();

std::vector<double> spread(double lo, double hi, int n)
{
  std::vector<double> s;
  for (int i = 0; i < n; ++i) s.push_back(lo + (hi - lo) * (i + 0.5) / n);
  return s;
}

// A flow after one short training, good enough to be useful and bad enough for weights to matter, and a PMF of few labels.
Model make_model(double threshold, std::uint64_t seed = 5)
{
  SerialCommunicator comm;
  SilentLog log;
  OneParticle energy(kSystem.potential);
  ModelInfo info = kSystem.info(seed);
  info.threshold = threshold;
  Model model(kSystem.config(), info);
  Trainer trainer(model, &energy, comm, log);
  trainer.train_by_example(kSystem.frames(100, seed), model.config().example);
  LabelConfig none;
  trainer.train_by_energy(spread(kSystem.lo, kSystem.hi, 800), model.config().energy, 1, none);
  trainer.add_labels(spread(kSystem.lo, kSystem.hi, 40), 16);
  trainer.fit();
  return model;
}

const Model &trained()
{
  static const Model model = make_model(0.2);
  return model;
}

// The same with an infinite threshold: every point of the range is known.
const Model &everywhere_known()
{
  static const Model model = make_model(1e6);
  return model;
}

Structures draw_points(const std::vector<double> &points, int n, std::uint64_t seed, EnergyModel *energy)
{
  SerialCommunicator comm;
  return backmap_points(trained(), points, n, seed, energy, comm);
}

Structures draw_pmf(const Model &model, int n, std::uint64_t seed, EnergyModel *energy)
{
  SerialCommunicator comm;
  return backmap_pmf(model, n, seed, energy, comm);
}

double ess(const double *ln_w, int n)
{
  const double highest = *std::max_element(ln_w, ln_w + n);
  double sum = 0, square = 0;
  for (int i = 0; i < n; ++i) sum += std::exp(ln_w[i] - highest), square += std::exp(2 * (ln_w[i] - highest));
  return sum * sum / square;
}

// Averages of U and of s over the ensemble with s in [lo, hi], by quadrature on a grid in (s, t).
struct Exact {
  double U = 0, s = 0;
};
Exact quadrature(double lo, double hi)
{
  Exact exact;
  double z = 0;
  const int n = 1500;
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < n; ++j) {
      const double s = lo + (hi - lo) * (i + 0.5) / n, t = -4 + 8.0 * (j + 0.5) / n;
      double g[2];
      const double U = kSystem.potential((s + t) / 2, (t - s) / 2, g), w = std::exp(-(U + 147) / kSystem.kT);
      z += w, exact.U += w * U, exact.s += w * s;
    }
  exact.U /= z, exact.s /= z;
  return exact;
}

// Weighted mean and its standard error.
std::pair<double, double> weighted_mean(const std::vector<double> &ln_w, const std::vector<double> &values)
{
  const double highest = *std::max_element(ln_w.begin(), ln_w.end());
  double sum = 0, mean = 0, square = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double w = std::exp(ln_w[i] - highest);
    sum += w;
    mean += w * values[i];
  }
  mean /= sum;
  for (std::size_t i = 0; i < values.size(); ++i)
    square += std::pow(std::exp(ln_w[i] - highest) / sum * (values[i] - mean), 2);
  return {mean, std::sqrt(square)};
}

}    // namespace

// s = x - y and t = x + y, so that dx dy = ds dt / 2 and the mean weight is Z(s) itself, not only up to a constant.
TEST(BackmapPoints, MeanWeightIsZByQuadrature)
{
  OneParticle energy(kSystem.potential);
  const std::vector<double> points{-2.3, -1.2, 0.1, 0.9};
  const int n = 4000;
  const Structures drawn = draw_points(points, n, 3, &energy);
  EXPECT_EQ(energy.evaluations, 4 * n);
  for (std::size_t p = 0; p < points.size(); ++p) {
    double mean = 0, square = 0;
    const double ln_z = -kSystem.exact(points[p]) - std::log(2.0);
    for (int i = 0; i < n; ++i) {
      const double w = std::exp(drawn.ln_w[p * n + i] - ln_z);
      mean += w / n, square += w * w / n;
    }
    const double error = std::sqrt((square - mean * mean) / n);
    EXPECT_LT(error, 0.05);
    EXPECT_NEAR(mean, 1.0, 5 * error) << "at s = " << points[p];
  }
}

TEST(BackmapPoints, EachStructureLiesAtItsPointWithItsEnergy)
{
  OneParticle energy(kSystem.potential);
  const std::vector<double> points{-2.0, 0.5};
  const Structures drawn = draw_points(points, 3, 3, &energy);
  ASSERT_EQ(drawn.x.size(), 6u * 3);
  EXPECT_THAT(drawn.point, testing::ElementsAre(0, 0, 0, 1, 1, 1));
  for (int i = 0; i < 6; ++i) {
    double g[2];
    const double *x = &drawn.x[3 * i];
    EXPECT_NEAR(x[0] - x[1], points[i / 3], 1e-12);
    EXPECT_EQ(drawn.s[i], points[i / 3]);
    EXPECT_EQ(x[2], 0.0);
    EXPECT_NEAR(drawn.energy[i], kSystem.potential(x[0], x[1], g), 1e-9);
    EXPECT_TRUE(std::isnan(drawn.ln_W[i])) << "points from a list have no density";
  }
  EXPECT_NE(drawn.x[0], drawn.x[3]);
  const double shares[] = {ess(&drawn.ln_w[0], 3) / 3, ess(&drawn.ln_w[3], 3) / 3};
  EXPECT_NEAR(drawn.ess_share, std::max(shares[0], shares[1]), 1e-12);
}

TEST(BackmapPoints, WithoutEnergiesTheStructuresAreTheSame)
{
  OneParticle energy(kSystem.potential);
  const std::vector<double> points{-2.0, 0.5};
  const Structures with = draw_points(points, 5, 3, &energy), without = draw_points(points, 5, 3, nullptr);
  EXPECT_EQ(without.x, with.x);
  EXPECT_TRUE(without.ln_w.empty());
  EXPECT_TRUE(without.ln_W.empty());
  EXPECT_TRUE(without.energy.empty());
}

TEST(BackmapPoints, RejectedStructuresHaveNoWeight)
{
  // Half of the plane is forbidden.
  const double middle = 1.45;
  OneParticle energy([&](double x, double y, double *g) { return y > middle ? kInf : kSystem.potential(x, y, g); });
  const int n = 200;
  const Structures drawn = draw_points({-2.0}, n, 3, &energy);
  int rejected = 0;
  for (int i = 0; i < n; ++i) {
    const bool forbidden = drawn.x[3 * i + 1] > middle;
    rejected += forbidden;
    EXPECT_EQ(drawn.ln_w[i] == -kInf, forbidden);
  }
  EXPECT_GT(rejected, 20);
  EXPECT_LT(rejected, n - 20);
  EXPECT_NEAR(drawn.ess_share, ess(drawn.ln_w.data(), n) / n, 1e-12);
}

TEST(BackmapPmf, PointsFollowThePmf)
{
  const int n = 40000, bins = 25;
  const Structures drawn = draw_pmf(everywhere_known(), n, 11, nullptr);
  std::vector<double> counts(bins), expected(bins);
  const double width = (kSystem.hi - kSystem.lo) / bins;
  for (double s : drawn.s) ++counts[std::min(bins - 1, static_cast<int>((s - kSystem.lo) / width))];
  const std::vector<double> fine = spread(kSystem.lo, kSystem.hi, bins * 200);
  std::vector<double> f(fine.size());
  everywhere_known().ensemble_surface()->evaluate(static_cast<int>(fine.size()), fine.data(), f.data(), nullptr, nullptr);
  const double lowest = *std::min_element(f.begin(), f.end());
  double sum = 0;
  for (std::size_t i = 0; i < f.size(); ++i) {
    const double p = std::exp(-(f[i] - lowest) / kSystem.kT);
    expected[i / 200] += p, sum += p;
  }
  double chi_square = 0, rest = 0, rest_expected = 0;
  int used = 0;
  for (int b = 0; b < bins; ++b) {
    const double e = expected[b] / sum * n;
    if (e < 10) {
      rest += counts[b], rest_expected += e;
      continue;
    }
    chi_square += (counts[b] - e) * (counts[b] - e) / e, ++used;
  }
  ASSERT_GE(used, 8);
  EXPECT_LT(chi_square / (used - 1), 1 + 5 * std::sqrt(2.0 / (used - 1)));
  EXPECT_NEAR(rest, rest_expected, 5 * std::sqrt(rest_expected + 1));
}

TEST(BackmapPmf, PointsStayWhereThePmfIsKnown)
{
  const Structures drawn = draw_pmf(trained(), 5000, 11, nullptr);
  std::vector<double> f(5000), std(5000);
  trained().surface()->evaluate(5000, drawn.s.data(), f.data(), std.data(), nullptr);
  // A cell counts as known by its center; the std changes little over 1/1000 of the range.
  for (int i = 0; i < 5000; ++i) EXPECT_LE(std[i], 1.1 * 0.2 * kSystem.kT);
}

// The PMF of few labels has errors of some tenths of kT, and the flow larger ones. The weights correct both.
TEST(BackmapPmf, ReweightedMeansAreExactWhateverFlowAndPmfGotWrong)
{
  OneParticle energy(kSystem.potential);
  const int n = 40000;
  const Structures drawn = draw_pmf(everywhere_known(), n, 12, &energy);
  const Exact exact = quadrature(kSystem.lo, kSystem.hi);
  const auto [U, error_U] = weighted_mean(drawn.ln_W, drawn.energy);
  const auto [s, error_s] = weighted_mean(drawn.ln_W, drawn.s);
  EXPECT_NEAR(U, exact.U, 5 * error_U);
  EXPECT_NEAR(s, exact.s, 5 * error_s);
  EXPECT_LT(error_U, 0.01 * kSystem.kT);
  EXPECT_NEAR(drawn.ess_share, ess(drawn.ln_W.data(), n) / n, 1e-9);
  // Without weights the mean energy is wrong by much more than its error, so the test can fail.
  const auto [plain, error_plain] = weighted_mean(std::vector<double>(n, 0.0), drawn.energy);
  EXPECT_GT(std::abs(plain - exact.U), 10 * error_plain);
}

TEST(Backmap, IsTheSameOnAnyNumberOfRanks)
{
  OneParticle serial(kSystem.potential);
  const std::vector<double> points{-2.0, -0.7, 0.5};
  const Structures given = draw_points(points, 7, 3, &serial), drawn = draw_pmf(trained(), 23, 4, &serial);
  for (int size : {2, 3}) {
    std::vector<Structures> a(size), b(size);
    run_ranks(size, [&](Communicator &comm) {
      OneParticle energy(kSystem.potential);
      a[comm.rank()] = backmap_points(trained(), points, 7, 3, &energy, comm);
      b[comm.rank()] = backmap_pmf(trained(), 23, 4, &energy, comm);
    });
    for (int rank = 0; rank < size; ++rank) {
      EXPECT_EQ(a[rank].point, given.point);
      EXPECT_EQ(b[rank].s, drawn.s);
      // Matrix products of other sizes may round differently.
      EXPECT_THAT(a[rank].x, testing::Pointwise(testing::DoubleNear(1e-12), given.x));
      EXPECT_THAT(b[rank].x, testing::Pointwise(testing::DoubleNear(1e-12), drawn.x));
      EXPECT_THAT(a[rank].ln_w, testing::Pointwise(testing::DoubleNear(1e-10), given.ln_w));
      EXPECT_THAT(b[rank].ln_W, testing::Pointwise(testing::DoubleNear(1e-10), drawn.ln_W));
      EXPECT_NEAR(a[rank].ess_share, given.ess_share, 1e-10);
    }
  }
}

TEST(Backmap, SeedDecidesAndMoreStructuresBeginWithTheSameOnes)
{
  const Structures a = draw_pmf(trained(), 10, 1, nullptr), b = draw_pmf(trained(), 10, 2, nullptr),
                   more = draw_pmf(trained(), 20, 1, nullptr);
  EXPECT_NE(a.s, b.s);
  EXPECT_NE(a.x, b.x);
  EXPECT_EQ(std::vector<double>(more.s.begin(), more.s.begin() + 10), a.s);
  for (int i = 0; i < 30; ++i) EXPECT_NEAR(more.x[i], a.x[i], 1e-12);
}

TEST(Backmap, ReadsBackFromAFileAndDrawsTheSame)
{
  Archive archive("model");
  trained().store(archive);
  const Model again = Model::from_archive(Archive::from_bytes(archive.to_bytes(), "model", "bytes"));
  EXPECT_EQ(draw_pmf(again, 20, 1, nullptr).x, draw_pmf(trained(), 20, 1, nullptr).x);
}

TEST(Backmap, NamesWhatCannotBeDrawn)
{
  EXPECT_THAT(message([] { draw_pmf(Model(kSystem.config(), kSystem.info(1)), 5, 1, nullptr); }),
              HasSubstr("holds no PMF yet"));
  static const Model never = make_model(1e-9);
  EXPECT_THAT(message([] { draw_pmf(never, 5, 1, nullptr); }), HasSubstr("no CG point has a std up to the threshold"));
  EXPECT_THAT(message([] { draw_pmf(trained(), 0, 1, nullptr); }), HasSubstr("got 0 structures"));
  EXPECT_THAT(message([] { draw_points({}, 5, 1, nullptr); }), HasSubstr("got no CG point"));
  EXPECT_THAT(message([] { draw_points({-2.0}, 0, 1, nullptr); }), HasSubstr("got 0 structures"));
}

TEST(Backmap, AFailureOfTheEnergiesOnOneRankReachesAll)
{
  std::vector<std::string> texts(3);
  run_ranks(3, [&](Communicator &comm) {
    OneParticle energy([&](double x, double y, double *g) {
      if (comm.rank() == 1) throw EnergyError("the child failed");
      return kSystem.potential(x, y, g);
    });
    texts[comm.rank()] = message([&] { backmap_points(trained(), {-2.0, 0.5}, 3, 1, &energy, comm); });
  });
  EXPECT_THAT(texts, testing::Each(HasSubstr("the child failed")));
}

namespace {

// Two particles in three dimensions: x and y of both are CG variables, z of both are fine coordinates. All are harmonic,
// and z is softer for larger x. Four CG variables are too many for a grid, so the points of the PMF come from Markov
// chains.
class TwoHarmonicParticles : public EnergyModel {
 public:
  int n_atoms() const override { return 2; }
  void evaluate(int n, const double *x, double *energy, double *force) override
  {
    for (int i = 0; i < 6 * n; i += 3) {
      const double k = 1 + 0.4 * std::tanh(x[i]), slope = 0.4 * (1 - std::pow(std::tanh(x[i]), 2));
      const double u = 0.5 * (x[i] * x[i] + x[i + 1] * x[i + 1] + k * x[i + 2] * x[i + 2]);
      energy[i / 6] = i % 6 ? energy[i / 6] + u : u;
      force[i] = -x[i] - 0.5 * slope * x[i + 2] * x[i + 2], force[i + 1] = -x[i + 1], force[i + 2] = -k * x[i + 2];
    }
  }
};

Model four_variables()
{
  Config config;
  for (const char *name : {"x1", "y1", "x2", "y2"}) config.cg.push_back({name, {{name, 1.0}}, {-4, 4}});
  for (const char *name : {"z1", "z2"}) config.fine.push_back({name, {{name, 1.0}}});
  Model model(config, {1.0, 1.0, "lj", {{0.0, 0.0}, {}, {}}, 3, 5, 1e6});
  SerialCommunicator comm;
  SilentLog log;
  TwoHarmonicParticles energy;
  Trainer trainer(model, &energy, comm, log);
  std::vector<double> frames, points;
  RandomStream random(1, Stream::test);
  for (int i = 0; i < 6 * 100; ++i) frames.push_back(random.normal());
  for (int i = 0; i < 4 * 300; ++i) points.push_back(std::clamp(1.3 * random.normal(), -4.0, 4.0));
  trainer.train_by_example(frames, model.config().example);
  trainer.train_by_energy(points, model.config().energy, 1, LabelConfig());
  trainer.add_labels(points, 16);
  trainer.fit();
  return model;
}

}    // namespace

// Each of the six coordinates has the energy kT/2, up to the 0.1 % that the walls at four standard deviations cut off.
TEST(BackmapPmf, ChainsDrawFromManyVariables)
{
  const Model model = four_variables();
  TwoHarmonicParticles energy;
  const int n = 1500;
  const Structures drawn = draw_pmf(model, n, 3, &energy);
  const auto [U, error] = weighted_mean(drawn.ln_W, drawn.energy);
  EXPECT_LT(error, 0.2);
  // Consecutive points of a chain are somewhat correlated.
  EXPECT_NEAR(U, 3.0, 7 * error);
  for (int i = 0; i < n; ++i)
    for (int k = 0; k < 4; ++k) ASSERT_EQ(drawn.x[6 * i + k / 2 * 3 + k % 2], drawn.s[4 * i + k]);
  const Structures other = draw_pmf(model, n, 4, nullptr);
  EXPECT_NE(other.s, drawn.s);
}
