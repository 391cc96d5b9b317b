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

// Both parts from one pass, and each alone; a part whose derivative is not given stays empty.
struct Parts {
  Pulled by_x, by_log_det;
};

Parts pull_back(const InternalSystem &system, int batch, const std::vector<double> &z, const double *gx,
                const double *g_log_det)
{
  const auto room = [&](const double *g) {
    if (!g) return Pulled{};
    return Pulled{std::vector<double>(system.n_cv() * batch, 7.0), std::vector<double>(system.n_fine() * batch, 7.0)};
  };
  const auto place = [](Pulled &p) { return Placement::Gradient{p.gs.data(), p.g_fine.data()}; };
  Parts out{room(gx), room(g_log_det)};
  Placement(system.layout, system.sources)
      .pull_back(batch, z.data(), fine_of(system, batch, z), gx, g_log_det, place(out.by_x), place(out.by_log_det));
  return out;
}

Pulled reference_pull_back(const InternalSystem &system, int batch, const std::vector<double> &z, const double *gx,
                           const double *g_log_det)
{
  Pulled out{std::vector<double>(system.n_cv() * batch, 7.0), std::vector<double>(system.n_fine() * batch, 7.0)};
  reference::place_back(system.layout, system.sources, batch, z.data(), fine_of(system, batch, z), gx, g_log_det,
                        out.gs.data(), out.g_fine.data());
  return out;
}

void compare(const InternalSystem &system, int batch, const std::vector<double> &z, double tolerance = 1e-12,
             double derivatives = 1e-12)
{
  const Placed a = place(system, batch, z), b = place(system, batch, z, true);
  expect_close(a.x, b.x, batch, false, tolerance, system.name + ", x");
  expect_close(a.log_det, b.log_det, batch, false, tolerance, system.name + ", log_det");
  const auto gx = weights(b.x.size()), g_log_det = weights(batch);
  const auto expect_same = [&](const Pulled &c, const Pulled &d, const std::string &part) {
    expect_close(c.gs, d.gs, batch, true, derivatives, system.name + ", gs by " + part);
    expect_close(c.g_fine, d.g_fine, batch, true, derivatives, system.name + ", g_fine by " + part);
  };
  const Parts both = pull_back(system, batch, z, gx.data(), g_log_det.data());
  const Parts x = pull_back(system, batch, z, gx.data(), nullptr);
  const Parts volume = pull_back(system, batch, z, nullptr, g_log_det.data());
  const Pulled by_x = reference_pull_back(system, batch, z, gx.data(), nullptr);
  const Pulled by_log_det = reference_pull_back(system, batch, z, nullptr, g_log_det.data());
  expect_same(both.by_x, by_x, "x");
  expect_same(both.by_log_det, by_log_det, "log_det");
  expect_same(x.by_x, by_x, "x alone");
  expect_same(volume.by_log_det, by_log_det, "log_det alone");
}

// Structure i has one of its coordinates, k, at a rare value: a bond within `close` of zero, an angle within `close` of a
// straight line, or a dihedral at or beyond half a turn.
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

// A distance of 2 along x, a right angle, then a right angle and a dihedral of 90 degrees.
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
    // At 1e-3 from a straight line rounding errors are a thousand times larger, and a million times in derivatives.
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
  const Pulled c = pull_back(system, 3, z, nullptr, g.data()).by_log_det,
               d = reference_pull_back(system, 3, z, nullptr, g.data());
  expect_close(a.log_det, b.log_det, 3, false, 1e-12, "log_det");
  expect_close(c.g_fine, d.g_fine, 3, true, 1e-12, "g_fine");
  for (const double v : a.log_det) EXPECT_TRUE(std::isfinite(v));
  for (const double v : c.g_fine) EXPECT_TRUE(std::isfinite(v));
  EXPECT_EQ(c.g_fine[3 * (bond - system.n_cv())], 0.0);
}

