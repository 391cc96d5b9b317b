// SPDX-License-Identifier: GPL-2.0-only
#include "kernels/placement.h"

#include "internal_systems.h"

#include "reference/placement.h"

#include <limits>

using namespace cgflow;
using namespace cgflow::kernels;
using namespace cgflow::tests;

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

struct Placed {
  std::vector<double> x, log_det;
};
struct Pulled {
  std::vector<double> gs, g_fine;
};

const double *fine_of(const InternalSystem &system, int batch, const std::vector<double> &z)
{
  return z.data() + static_cast<std::size_t>(system.n_cv()) * batch;
}

Placed place(const InternalSystem &system, int batch, const std::vector<double> &z, bool by_reference = false)
{
  Placed out{std::vector<double>(3 * system.n_atoms() * batch, 7.0), std::vector<double>(batch, 7.0)};
  const double *s = z.data(), *fine = fine_of(system, batch, z);
  if (by_reference)
    reference::place(system.layout, system.sources, batch, s, fine, out.x.data(), out.log_det.data());
  else
    Placement(system.layout, system.sources).place(batch, s, fine, out.x.data(), out.log_det.data());
  return out;
}

Pulled pull_back(const InternalSystem &system, int batch, const std::vector<double> &z, const double *gx,
                 const double *g_log_det, bool by_reference = false)
{
  Pulled out{std::vector<double>(system.n_cv() * batch, 7.0), std::vector<double>(system.n_fine() * batch, 7.0)};
  const double *s = z.data(), *fine = fine_of(system, batch, z);
  if (by_reference)
    reference::place_back(system.layout, system.sources, batch, s, fine, gx, g_log_det, out.gs.data(), out.g_fine.data());
  else
    Placement(system.layout, system.sources).pull_back(batch, s, fine, gx, g_log_det, out.gs.data(), out.g_fine.data());
  return out;
}

void compare(const InternalSystem &system, int batch, const std::vector<double> &z, double tolerance = 1e-12,
             double derivatives = 1e-12)
{
  const Placed a = place(system, batch, z), b = place(system, batch, z, true);
  expect_close(a.x, b.x, batch, false, tolerance, system.name + ", x");
  expect_close(a.log_det, b.log_det, batch, false, tolerance, system.name + ", log_det");
  const auto gx = weights(b.x.size()), g_log_det = weights(batch);
  const double *parts[3][2] = {{gx.data(), g_log_det.data()}, {gx.data(), nullptr}, {nullptr, g_log_det.data()}};
  for (const auto &part : parts) {
    const Pulled c = pull_back(system, batch, z, part[0], part[1]), d = pull_back(system, batch, z, part[0], part[1], true);
    expect_close(c.gs, d.gs, batch, true, derivatives, system.name + ", gs");
    expect_close(c.g_fine, d.g_fine, batch, true, derivatives, system.name + ", g_fine");
  }
}

// Structure i with one of its coordinates, k, at a value that a flow gives rarely; `close` to a bond of zero or a straight angle.
std::vector<double> with_edges(const InternalSystem &system, int batch, double close, std::vector<double> z)
{
  const double bonds[] = {-1.2, close, 30.0, -close}, angles[] = {close, kPi - close, -1.1, kPi + 0.5},
               dihedrals[] = {kPi, -kPi, 7.0, -1000.0, 0.0};
  const int n = system.layout.n_internal(), n_atoms = system.n_atoms();
  for (int i = 0; i < batch; ++i) {
    const int k = i % n, turn = i / n;
    const auto &source = system.sources.source[k];
    const double value = k < n_atoms - 1 ? bonds[turn % 4] : (k < 2 * n_atoms - 3 ? angles[turn % 4] : dihedrals[turn % 5]);
    z[source.from * batch + i] = value / source.factor;
  }
  return z;
}

}    // namespace

