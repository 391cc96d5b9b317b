// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow/probes.h"

#include "error_message.h"

#include "cgflow/archive.h"
#include "cgflow/energy_model.h"

#include <gmock/gmock.h>

#include <limits>

namespace cgflow {
namespace {

/// One atom whose energy is its x coordinate, less a shift.
class Line : public EnergyModel {
 public:
  explicit Line(double shift) : shift_(shift) {}
  int n_atoms() const override { return 1; }
  void evaluate(int n, const double *x, double *energy, double *) override
  {
    for (int i = 0; i < n; ++i) energy[i] = x[3 * i] - shift_;
  }

 private:
  double shift_;
};

const Probes kProbes{{1, 0, 0, -2e6, 0, 0}, {1, -2e6}};

std::string compared(double shift)
{
  Line line(shift);
  return message([&] { require_same_energies(kProbes, line, 1.0, "m.cgflow", "in.mb", "do this"); });
}

TEST(Probes, EnergiesAreTheSameUpToThousandthsOfKtAndTheLastDigits)
{
  EXPECT_EQ(first_difference({1.0, 2.0}, {1.0009, 2.0}, 1.0), -1);
  EXPECT_EQ(first_difference({1.0, 2.0}, {1.0, 2.0011}, 1.0), 1);
  EXPECT_EQ(first_difference({1.0, 2.0}, {1.0, 2.0011}, 10.0), -1);
  // 1e-8 of the energy, whatever kT is.
  EXPECT_EQ(first_difference({1e9}, {1e9 + 9.0}, 1e-30), -1);
  EXPECT_EQ(first_difference({1e9}, {1e9 + 11.0}, 1e-30), 0);
}

TEST(Probes, EnergyThatIsNoNumberIsAnother)
{
  EXPECT_EQ(first_difference({1.0}, {std::numeric_limits<double>::infinity()}, 1.0), 0);
  EXPECT_EQ(first_difference({1.0}, {std::numeric_limits<double>::quiet_NaN()}, 1.0), 0);
}

TEST(Probes, ErrorNamesBothEnergies)
{
  EXPECT_EQ(compared(5e-4), "no error");
  EXPECT_EQ(compared(0.25),
            "m.cgflow: it was made with another force field or system: at a probe conformer its energy is 1, with "
            "in.mb it is 0.75; do this");
}

TEST(Probes, WithoutProbesNothingIsCompared)
{
  Line line(1.0);
  require_same_energies({}, line, 1.0, "m.cgflow", "in.mb", "");
}

TEST(Probes, ComeBackFromAnArchive)
{
  Archive archive("model");
  put_probes(archive, kProbes);
  EXPECT_EQ(get_probes(archive, 1), kProbes);
  Archive old("model");
  put_probes(old, {});
  EXPECT_TRUE(old.names().empty());
  EXPECT_TRUE(get_probes(old, 1).empty());
}

TEST(Probes, ThoseThatDoNotFitAreErrors)
{
  Archive archive("model");
  put_probes(archive, kProbes);
  EXPECT_EQ(message([&] { get_probes(archive, 2); }), "a new model: item 'probes.x': got the shape [2, 3], expected [2, 6]");
  Archive infinite("model");
  put_probes(infinite, {{1, 0, 0}, {std::numeric_limits<double>::infinity()}});
  EXPECT_THAT(message([&] { get_probes(infinite, 1); }),
              testing::HasSubstr("item 'probes.energies': number 1 is inf, expected a finite number"));
}

}    // namespace
}    // namespace cgflow
