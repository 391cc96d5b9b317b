// SPDX-License-Identifier: GPL-2.0-only
// Systems and helpers that the tests of the child LAMMPS share, and their main().
#include "child_fixture.h"

#include "cgflow/error.h"

#include "input.h"

#include <mpi.h>

#include <cmath>
#include <fstream>
#include <random>
#include <unistd.h>

using namespace LAMMPS_NS;

namespace cgflow_test {

double mueller_brown(double x, double y)
{
  const double A[] = {-200, -100, -170, 15}, a[] = {-1, -1, -6.5, 0.7}, b[] = {0, 0, 11, 0.6}, c[] = {-10, -10, -6.5, 0.7};
  const double X[] = {1, 0, -0.5, -1}, Y[] = {0, 0.5, 1.5, 1};
  double v = 0.0;
  for (int j = 0; j < 4; ++j)
    v += A[j] * std::exp(a[j] * (x - X[j]) * (x - X[j]) + b[j] * (x - X[j]) * (y - Y[j]) + c[j] * (y - Y[j]) * (y - Y[j]));
  return v;
}

std::string particle(const std::string &field)
{
  return "units lj\natom_style atomic\nboundary f f p\nregion b block -3 3 -3 3 -0.5 0.5\ncreate_box 1 b\n"
         "create_atoms 1 single -0.5 1.4 0.0 units box\nmass 1 1.0\n" +
         field;
}

std::string stock_field(bool energy)
{
  const char *A[] = {"-200", "-100", "-170", "15"}, *a[] = {"-1", "-1", "-6.5", "0.7"}, *b[] = {"0", "0", "11", "0.6"},
             *c[] = {"-10", "-10", "-6.5", "0.7"}, *X[] = {"1", "0", "-0.5", "-1"}, *Y[] = {"0", "0.5", "1.5", "1"};
  std::string text, e = "0", fx = "0", fy = "0";
  for (int j = 0; j < 4; ++j) {
    const std::string dx = std::string("(x-(") + X[j] + "))", dy = std::string("(y-(") + Y[j] + "))";
    const std::string n = std::to_string(j);
    text += "variable t" + n + " atom (" + A[j] + ")*exp((" + a[j] + ")*" + dx + "^2+(" + b[j] + ")*" + dx + "*" + dy +
            "+(" + c[j] + ")*" + dy + "^2)\n";
    e += "+v_t" + n;
    fx += "-v_t" + n + "*(2*(" + a[j] + ")*" + dx + "+(" + b[j] + ")*" + dy + ")";
    fy += "-v_t" + n + "*((" + b[j] + ")*" + dx + "+2*(" + c[j] + ")*" + dy + ")";
  }
  text += "variable e atom " + e + "\nvariable fx atom " + fx + "\nvariable fy atom " + fy + "\n";
  text += "fix field all addforce v_fx v_fy 0.0 energy v_e\n";
  return text + (energy ? "fix_modify field energy yes\n" : "");
}

std::string chain(const std::string &boundary)
{
  std::ofstream("data.chain") << "chain\n\n5 atoms\n4 bonds\n3 angles\n2 dihedrals\n1 atom types\n1 bond types\n"
                                 "1 angle types\n1 dihedral types\n\n-10 10 xlo xhi\n-10 10 ylo yhi\n-10 10 zlo zhi\n\n"
                                 "Masses\n\n1 12.0\n\nAtoms # molecular\n\n1 1 1 0.1 0.0 0.2\n2 1 1 1.5 0.3 0.0\n"
                                 "3 1 1 2.1 1.6 0.1\n4 1 1 3.6 1.7 0.4\n5 1 1 4.2 2.9 1.0\n\nBonds\n\n1 1 1 2\n2 1 2 3\n"
                                 "3 1 3 4\n4 1 4 5\n\nAngles\n\n1 1 1 2 3\n2 1 2 3 4\n3 1 3 4 5\n\nDihedrals\n\n"
                                 "1 1 1 2 3 4\n2 1 2 3 4 5\n";
  return "units real\natom_style molecular\n" + boundary +
         "read_data data.chain\nbond_style harmonic\nbond_coeff 1 100.0 1.5\nangle_style harmonic\nangle_coeff 1 40.0 111.0\n"
         "dihedral_style harmonic\ndihedral_coeff 1 1.4 1 3\nspecial_bonds lj 0.0 0.0 0.5\npair_style lj/cut 9.0\n"
         "pair_coeff 1 1 0.2 3.4\n";
}

void Child::SetUp()
{
  before_ = std::filesystem::current_path();
  folder_ = std::filesystem::temp_directory_path() / ("cgflow-child-" + std::to_string(getpid()));
  std::filesystem::create_directories(folder_);
  std::filesystem::current_path(folder_);
  make_parent("lj");
}

void Child::TearDown()
{
  parent_.reset();
  std::filesystem::current_path(before_);
  std::filesystem::remove_all(folder_);
}

void Child::make_parent(const std::string &units)
{
  parent_.reset();
  LAMMPS::argv args{"parent", "-nocite", "-echo", "none", "-log", "none", "-screen", "none"};
  parent_ = std::make_unique<LAMMPS>(args, MPI_COMM_WORLD);
  parent_->input->one("units " + units);
}

std::string Child::write(const std::string &text, const std::string &name)
{
  std::ofstream(name) << text;
  return name;
}

std::unique_ptr<CGFlowChild> Child::field(const std::string &text, int copies)
{
  return std::make_unique<CGFlowChild>(parent_.get(), write(text), copies, true);
}

bool Child::warned(const std::string &part)
{
  parent_->input->one("log none");
  return said("Atomistic script in.system: " + part);
}

bool Child::said(const std::string &part)
{
  std::ifstream log("log.parent");
  const std::string text{std::istreambuf_iterator<char>(log), {}};
  return rank() > 0 || text.find(part) != std::string::npos;
}

int Child::rank()
{
  int rank = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  return rank;
}

std::string Child::error_of(const std::string &text, bool absolute)
{
  write(text);
  try {
    CGFlowChild child(parent_.get(), "in.system", 4, absolute);
  } catch (const cgflow::EnergyError &e) {
    return e.what();
  }
  return "no error";
}

void Child::expect_error(const std::string &text, const std::string &part, bool absolute)
{
  const std::string got = error_of(text, absolute);
  EXPECT_NE(got.find("Atomistic script in.system: "), std::string::npos) << got;
  EXPECT_NE(got.find(part), std::string::npos) << got;
}

std::vector<double> points(int n, int seed)
{
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> x(-1.8, 1.2), y(-0.4, 2.2);
  std::vector<double> at;
  for (int i = 0; i < n; ++i) {
    at.push_back(x(random));
    at.push_back(y(random));
    at.push_back(0.0);
  }
  return at;
}

Result evaluate(CGFlowChild &child, const std::vector<double> &x)
{
  const int n = static_cast<int>(x.size()) / (3 * child.n_atoms());
  Result r{std::vector<double>(n, -1.0), std::vector<double>(x.size(), -1.0)};
  child.evaluate(n, x.data(), r.energy.data(), r.force.data());
  return r;
}

void expect_near(const Result &a, const Result &b, double tolerance)
{
  ASSERT_EQ(a.energy.size(), b.energy.size());
  for (std::size_t i = 0; i < a.energy.size(); ++i) EXPECT_NEAR(a.energy[i], b.energy[i], tolerance) << i;
  for (std::size_t i = 0; i < a.force.size(); ++i) EXPECT_NEAR(a.force[i], b.force[i], tolerance) << i;
}

std::vector<double> shaken(const CGFlowChild &child, int n, double by, int seed, bool anywhere)
{
  std::mt19937 random(seed);
  std::normal_distribution<double> normal(0.0, by);
  std::vector<double> x;
  for (int c = 0; c < n; ++c) {
    const double shift = anywhere ? 10.0 * normal(random) : 0.0;
    for (int i = 0; i < 3 * child.n_atoms(); ++i) x.push_back(child.configuration()[i] + normal(random) + shift);
  }
  return x;
}

}    // namespace cgflow_test

int main(int argc, char **argv)
{
  testing::InitGoogleTest(&argc, argv);
  MPI_Init(&argc, &argv);
  const int failed = RUN_ALL_TESTS();
  MPI_Finalize();
  return failed;
}