TEST(Placement, DerivativesAreThoseOfFiniteDifferences)
{
  for (const auto &system : internal_systems()) {
    const int batch = 3, n = system.layout.n_internal(), size = 3 * system.n_atoms();
    const auto z = thermal_values(system, batch, 2);
    const auto gx = weights(size * batch), g_log_det = weights(batch);
    const Parts got = pull_back(system, batch, z, gx.data(), g_log_det.data());
    const auto by_x = [&](const Placed &p, int i) {
      double sum = 0.0;
      for (int k = 0; k < size; ++k) sum += gx[i * size + k] * p.x[i * size + k];
      return sum;
    };
    for (int k = 0; k < n; ++k)
      for (int i = 0; i < batch; ++i) {
        const double h = k < system.n_cv() ? 1e-3 : 1e-5;
        auto up = z, down = z;
        up[k * batch + i] += h;
        down[k * batch + i] -= h;
        const Placed a = place(system, batch, up), b = place(system, batch, down);
        const auto g = [&](const Pulled &p) {
          return k < system.n_cv() ? p.gs[k * batch + i] : p.g_fine[(k - system.n_cv()) * batch + i];
        };
        const double slope = (by_x(a, i) - by_x(b, i)) / (2.0 * h);
        EXPECT_NEAR(g(got.by_x), slope, 1e-7 * (1.0 + std::fabs(slope))) << system.name << " " << k;
        const double volume = g_log_det[i] * (a.log_det[i] - b.log_det[i]) / (2.0 * h);
        EXPECT_NEAR(g(got.by_log_det), volume, 1e-7 * (1.0 + std::fabs(volume))) << system.name << " " << k;
      }
  }
}

// Ranks divide a batch into parts of different sizes and must agree bit for bit.
TEST(Placement, AStructureIsTheSameInEveryBatch)
{
  const InternalSystem system = ala2_system();
  const int batch = 37;
  const auto z = thermal_values(system, batch, 5);
  const auto gx = weights(66 * batch), g_log_det = weights(batch);
  const Placed all = place(system, batch, z);
  const Parts back = pull_back(system, batch, z, gx.data(), g_log_det.data());
  for (int i = 0; i < batch; ++i) {
    std::vector<double> one(60);
    for (int k = 0; k < 60; ++k) one[k] = z[k * batch + i];
    const Placed alone = place(system, 1, one);
    const Parts pulled = pull_back(system, 1, one, gx.data() + 66 * i, g_log_det.data() + i);
    for (int k = 0; k < 66; ++k) ASSERT_EQ(alone.x[k], all.x[66 * i + k]);
    ASSERT_EQ(alone.log_det[0], all.log_det[i]);
    for (int k = 0; k < 58; ++k) {
      ASSERT_EQ(pulled.by_x.g_fine[k], back.by_x.g_fine[k * batch + i]);
      ASSERT_EQ(pulled.by_log_det.g_fine[k], back.by_log_det.g_fine[k * batch + i]);
    }
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
  const Parts c = pull_back(system, batch, z, gx.data(), g_log_det.data());
  const Parts d = pull_back(system, batch, with_nan, gx.data(), g_log_det.data());
  for (int i = 0; i < batch; ++i) {
    if (i == 5 || i == 33) continue;
    for (int k = 0; k < 66; ++k) EXPECT_EQ(a.x[66 * i + k], b.x[66 * i + k]);
    EXPECT_EQ(a.log_det[i], b.log_det[i]);
    for (const auto &[p, q] : {std::pair{&c.by_x, &d.by_x}, {&c.by_log_det, &d.by_log_det}}) {
      for (int k = 0; k < 58; ++k) EXPECT_EQ(p->g_fine[k * batch + i], q->g_fine[k * batch + i]);
      for (int k = 0; k < 2; ++k) EXPECT_EQ(p->gs[k * batch + i], q->gs[k * batch + i]);
    }
  }
  for (int k = 0; k < 66; ++k) EXPECT_TRUE(std::isnan(b.x[66 * 5 + k]));
}

TEST(Placement, OutsideTheDomainPositionsAreNaNAndHaveNoDerivatives)
{
  InternalSystem system = ala2_system();
  const int batch = 18;
  auto z = thermal_values(system, batch, 4);
  system.sources.lo[20] = -2000.0;
  z[22 * batch + 17] = -2000.0;    // intervals are open
  const auto gx = weights(66 * batch), g_log_det = weights(batch);
  compare(system, batch, z);
  const Placed a = place(system, batch, z);
  for (int i = 0; i < batch; ++i)
    for (int k = 0; k < 66; ++k) EXPECT_EQ(std::isnan(a.x[66 * i + k]), i == 17);
  EXPECT_TRUE(std::isfinite(a.log_det[17]));
  const Parts both = pull_back(system, batch, z, gx.data(), g_log_det.data()),
              volume = pull_back(system, batch, z, nullptr, g_log_det.data());
  for (int k = 0; k < 58; ++k) {
    EXPECT_EQ(both.by_x.g_fine[k * batch + 17], 0.0);
    EXPECT_EQ(both.by_log_det.g_fine[k * batch + 17], volume.by_log_det.g_fine[k * batch + 17]);
  }
}
