// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow/reference_pmf.h"

#include "error_message.h"

#include "cgflow/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>

using namespace cgflow;
using testing::HasSubstr;

namespace {

constexpr double kDegree = 3.14159265358979323846 / 180.0;

CgSpace torus() { return CgSpace({{"phi", -180, 180, true}, {"psi", -180, 180, true}}); }

// F in energy units with kT = 2.
class Surface : public PmfSurface {
 public:
  explicit Surface(std::function<double(double, double)> f) : f_(std::move(f)) {}
  const CgSpace &space() const override { return space_; }
  double kT() const override { return 2.0; }
  void evaluate(int n, const double *s, double *f, double *, double *) const override
  {
    for (int i = 0; i < n; ++i) f[i] = 2.0 * f_(s[2 * i], s[2 * i + 1]);
  }

 private:
  CgSpace space_ = torus();
  std::function<double(double, double)> f_;
};

double waves(double phi, double psi) { return 3.0 * std::cos(kDegree * phi) + 2.0 * std::sin(kDegree * (phi - psi)); }

class ReferenceFile : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string write(const std::string &text)
  {
    std::ofstream(folder_ / "reference.csv") << text;
    return (folder_ / "reference.csv").string();
  }
  // Cells of 10 degrees; `probability` as the last column.
  std::string cells(const std::function<double(double, double)> &f, bool probability)
  {
    std::string text = "# phi psi F\n";
    for (int i = 0; i < 36; ++i)
      for (int j = 0; j < 36; ++j) {
        const double phi = -175 + 10 * i, psi = -175 + 10 * j, value = f(phi, psi);
        text += std::to_string(phi) + "," + std::to_string(psi) + "," + std::to_string(value + 5.0);
        if (probability) text += ",0.01," + std::to_string(std::exp(-value));
        text += "\n";
      }
    return write(text);
  }
  std::filesystem::path folder_ = std::filesystem::temp_directory_path() / "cgflow_test_reference_pmf";
};

}    // namespace

TEST_F(ReferenceFile, APmfHasNoDistanceFromItself)
{
  // The cell average of exp(-F) differs from the value at the center by the curvature, here a few thousandths of kT.
  for (const bool probability : {false, true}) {
    const auto r = ReferencePmf::read(cells(waves, probability), torus()).compare(Surface(waves), 8.0);
    EXPECT_LT(r.kld, 2e-4);
    EXPECT_LT(r.rms, 0.02);
    EXPECT_GT(r.cells, 1000);
  }
}

TEST_F(ReferenceFile, GivesTheDivergenceAndTheErrorOfAKnownChange)
{
  const auto reference = ReferencePmf::read(cells(waves, false), torus());
  // A step of 1 kT at phi = 0: with a the probability of the half where F is lowered, q = p exp(+-) / norm.
  const auto changed = [](double phi, double psi) { return waves(phi, psi) + (phi > 0.0 ? 1.0 : 0.0); };
  const auto r = reference.compare(Surface(changed), 1e9);
  double above = 0.0, all = 0.0;
  for (int i = 0; i < 36; ++i)
    for (int j = 0; j < 36; ++j) {
      const double phi = -175 + 10 * i, w = std::exp(-waves(phi, -175 + 10 * j));
      all += w;
      if (phi > 0.0) above += w;
    }
  const double a = above / all, expected = a + std::log(a * std::exp(-1.0) + 1.0 - a);
  EXPECT_NEAR(r.kld, expected, 1e-3);
  EXPECT_NEAR(r.rms, 0.5, 0.01);
  EXPECT_EQ(r.cells, 1296);
  // Where F is below 2 kT only.
  EXPECT_LT(reference.compare(Surface(changed), 2.0).cells, 1296);
}

TEST_F(ReferenceFile, SaysWhatIsWrongWithItsFileAndLine)
{
  const auto text = [&](const std::string &content) {
    return message([&] { ReferencePmf::read(write(content), torus()); });
  };
  EXPECT_THAT(message([&] { ReferencePmf::read("nowhere.csv", torus()); }), HasSubstr("nowhere.csv: cannot read"));
  EXPECT_THAT(text("# nothing\n"), HasSubstr("got no cell"));
  EXPECT_THAT(text("# phi psi F\n1 2\n"), HasSubstr("line 2: got 2 columns, expected 2 CG variables and F in kT"));
  EXPECT_THAT(text("1 2 x\n"), HasSubstr("line 1: got 'x', expected a finite number"));
  EXPECT_THAT(text("1 2 nan\n"), HasSubstr("line 1: got 'nan'"));
  EXPECT_THAT(text("1 2 3 0.1 -1\n"), HasSubstr("got a probability below 0"));
  EXPECT_THAT(text("1 2 3 0.1 0\n"), HasSubstr("all probabilities are 0"));
  EXPECT_THAT(message([&] {
                ReferencePmf::read(write("7 1\n"), CgSpace({{"s", 0, 1, false}}));
              }),
              HasSubstr("lies outside the ranges"));
}
