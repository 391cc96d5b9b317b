// SPDX-License-Identifier: GPL-2.0-only
#include "kernels/measurement.h"

#include "internal_systems.h"

#include "reference/measurement.h"
#include "reference/placement.h"

#include <limits>

using namespace cgflow;
using namespace cgflow::kernels;
using namespace cgflow::tests;

namespace {

struct Measured {
  std::vector<double> z, log_det;    // [3 n - 6, batch]: s, then fine; [batch]
};

Measured measure(const InternalSystem &system, int batch, const std::vector<double> &x, bool by_reference = false)
{
  Measured out{std::vector<double>(system.layout.n_internal() * batch, 7.0), std::vector<double>(batch, 7.0)};
  double *s = out.z.data(), *fine = s + system.n_cv() * batch;
  if (by_reference)
    reference::measure(system.layout, system.sources, system.ranges, batch, x.data(), s, fine, out.log_det.data());
  else
    Measurement(system.layout, system.sources, system.ranges).measure(batch, x.data(), s, fine, out.log_det.data());
  return out;
}

std::vector<double> pull_back(const InternalSystem &system, int batch, const std::vector<double> &x,
                              const std::vector<double> &gz, const std::vector<double> &g_log_det, bool by_reference = false)
{
  std::vector<double> gx(x.size(), 7.0);
  const double *gs = gz.data(), *g_fine = gs + system.n_cv() * batch;
  if (by_reference)
    reference::measure_back(system.layout, system.sources, system.ranges, batch, x.data(), gs, g_fine, g_log_det.data(),
                            gx.data());
  else
    Measurement(system.layout, system.sources, system.ranges)
        .pull_back(batch, x.data(), gs, g_fine, g_log_det.data(), gx.data());
  return gx;
}

// Structures placed by the reference, then all rotated and shifted in the same way.
std::vector<double> structures(const InternalSystem &system, int batch, const std::vector<double> &z,
                               std::vector<double> *log_det = nullptr)
{
  std::vector<double> x(3 * system.n_atoms() * batch), volume(batch);
  reference::place(system.layout, system.sources, batch, z.data(), z.data() + system.n_cv() * batch, x.data(),
                   volume.data());
  if (log_det) *log_det = volume;
  const double c = std::cos(0.7), s = std::sin(0.7), c2 = std::cos(-1.9), s2 = std::sin(-1.9);
  for (std::size_t i = 0; i < x.size(); i += 3) {
    const double a = c * x[i] - s * x[i + 1], b = s * x[i] + c * x[i + 1];
    const double d = c2 * b - s2 * x[i + 2], e = s2 * b + c2 * x[i + 2];
    x[i] = a + 0.3, x[i + 1] = d - 1.1, x[i + 2] = e + 2.0;
  }
  return x;
}

// Each rotor of structure i is some periods away: the same structure with other labels of its ends.
std::vector<double> turned(const InternalSystem &system, int batch, std::vector<double> z)
{
  for (const auto &rotor : system.ranges.rotors)
    for (int i = 0; i < batch; ++i)
      z[system.sources.source[rotor.row].from * batch + i] += (i % 5 - 2) * system.ranges.z[rotor.row].period;
  return z;
}

}    // namespace

TEST(Measurement, UndoesPlacement)
{
  for (const auto &system : internal_systems())
    for (const int batch : kBatches) {
      const auto z = thermal_values(system, batch, batch);
      std::vector<double> log_det;
      const Measured got = measure(system, batch, structures(system, batch, z, &log_det));
      expect_close(got.z, z, batch, true, 1e-11, system.name + ", z");
      expect_close(got.log_det, log_det, batch, false, 1e-11, system.name + ", log_det");
    }
}

TEST(Measurement, GivesEqualAtomsTheirLabels)
{
  const InternalSystem system = ala2_system();
  ASSERT_EQ(system.ranges.rotors.size(), 3u);
  const int batch = 33;
  const auto z = thermal_values(system, batch, 5);
  const auto x = structures(system, batch, z), other = structures(system, batch, turned(system, batch, z));
  EXPECT_NE(x, other);
  expect_close(measure(system, batch, x).z, z, batch, true, 1e-11, "labels");
}

TEST(Measurement, AgreesWithTheReferenceInAllShapesAndSizes)
{
  for (const auto &system : internal_systems())
    for (const int batch : kBatches)
      for (const bool away : {false, true}) {
        auto z = thermal_values(system, batch, batch);
        if (away) z = turned(system, batch, z);
        const auto x = structures(system, batch, z);
        const Measured a = measure(system, batch, x), b = measure(system, batch, x, true);
        expect_close(a.z, b.z, batch, true, 1e-12, system.name + ", z");
        expect_close(a.log_det, b.log_det, batch, false, 1e-12, system.name + ", log_det");
        const auto gz = weights(z.size()), g_log_det = weights(batch);
        expect_close(pull_back(system, batch, x, gz, g_log_det), pull_back(system, batch, x, gz, g_log_det, true), batch,
                     false, 1e-12, system.name + ", gx");
      }
}

TEST(Measurement, DerivativesAreThoseOfFiniteDifferences)
{
  for (const auto &system : internal_systems()) {
    const int batch = 2, size = 3 * system.n_atoms();
    const auto x = structures(system, batch, turned(system, batch, thermal_values(system, batch, 6)));
    const auto gz = weights(system.layout.n_internal() * batch), g_log_det = weights(batch);
    const auto got = pull_back(system, batch, x, gz, g_log_det);
    const auto value = [&](const std::vector<double> &at, int i) {
      const Measured m = measure(system, batch, at);
      double sum = g_log_det[i] * m.log_det[i];
      for (int k = 0; k < system.layout.n_internal(); ++k) sum += gz[k * batch + i] * m.z[k * batch + i];
      return sum;
    };
    for (int i = 0; i < batch; ++i)
      for (int k = 0; k < size; ++k) {
        auto up = x, down = x;
        up[i * size + k] += 1e-6;
        down[i * size + k] -= 1e-6;
        const double slope = (value(up, i) - value(down, i)) / 2e-6;
        EXPECT_NEAR(got[i * size + k], slope, 1e-6 * (1.0 + std::fabs(slope))) << system.name << " " << k;
      }
  }
}

TEST(Measurement, NaNStaysInItsOwnStructure)
{
  const InternalSystem system = ala2_system();
  const int batch = 20;
  const auto x = structures(system, batch, turned(system, batch, thermal_values(system, batch, 7)));
  auto with_nan = x;
  for (int k = 0; k < 66; ++k) with_nan[66 * 18 + k] = std::numeric_limits<double>::quiet_NaN();
  with_nan[66 * 3 + 10] = std::numeric_limits<double>::infinity();
  const auto gz = weights(60 * batch), g_log_det = weights(batch);
  const Measured a = measure(system, batch, x), b = measure(system, batch, with_nan);
  const auto c = pull_back(system, batch, x, gz, g_log_det), d = pull_back(system, batch, with_nan, gz, g_log_det);
  for (int i = 0; i < batch; ++i) {
    if (i == 18 || i == 3) continue;
    for (int k = 0; k < 60; ++k) EXPECT_EQ(a.z[k * batch + i], b.z[k * batch + i]);
    for (int k = 0; k < 66; ++k) EXPECT_EQ(c[66 * i + k], d[66 * i + k]);
  }
  for (int k = 0; k < 60; ++k) EXPECT_TRUE(std::isnan(b.z[k * batch + 18]));
}