// By hand: a distance of 2 along x, a right angle, then a right angle and a quarter turn.
TEST(Placement, PlacesFourAtomsByHand)
{
  const InternalSystem chain = system("chain", {{0}, {1, 0}, {2, 1, 0}, {3, 2, 1, 0}}, 0);
  const std::vector<double> q = {2.0, 1.0, 3.0, kPi / 2, kPi / 2, kPi / 2};
  std::vector<double> z(q.rbegin(), q.rend());
  const Placed got = place(chain, 1, z);
  const double expected[12] = {0, 0, 0, 2, 0, 0, 2, 1, 0, 2, 1, 3};
  for (int k = 0; k < 12; ++k) EXPECT_NEAR(got.x[k], expected[k], 1e-14) << k;
  EXPECT_NEAR(got.log_det[0], std::log(4.0 * 1.0 * 9.0), 1e-14);
}

TEST(Placement, AgreesWithTheReferenceInAllShapesAndSizes)
{
  for (const auto &system : internal_systems())
    for (const int batch : kBatches) compare(system, batch, thermal_values(system, batch, batch));
}

TEST(Placement, AgreesWithTheReferenceAtEdges)
{
  for (const auto &system : internal_systems()) {
    const int batch = 5 * system.layout.n_internal() + 3;
    const auto z = thermal_values(system, batch, 1);
    compare(system, batch, with_edges(system, batch, 0.05, z));
    // At 1e-3 of a straight line rounding is a thousand times larger, and in derivatives the square of that.
    compare(system, batch, with_edges(system, batch, 1e-3, z), 1e-12, 1e-9);
  }
}

TEST(Placement, LogDeterminantAndItsDerivativeStayFiniteWhereThereIsNoStructure)
{
  const InternalSystem system = internal_systems()[2];
  auto z = thermal_values(system, 3, 1);
  const int bond = system.sources.source[system.layout.bond(4)].from,
            angle = system.sources.source[system.layout.angle(4)].from;
  z[3 * bond] = 0.0;
  z[3 * angle + 1] = 0.0;
  z[3 * bond + 2] = 1e120;
  const Placed a = place(system, 3, z), b = place(system, 3, z, true);
  const std::vector<double> g = weights(3);
  const Pulled c = pull_back(system, 3, z, nullptr, g.data()), d = pull_back(system, 3, z, nullptr, g.data(), true);
  expect_close(a.log_det, b.log_det, 3, false, 1e-12, "log_det");
  expect_close(c.g_fine, d.g_fine, 3, true, 1e-12, "g_fine");
  for (const double v : a.log_det) EXPECT_TRUE(std::isfinite(v));
  for (const double v : c.g_fine) EXPECT_TRUE(std::isfinite(v));
  EXPECT_EQ(c.g_fine[3 * (bond - system.n_cv())], 0.0);
}

TEST(Placement, DerivativesAreThoseOfFiniteDifferences)
{
  for (const auto &system : internal_systems()) {
    const int batch = 3, n = system.layout.n_internal();
    const auto z = thermal_values(system, batch, 2);
    const auto gx = weights(3 * system.n_atoms() * batch), g_log_det = weights(batch);
    const Pulled got = pull_back(system, batch, z, gx.data(), g_log_det.data());
    const auto value = [&](const std::vector<double> &at, int i) {
      const Placed p = place(system, batch, at);
      double sum = g_log_det[i] * p.log_det[i];
      const int size = 3 * system.n_atoms();
      for (int k = 0; k < size; ++k) sum += gx[i * size + k] * p.x[i * size + k];
      return sum;
    };
    for (int k = 0; k < n; ++k)
      for (int i = 0; i < batch; ++i) {
        const double h = k < system.n_cv() ? 1e-3 : 1e-5;
        auto up = z, down = z;
        up[k * batch + i] += h;
        down[k * batch + i] -= h;
        const double slope = (value(up, i) - value(down, i)) / (2.0 * h);
        const double g = k < system.n_cv() ? got.gs[k * batch + i] : got.g_fine[(k - system.n_cv()) * batch + i];
        EXPECT_NEAR(g, slope, 1e-7 * (1.0 + std::fabs(slope))) << system.name << " " << k;
      }
  }
}

// Ranks share a batch in parts of other sizes, and must agree in each bit.
TEST(Placement, AStructureIsTheSameInEveryBatch)
{
  const InternalSystem system = ala2_system();
  const int batch = 37;
  const auto z = thermal_values(system, batch, 5);
  const auto gx = weights(66 * batch), g_log_det = weights(batch);
  const Placed all = place(system, batch, z);
  const Pulled back = pull_back(system, batch, z, gx.data(), g_log_det.data());
  for (int i = 0; i < batch; ++i) {
    std::vector<double> one(60);
    for (int k = 0; k < 60; ++k) one[k] = z[k * batch + i];
    const Placed alone = place(system, 1, one);
    const Pulled pulled = pull_back(system, 1, one, gx.data() + 66 * i, g_log_det.data() + i);
    for (int k = 0; k < 66; ++k) ASSERT_EQ(alone.x[k], all.x[66 * i + k]);
    ASSERT_EQ(alone.log_det[0], all.log_det[i]);
    for (int k = 0; k < 58; ++k) ASSERT_EQ(pulled.g_fine[k], back.g_fine[k * batch + i]);
  }
}

TEST(Placement, NaNStaysInItsOwnStructure)
{
  const InternalSystem system = ala2_system();
  const int batch = 35;
  const auto z = thermal_values(system, batch, 3);
  auto with_nan = z;
  with_nan[40 * batch + 5] = kNaN;
  with_nan[1 * batch + 33] = kNaN;
  const auto gx = weights(66 * batch), g_log_det = weights(batch);
  const Placed a = place(system, batch, z), b = place(system, batch, with_nan);
  const Pulled c = pull_back(system, batch, z, gx.data(), g_log_det.data());
  const Pulled d = pull_back(system, batch, with_nan, gx.data(), g_log_det.data());
  for (int i = 0; i < batch; ++i) {
    if (i == 5 || i == 33) continue;
    for (int k = 0; k < 66; ++k) EXPECT_EQ(a.x[66 * i + k], b.x[66 * i + k]);
    EXPECT_EQ(a.log_det[i], b.log_det[i]);
    for (int k = 0; k < 58; ++k) EXPECT_EQ(c.g_fine[k * batch + i], d.g_fine[k * batch + i]);
    for (int k = 0; k < 2; ++k) EXPECT_EQ(c.gs[k * batch + i], d.gs[k * batch + i]);
  }
  for (int k = 0; k < 66; ++k) EXPECT_TRUE(std::isnan(b.x[66 * 5 + k]));
}

TEST(Placement, OutsideTheDomainPositionsAreNaNAndPullOnNothing)
{
  InternalSystem system = ala2_system();
  const int batch = 18;
  auto z = thermal_values(system, batch, 4);
  system.sources.lo[20] = -2000.0;
  z[22 * batch + 17] = -2000.0;    // an interval's ends do not belong to it
  const auto gx = weights(66 * batch), g_log_det = weights(batch);
  compare(system, batch, z);
  const Placed a = place(system, batch, z);
  for (int i = 0; i < batch; ++i)
    for (int k = 0; k < 66; ++k) EXPECT_EQ(std::isnan(a.x[66 * i + k]), i == 17);
  EXPECT_TRUE(std::isfinite(a.log_det[17]));
  const Pulled both = pull_back(system, batch, z, gx.data(), g_log_det.data()),
               volume = pull_back(system, batch, z, nullptr, g_log_det.data());
  for (int k = 0; k < 58; ++k) EXPECT_EQ(both.g_fine[k * batch + 17], volume.g_fine[k * batch + 17]);
}
