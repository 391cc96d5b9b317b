// SPDX-License-Identifier: GPL-2.0-only
// The child LAMMPS against stock commands of LAMMPS itself. The plugin is loaded through LAMMPS_PLUGIN_PATH.
#include "cgflow_child.h"

#include "cgflow_child_copies.h"
#include "cgflow_child_instance.h"

#include "cgflow/error.h"

#include "atom.h"
#include "input.h"
#include "lammps.h"

#include <gtest/gtest.h>
#include <mpi.h>

#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <unistd.h>
#include <vector>

using namespace LAMMPS_NS;

// From the OpenMP runtime of LAMMPS, if it has one.
extern "C" {
int omp_get_max_threads() __attribute__((weak));
void omp_set_num_threads(int) __attribute__((weak));
}

namespace {

const double kInfinity = std::numeric_limits<double>::infinity();

double mueller_brown(double x, double y)
{
  const double A[] = {-200, -100, -170, 15}, a[] = {-1, -1, -6.5, 0.7}, b[] = {0, 0, 11, 0.6}, c[] = {-10, -10, -6.5, 0.7};
  const double X[] = {1, 0, -0.5, -1}, Y[] = {0, 0.5, 1.5, 1};
  double v = 0.0;
  for (int j = 0; j < 4; ++j)
    v += A[j] * std::exp(a[j] * (x - X[j]) * (x - X[j]) + b[j] * (x - X[j]) * (y - Y[j]) + c[j] * (y - Y[j]) * (y - Y[j]));
  return v;
}

// One particle in a box; `field` adds the surface.
std::string particle(const std::string &field)
{
  return "units lj\natom_style atomic\nboundary f f p\nregion b block -3 3 -3 3 -0.5 0.5\ncreate_box 1 b\n"
         "create_atoms 1 single -0.5 1.4 0.0 units box\nmass 1 1.0\n" +
         field;
}

const std::string kField = "fix field all mueller/brown\n";

// The same surface by stock commands only.
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

// Butane-like chain of five beads: bonds, angles, a dihedral, and Lennard-Jones from 1-4 on.
std::string chain(const std::string &boundary = "boundary s s s\n")
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

// The chain in solvent. Each atom has its own charge, radius and scale factor: by its own atom type, or by fix property/atom with one
// type for all, whose values are in the data file. `more`: further arguments of the fix.
std::string solvated_chain(bool property, const std::string &more = "", const std::string &boundary = "boundary p p p\n")
{
  const double charge[] = {0.3, -0.4, 0.25, -0.35, 0.2}, radius[] = {1.2, 1.7, 1.5, 1.55, 1.3},
               scale[] = {0.85, 0.72, 0.79, 0.8, 0.75};
  const char *at[] = {"0.1 0.0 0.2", "1.5 0.3 0.0", "2.1 1.6 0.1", "3.6 1.7 0.4", "4.2 2.9 1.0"};
  const std::string name = property ? "data.property" : "data.types", types = property ? "1" : "5";
  std::ofstream data(name);
  data << "chain\n\n5 atoms\n4 bonds\n"
       << types << " atom types\n1 bond types\n\n-20 20 xlo xhi\n-20 20 ylo yhi\n"
       << "-20 20 zlo zhi\n\nAtoms # full\n\n";
  std::string lines;
  // In another order than that of the IDs.
  for (const int i : {2, 0, 4, 3, 1}) {
    const std::string id = std::to_string(i + 1);
    data << id << " 1 " << (property ? "1" : id) << " " << charge[i] << " " << at[i] << "\n";
    const std::string values = std::to_string(radius[i]) + " " + std::to_string(scale[i]);
    lines += property ? id + " " + values + "\n" : "pair_coeff " + id + " " + id + " gb/obc " + values + "\n";
  }
  data << "\nBonds\n\n1 1 1 2\n2 1 2 3\n3 1 3 4\n4 1 4 5\n";
  if (property) data << "\nGB\n\n" << lines;
  return "units real\natom_style full\n" + boundary +
         (property ? "fix gb all property/atom d_gb_radius d_gb_scale" + more + "\nread_data data.property fix gb NULL GB\n"
                   : "read_data data.types\n") +
         "mass * 12.0\nbond_style harmonic\nbond_coeff 1 100.0 1.5\nspecial_bonds lj/coul 0.0 0.0 0.5\n"
         "pair_style hybrid/overlay lj/cut/coul/cut 12.0 gb/obc\npair_coeff * * lj/cut/coul/cut 0.2 3.4\n" +
         (property ? "pair_coeff * * gb/obc property\n" : lines);
}

class Child : public testing::Test {
 protected:
  void SetUp() override
  {
    before_ = std::filesystem::current_path();
    folder_ = std::filesystem::temp_directory_path() / ("cgflow-child-" + std::to_string(getpid()));
    std::filesystem::create_directories(folder_);
    std::filesystem::current_path(folder_);
    make_parent("lj");
  }
  void TearDown() override
  {
    parent_.reset();
    std::filesystem::current_path(before_);
    std::filesystem::remove_all(folder_);
  }

  void make_parent(const std::string &units)
  {
    parent_.reset();
    LAMMPS::argv args{"parent", "-nocite", "-echo", "none", "-log", "none", "-screen", "none"};
    parent_ = std::make_unique<LAMMPS>(args, MPI_COMM_WORLD);
    parent_->input->one("units " + units);
  }
  std::string write(const std::string &text, const std::string &name = "in.system")
  {
    std::ofstream(name) << text;
    return name;
  }
  std::unique_ptr<CGFlowChild> field(const std::string &text, int copies = 64)
  {
    return std::make_unique<CGFlowChild>(parent_.get(), write(text), copies, true);
  }
  // True on ranks that write no log.
  bool warned(const std::string &part)
  {
    parent_->input->one("log none");
    std::ifstream log("log.parent");
    const std::string text{std::istreambuf_iterator<char>(log), {}};
    int rank = 0;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    return rank > 0 || text.find("Atomistic script in.system: " + part) != std::string::npos;
  }
  std::string error_of(const std::string &text, bool absolute = true)
  {
    write(text);
    try {
      CGFlowChild child(parent_.get(), "in.system", 4, absolute);
    } catch (const cgflow::EnergyError &e) {
      return e.what();
    }
    return "no error";
  }
  void expect_error(const std::string &text, const std::string &part, bool absolute = true)
  {
    const std::string got = error_of(text, absolute);
    EXPECT_NE(got.find("Atomistic script in.system: "), std::string::npos) << got;
    EXPECT_NE(got.find(part), std::string::npos) << got;
  }

  std::unique_ptr<LAMMPS> parent_;
  std::filesystem::path folder_, before_;
};

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

struct Result {
  std::vector<double> energy, force;
};

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

std::vector<double> shaken(const CGFlowChild &child, int n, double by, int seed, bool anywhere = true)
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

double resident_kb()
{
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word)
    if (word == "VmRSS:") {
      double kb;
      status >> kb;
      return kb;
    }
  return 0.0;
}

}    // namespace

TEST_F(Child, GivesTheAnchorOfTheSurface)
{
  auto child = field(particle(kField));
  EXPECT_EQ(child->copies(), 64);
  const auto r = evaluate(*child, {-0.5, 1.4, 0.0});
  EXPECT_NEAR(r.energy[0], -136.79055, 5e-6);
  EXPECT_EQ(child->evaluations(), 1);
}

TEST_F(Child, EnergiesAreThoseOfTheFormulaAndForcesTheirGradient)
{
  auto child = field(particle(kField));
  const auto x = points(150, 1);
  const auto r = evaluate(*child, x);
  const double h = 1e-5;
  for (int i = 0; i < 150; ++i) {
    const double *p = &x[3 * i];
    EXPECT_NEAR(r.energy[i], mueller_brown(p[0], p[1]), 1e-9);
    EXPECT_NEAR(r.force[3 * i], (mueller_brown(p[0] - h, p[1]) - mueller_brown(p[0] + h, p[1])) / (2 * h), 1e-4);
    EXPECT_NEAR(r.force[3 * i + 1], (mueller_brown(p[0], p[1] - h) - mueller_brown(p[0], p[1] + h)) / (2 * h), 1e-4);
    EXPECT_EQ(r.force[3 * i + 2], 0.0);
  }
}

TEST_F(Child, NumberOfCopiesDoesNotMatterInAField)
{
  const auto x = points(100, 2);
  auto one = field(particle(kField), 1);
  const auto reference = evaluate(*one, x);
  for (const int copies : {2, 7, 64}) {
    auto child = field(particle(kField), copies);
    EXPECT_EQ(child->copies(), copies);
    expect_near(evaluate(*child, x), reference, 1e-12);
  }
}

TEST_F(Child, CopiesOfOneParticleDoNotSeeEachOther)
{
  // A pair style that would repel copies at the same place strongly.
  std::string text = particle("pair_style lj/cut 2.5\npair_coeff 1 1 1.0 1.0\n" + kField);
  text.replace(text.find("boundary f f p"), 14, "boundary f f f");
  auto child = field(text, 64);
  EXPECT_EQ(child->copies(), 64);
  const auto x = points(64, 3);
  const auto r = evaluate(*child, x);
  for (int i = 0; i < 64; ++i) EXPECT_NEAR(r.energy[i], mueller_brown(x[3 * i], x[3 * i + 1]), 1e-9);
}

TEST_F(Child, ParticleThatSeesItsOwnImagesIsEvaluatedAlone)
{
  // Periodic in z with edge 1: images at 1 and 2 count half each, twice.
  auto child = field(particle("pair_style lj/cut 2.5\npair_coeff 1 1 1.0 1.0\n" + kField), 64);
  EXPECT_EQ(child->copies(), 1);
  const double images = 4.0 * (std::pow(2.0, -12) - std::pow(2.0, -6));
  EXPECT_NEAR(evaluate(*child, {-0.5, 1.4, 0.0}).energy[0], mueller_brown(-0.5, 1.4) + images, 1e-9);
}

TEST_F(Child, StockAddforceIsEvaluatedOneAtATimeAndAgrees)
{
  auto stock = field(particle(stock_field(true)));
  EXPECT_EQ(stock->copies(), 1);
  EXPECT_NEAR(evaluate(*stock, {-0.5, 1.4, 0.0}).energy[0], -136.79055, 5e-6);
  const auto x = points(40, 4);
  auto own = field(particle(kField));
  expect_near(evaluate(*own, x), evaluate(*stock, x), 1e-9);
}

TEST_F(Child, ForgottenEnergyOfAFixIsAnError)
{
  expect_error(particle(stock_field(false)), "forces are not the gradient of the energy");
  expect_error(particle(stock_field(false)), "fix_modify ID energy yes");
  expect_error(particle(stock_field(false)), "without it: field (addforce)");
  expect_error(particle(kField + "fix_modify field energy no\n"), "without it: field (mueller/brown)");
}

TEST_F(Child, TwoBatchesInARowDiffer)
{
  auto child = field(particle(kField), 8);
  const auto a = points(8, 5), b = points(8, 6);
  const auto first = evaluate(*child, a), second = evaluate(*child, b), again = evaluate(*child, a);
  for (int i = 0; i < 8; ++i) EXPECT_NE(first.energy[i], second.energy[i]);
  expect_near(first, again, 0.0);
}

TEST_F(Child, RejectsSamplesThatAreNotFiniteOrOutsideTheBoxAndKeepsTheOthers)
{
  for (const char *boundary : {"boundary f f p", "boundary p p p"}) {
    std::string text = particle(kField);
    text.replace(text.find("boundary f f p"), 14, boundary);
    for (const int copies : {1, 4}) {
      auto child = field(text, copies);
      const double bad = std::nan("");
      const std::vector<double> x{0.1, 0.2, 0.0, bad, 0.0,   0.0, 0.3, 0.4, 0.0, kInfinity, 0.0, 0.0,
                                  3.5, 0.0, 0.0, 0.0, -3.01, 0.0, 3.0, 0.0, 0.0, -0.5,      1.4, 0.0};
      const auto r = evaluate(*child, x);
      for (const int i : {1, 3, 4, 5, 6}) {
        EXPECT_EQ(r.energy[i], kInfinity) << i;
        for (int k = 0; k < 3; ++k) EXPECT_EQ(r.force[3 * i + k], 0.0);
      }
      for (const int i : {0, 2, 7}) EXPECT_NEAR(r.energy[i], mueller_brown(x[3 * i], x[3 * i + 1]), 1e-9);
      EXPECT_EQ(child->evaluations(), 3);
    }
  }
}

TEST_F(Child, EnergyThatOverflowsIsInfinityForThatConformerOnly)
{
  std::string text = particle(kField);
  text.replace(text.find("-3 3 -3 3"), 9, "-99 99 -99 99");
  for (const int copies : {1, 4}) {
    auto child = field(text, copies);
    const auto r = evaluate(*child, {90.0, 90.0, 0.0, -0.5, 1.4, 0.0});
    EXPECT_EQ(r.energy[0], kInfinity);
    for (int k = 0; k < 3; ++k) EXPECT_EQ(r.force[k], 0.0);
    EXPECT_NEAR(r.energy[1], -136.79055, 5e-6);
  }
}

TEST_F(Child, NoSamplesIsNoWork)
{
  auto child = field(particle(kField));
  child->evaluate(0, nullptr, nullptr, nullptr);
  EXPECT_EQ(child->evaluations(), 0);
}

TEST_F(Child, ScriptMayBeginWithClear)
{
  auto child = field("clear\n" + particle(kField), 7);
  EXPECT_EQ(child->copies(), 7);
  EXPECT_NEAR(evaluate(*child, {-0.5, 1.4, 0.0}).energy[0], -136.79055, 5e-6);
}

TEST_F(Child, MembershipInGroupsIsCopied)
{
  auto child = field(particle("group here type 1\nfix field here mueller/brown scale 0.5\n"), 7);
  EXPECT_EQ(child->copies(), 7);
  const auto x = points(7, 8);
  const auto r = evaluate(*child, x);
  for (int i = 0; i < 7; ++i) EXPECT_NEAR(r.energy[i], 0.5 * mueller_brown(x[3 * i], x[3 * i + 1]), 1e-9);
}

TEST_F(Child, OtherFixesWithPerAtomDataAreEvaluatedOneAtATimeWithAWarning)
{
  parent_->input->one("log log.parent");
  auto child = field(particle(kField + "fix more all store/state 0 type\n"), 16);
  EXPECT_TRUE(warned("the molecule cannot be copied with fix more of style store/state; conformers are evaluated one at a "
                     "time"));
  EXPECT_EQ(child->copies(), 1);
  EXPECT_NEAR(evaluate(*child, {-0.5, 1.4, 0.0}).energy[0], -136.79055, 5e-6);
}

TEST_F(Child, SolventWithPropertiesIsThatWithTypes)
{
  make_parent("real");
  write(solvated_chain(false), "in.types");
  write(solvated_chain(true), "in.property");
  CGFlowChild one(parent_.get(), "in.property", 1, false);
  const auto x = shaken(one, 150, 0.1, 21);
  const auto alone = evaluate(one, x);
  // One child after the other, with more copies and with fewer.
  for (const int copies : {7, 64, 2}) {
    CGFlowChild types(parent_.get(), "in.types", copies, false), property(parent_.get(), "in.property", copies, false);
    EXPECT_EQ(types.copies(), copies);
    EXPECT_EQ(property.copies(), copies);
    for (int again = 0; again < 2; ++again) {
      const auto expected = evaluate(types, x), got = evaluate(property, x);
      expect_near(got, expected, 0.0);
      expect_near(got, alone, 1e-9);
    }
  }
  // The radii matter: the energies differ when the radii of two atoms are exchanged.
  write(solvated_chain(true) + "set atom 1 d_gb_radius 1.7\nset atom 2 d_gb_radius 1.2\n", "in.other");
  CGFlowChild other(parent_.get(), "in.other", 7, false);
  EXPECT_EQ(other.copies(), 7);
  const auto exchanged = evaluate(other, x);
  for (std::size_t i = 0; i < alone.energy.size(); ++i) EXPECT_GT(std::fabs(exchanged.energy[i] - alone.energy[i]), 1e-3);
}

TEST_F(Child, SolventWithPropertiesIsCopiedAtAbsolutePositions)
{
  make_parent("real");
  const std::string field = "fix field all mueller/brown scale 0.001\n";
  write(solvated_chain(false, "", "boundary f f f\n") + field, "in.types");
  write(solvated_chain(true, " ghost yes", "boundary f f f\n") + field, "in.property");
  CGFlowChild types(parent_.get(), "in.types", 7, true), property(parent_.get(), "in.property", 7, true);
  EXPECT_EQ(property.copies(), 7);
  const std::vector<double> x = shaken(types, 20, 0.1, 22, false);
  expect_near(evaluate(property, x), evaluate(types, x), 0.0);
}

TEST_F(Child, ChargesAndMassesOfAFixAreCopied)
{
  make_parent("real");
  const std::string pairs = "pair_style lj/cut/coul/cut 9.0\npair_coeff 1 1 0.2 3.4\n";
  const std::string charges = "set atom 1 charge 0.3\nset atom 3 charge -0.5\nset atom 5 charge 0.2\n";
  std::string full = chain("boundary p p p\n");
  full.replace(full.find("atom_style molecular"), 20, "atom_style hybrid charge molecular");
  // Its columns are ID, type, position, charge and molecule ID.
  full.replace(full.find("read_data data.chain"), 20, "read_data data.charged");
  std::ifstream in("data.chain");
  std::string data{std::istreambuf_iterator<char>(in), {}};
  std::ofstream("data.charged") << data.substr(0, data.find("Atoms #")) << "Atoms # hybrid\n\n"
                                << "1 1 0.1 0.0 0.2 0 1\n2 1 1.5 0.3 0.0 0 1\n3 1 2.1 1.6 0.1 0 1\n4 1 3.6 1.7 0.4 0 1\n"
                                << "5 1 4.2 2.9 1.0 0 1\n\n"
                                << data.substr(data.find("Bonds\n"));
  write(full + pairs + charges, "in.style");
  std::string fixed = chain("boundary p p p\n");
  fixed.insert(fixed.find("bond_style"),
               "fix some all property/atom q i_one ghost yes\nfix more all property/atom rmass d_two\n");
  std::string masses;
  for (int i = 1; i <= 5; ++i) masses += "set atom " + std::to_string(i) + " mass " + std::to_string(10 + i) + "\n";
  write(fixed + pairs + charges + masses, "in.fix");
  CGFlowChild style(parent_.get(), "in.style", 7, false), fix(parent_.get(), "in.fix", 7, false);
  EXPECT_EQ(style.copies(), 7);
  EXPECT_EQ(fix.copies(), 7);
  EXPECT_EQ(fix.molecule().mass, (std::vector<double>{11, 12, 13, 14, 15}));
  const auto x = shaken(style, 20, 0.1, 23);
  expect_near(evaluate(fix, x), evaluate(style, x), 0.0);
}

TEST_F(Child, CopiesHaveEveryValueOfEveryProperty)
{
  make_parent("real");
  const std::string properties = "fix one all property/atom i_a d_b mol ghost yes\n"
                                 "fix two all property/atom d2_c 2 rmass i2_d 3 d_e temperature\n";
  std::string text = "units real\natom_style charge\nboundary f f f\nregion b block -9 9 -9 9 -9 9\ncreate_box 1 b\n" +
                     properties +
                     "create_atoms 1 single 0 0 0\ncreate_atoms 1 single 1.5 0 0\ncreate_atoms 1 single 2 1 0\nmass 1 12.0\n"
                     "set group all mol 4\npair_style lj/cut 5.0\npair_coeff 1 1 0.1 1.2\n";
  for (int i = 1; i <= 3; ++i) {
    const std::string id = std::to_string(i);
    text += "set atom " + id + " i_a -" + id + " d_b 0." + id + " d2_c[1] 1." + id + " d2_c[2] 2." + id + " mass 3" + id +
            " i2_d[1] 4" + id + " i2_d[3] 2000000" + id + " d_e 1e-30" + id + " temperature 30" + id + "\n";
  }
  write(text);
  CGFlowChildInstance instance("in.system", cgflow_child_variables(parent_.get(), "in.system"));
  CGFlowChildCopies copies(instance, false);
  std::vector<double> force(9);
  const std::vector<double> x{2.1, 1.2, 0.0, 1.6, 0.0, 0.0, 0.0, 0.0, 0.0};
  const double *at = x.data();
  double *to = force.data(), energy;
  copies.isolate(10.0);
  copies.run(1, &at, &energy, &to, true);
  ASSERT_EQ(copies.obstacle(), "");
  ASSERT_TRUE(copies.fill(7));
  // With sorting, which the child has turned off, atoms change their places in memory.
  instance.one("atom_modify sort 1 0.4");
  const std::vector<const double *> places(7, at);
  std::vector<std::vector<double>> forces(7, force);
  std::vector<double *> into;
  for (auto &f : forces) into.push_back(f.data());
  std::vector<double> energies(7);
  for (int batch = 0; batch < 3; ++batch) {
    copies.run(7, places.data(), energies.data(), into.data(), true);
    for (int c = 0; c < 7; ++c) EXPECT_NEAR(energies[c], energy, 1e-12);
    const Atom *atom = instance.lammps()->atom;
    ASSERT_EQ(atom->nlocal, 21);
    bool sorted = false;
    for (int i = 0; i < 21; ++i) {
      const int k = static_cast<int>(atom->tag[i] - 1) % 3 + 1, c = static_cast<int>(atom->tag[i] - 1) / 3;
      sorted = sorted || atom->tag[i] != i + 1;
      EXPECT_EQ(atom->molecule[i], c + 1);
      EXPECT_EQ(atom->ivector[0][i], -k);
      EXPECT_EQ(atom->dvector[0][i], std::stod("0." + std::to_string(k)));
      EXPECT_EQ(atom->darray[0][i][0], std::stod("1." + std::to_string(k)));
      EXPECT_EQ(atom->darray[0][i][1], std::stod("2." + std::to_string(k)));
      EXPECT_EQ(atom->rmass[i], 30.0 + k);
      EXPECT_EQ(atom->iarray[0][i][0], 40 + k);
      EXPECT_EQ(atom->iarray[0][i][1], 0);
      EXPECT_EQ(atom->iarray[0][i][2], 20000000 + k);
      EXPECT_EQ(atom->dvector[1][i], std::stod("1e-30" + std::to_string(k)));
      EXPECT_EQ(atom->temperature[i], 300.0 + k);
    }
    EXPECT_TRUE(sorted);
  }
}

TEST_F(Child, PropertiesWhosePlacesWouldChangeAreEvaluatedOneAtATime)
{
  make_parent("real");
  // The first index is free, so the properties of the copies would get other indices than before.
  std::string text = solvated_chain(true);
  text.insert(text.find("fix gb"), "fix gone all property/atom d_gone\n");
  write(text + "unfix gone\n");
  write(solvated_chain(false), "in.types");
  parent_->input->one("log log.parent");
  CGFlowChild child(parent_.get(), "in.system", 7, false), types(parent_.get(), "in.types", 7, false);
  EXPECT_TRUE(warned("the molecule cannot be copied with fix property/atom where another one was unfixed"));
  EXPECT_EQ(child.copies(), 1);
  const auto x = shaken(types, 10, 0.1, 24);
  expect_near(evaluate(child, x), evaluate(types, x), 1e-9);
}

TEST_F(Child, TwoDimensionsWork)
{
  auto child = field("dimension 2\n" + particle(kField + "fix flat all enforce2d\n"), 7);
  EXPECT_EQ(child->copies(), 7);
  const auto x = points(9, 9);
  const auto r = evaluate(*child, x);
  for (int i = 0; i < 9; ++i) EXPECT_NEAR(r.energy[i], mueller_brown(x[3 * i], x[3 * i + 1]), 1e-9);
}

TEST_F(Child, VariablesAreHandedOver)
{
  parent_->input->one("variable k index 0.25");
  parent_->input->one("variable q equal 2*0.5");
  parent_->input->one("variable own equal 3");               // the script's own definition counts
  parent_->input->one("variable broken equal c_nothing");    // not named by the script: never evaluated
  auto child = field(particle("variable k index 7\nvariable own string 2.0\n"
                              "fix field all mueller/brown scale $(v_k*v_q*2)\nfix_modify field energy yes\n"));
  EXPECT_NEAR(evaluate(*child, {-0.5, 1.4, 0.0}).energy[0], 0.5 * -136.79055, 5e-6);
  expect_error(particle("variable z equal v_broken\n" + kField), "variable 'broken' cannot be handed over");
}

TEST_F(Child, RefusesWhatIsNotTheSystem)
{
  const std::string mb = particle(kField);
  expect_error(mb + "run 0\n", "command 'run' is not allowed here");
  expect_error(mb + "minimize 0 0 1 1\n", "command 'minimize' is not allowed here");
  expect_error(mb + "rerun a.dump dump x y z\n", "command 'rerun' is not allowed here");
  expect_error(mb + "if \"1 > 0\" then \"run 10\"\n", "command 'run' is not allowed here");
  expect_error(mb + "variable i loop 2\nlabel l\nwrite_data x.data\nnext i\njump SELF l\n", "command 'write_data' is not");
  write("write_restart x.restart\n", "in.more");
  expect_error(mb + "include in.more\n", "command 'write_restart' is not allowed here");
  expect_error(mb + "write_dump all atom x.dump\n", "command 'write_dump' is not allowed here");
  expect_error(mb + "write_coeff x.coeff\n", "command 'write_coeff' is not allowed here");
  expect_error(mb + "dump 1 all atom 10 x.dump\n", "command 'dump' (in.system line 9) is not allowed here");
  expect_error(mb + "variable d string dump\n${d} 1 all atom 10 x.dump\n", "command 'dump' is not allowed here");
  expect_error(mb + "restart 100 x.restart\n", "command 'restart' (in.system line 9)");
  expect_error(mb + "if \"1 > 0\" then &\n \"quit 1\"\n", "command 'quit' (in.system line 9)");
  write("quit\n", "in.more");
  expect_error(mb + "include in.more\n", "command 'quit' (in.more line 1)");
  expect_error("clear\n" + mb + "run 0\n", "command 'run' is not allowed here");
  expect_error("clear\n" + mb + "variable d string dump\n${d} 1 all atom 10 x.dump\n", "dump is not allowed");
  expect_error(mb + "log log.child\n", "command 'log'");
  expect_error(mb + "shell touch x\n", "command 'shell'");
  expect_error(mb + "fix 1 all nve\n", "fix 1 of style nve is not allowed: it is for moving atoms");
  expect_error(mb + "fix 1 all langevin 1 1 1 1\n", "fix 1 of style langevin is not allowed");
  expect_error(mb + "fix 1 all print 10 hello\n", "fix 1 of style print is not allowed: it acts as a run goes on");
  expect_error(mb + "fix 1 all deform 1 x scale 2\n", "fix 1 of style deform is not allowed: it changes the box");
  for (const char *name : {"x.data", "x.restart", "x.dump", "x.coeff", "log.child", "x"})
    EXPECT_FALSE(std::filesystem::exists(name)) << name;
}

TEST_F(Child, RefusesSystemsThatItCannotEvaluate)
{
  expect_error("units lj\n", "defines no atoms");
  expect_error(particle(kField + "create_atoms 1 single 0 0 0 units box\n"),
               "atom_style atomic with 2 atoms counts as 2 molecules; one molecule is allowed");
  expect_error(particle(kField + "set atom 1 type 1\n") + "reset_timestep 5\nset group all image 0 0 0\n" +
                   "change_box all triclinic\n",
               "box is triclinic");
  std::string other = particle(kField);
  other.replace(0, 8, "units real");
  expect_error(other, "units real differ from the main script's units lj");
  std::string shrink = particle(kField);
  shrink.replace(shrink.find("boundary f f p"), 14, "boundary s s p");
  expect_error(shrink, "box is shrink-wrapped");

  make_parent("real");
  const std::string good = chain();
  expect_error(good + "set atom 5 mol 2\n", "atoms have several molecule IDs (1, 2)", false);
  expect_error(good + "group more id 5\ndelete_atoms group more bond yes compress no\ngroup more id 2\n"
                      "delete_atoms group more bond yes compress no\n",
               "atom ID 4 with 3 atoms; IDs must be 1 to N", false);
  expect_error(good + "fix 1 all shake 1e-4 10 0 b 1\n", "fix 1 of style shake is not allowed: it constrains", false);
  expect_error(good + "fix 1 all rigid/nve/small molecule\n", "fix 1 of style rigid/nve/small is not allowed", false);
  expect_error(chain("boundary p p p\n") + "kspace_style pppm 1e-4\n", "kspace_style pppm is not allowed", false);
}

TEST_F(Child, PassesItsOwnErrorOn)
{
  expect_error(particle("pair_style no/such/style\n"), "Unrecognized pair style 'no/such/style'");
  expect_error(particle("no_such_command\n"), "Unknown command: no_such_command");
  expect_error(particle("pair_style lj/cut 2.5\n"), "All pair coeffs are not set");
  try {
    CGFlowChild child(parent_.get(), "in.missing", 4, true);
    FAIL() << "no error";
  } catch (const cgflow::EnergyError &e) {
    EXPECT_STREQ(e.what(), "Atomistic script in.missing: cannot be opened: No such file or directory");
  }
  // The process and the parent still work.
  auto child = field(particle(kField));
  EXPECT_NEAR(evaluate(*child, {-0.5, 1.4, 0.0}).energy[0], -136.79055, 5e-6);
}

TEST_F(Child, NumberOfCopiesDoesNotMatterForAMolecule)
{
  make_parent("real");
  for (const char *boundary : {"boundary s s s\n", "boundary p p p\n", "boundary f f f\n"}) {
    write(chain(boundary));
    CGFlowChild one(parent_.get(), "in.system", 1, false);
    EXPECT_EQ(one.n_atoms(), 5);
    const auto x = shaken(one, 70, 0.15, 11);
    const auto reference = evaluate(one, x);
    for (const int copies : {2, 7, 64}) {
      CGFlowChild child(parent_.get(), "in.system", copies, false);
      EXPECT_EQ(child.copies(), copies);
      expect_near(evaluate(child, x), reference, 1e-8);
    }
  }
}

TEST_F(Child, MoleculeWithoutMoleculeIDsIsCopied)
{
  make_parent("real");
  write(chain());
  CGFlowChild reference(parent_.get(), "in.system", 1, false);
  write(chain() + "set group all mol 0\n", "in.zero");
  CGFlowChild child(parent_.get(), "in.zero", 9, false);
  EXPECT_EQ(child.copies(), 9);
  const auto x = shaken(reference, 20, 0.15, 12);
  expect_near(evaluate(child, x), evaluate(reference, x), 1e-8);
}

TEST_F(Child, MoleculeComesFromAtomsAndBonds)
{
  make_parent("real");
  const std::vector<std::array<int, 2>> bonds{{0, 1}, {1, 2}, {2, 3}, {3, 4}};
  write(chain());
  CGFlowChild child(parent_.get(), "in.system", 3, false);
  EXPECT_EQ(child.molecule().mass, std::vector<double>(5, 12.0));
  EXPECT_EQ(child.molecule().bonds, bonds);
  EXPECT_NEAR(child.molecule().configuration[3], 1.5, 1e-12);
  EXPECT_NEAR(child.molecule().configuration[14], 1.0, 1e-12);
  // With newton off each bond is stored twice.
  write("newton off\n" + chain(), "in.newton");
  CGFlowChild twice(parent_.get(), "in.newton", 3, false);
  EXPECT_EQ(twice.molecule().bonds, bonds);
}

TEST_F(Child, MoleculeWrappedWithoutImageFlagsIsMadeWhole)
{
  make_parent("real");
  write(chain("boundary p p p\n"));
  CGFlowChild reference(parent_.get(), "in.system", 1, false);
  // Wrapped across two faces, as in a data file with wrapped coordinates and no image flags.
  write(chain("boundary p p p\n") + "displace_atoms all move 8.2 0.0 -10.1\nset group all image 0 0 0\n", "in.wrapped");
  CGFlowChild child(parent_.get(), "in.wrapped", 1, false);
  const auto &whole = child.molecule().configuration, &there = reference.molecule().configuration;
  for (int i = 0; i < 15; ++i) EXPECT_NEAR(whole[i] - whole[i % 3], there[i] - there[i % 3], 1e-12) << i;
}

TEST_F(Child, StretchedMoleculeFits)
{
  make_parent("real");
  write(chain());
  CGFlowChild child(parent_.get(), "in.system", 7, false);
  std::vector<double> x(15, 0.0);
  for (int i = 0; i < 5; ++i) x[3 * i + 1] = 1.6 * i;
  EXPECT_TRUE(std::isfinite(evaluate(child, x).energy[0]));
}

// Straight molecules along the row of copies, as long as the child accepts them (a cell is 1.5 times the extent): the ends of neighbors
// come as close as they can. With the cutoff of 9 a pitch a fifth short brings them within 7.
TEST_F(Child, StretchedCopiesDoNotSeeEachOther)
{
  make_parent("real");
  write(chain());
  constexpr int kCopies = 7;
  constexpr double kExtent = 6.0;
  CGFlowChild together(parent_.get(), "in.system", kCopies, false, kExtent),
      alone(parent_.get(), "in.system", 1, false, kExtent);
  ASSERT_EQ(together.copies(), kCopies);
  std::vector<double> x;
  for (int c = 0; c < kCopies; ++c)
    for (int i = 0; i < 5; ++i) {
      // Not quite straight, because the angle of a dihedral around a straight line has no value.
      const double zigzag = (i % 2 ? 0.1 : -0.1) + 0.01 * c;
      x.insert(x.end(), {1.5 * kExtent * (0.998 - 0.0001 * c) * i / 4.0, zigzag, 0.02 * i * c});
    }
  const Result all = evaluate(together, x), each = evaluate(alone, x);
  EXPECT_EQ(together.evaluations(), kCopies) << "a conformer was rejected";
  double largest = 0.0;
  for (const double f : each.force) largest = std::max(largest, std::fabs(f));
  for (int c = 0; c < kCopies; ++c) EXPECT_NEAR(all.energy[c], each.energy[c], 1e-8 * std::fabs(each.energy[c])) << c;
  for (std::size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(all.force[i], each.force[i], 1e-8 * largest) << i;
}

TEST_F(Child, CutoffBelowTheExtentIsWarnedOfOnce)
{
  make_parent("real");
  const std::string log = "log.parent";
  parent_->input->one("log " + log);
  write(chain() + "pair_style lj/cut 5.0\npair_coeff 1 1 0.2 3.4\n");
  CGFlowChild child(parent_.get(), "in.system", 7, false);
  std::vector<double> x(30, 0.0);
  for (int i = 0; i < 10; ++i) x[3 * i + 1] = 1.6 * i;
  // The probes around the script's own configuration, of extent 5.1, may have been within the cutoff.
  evaluate(child, x);
  evaluate(child, x);
  parent_->input->one("log none");
  std::ifstream file(log);
  int warnings = 0;
  for (std::string line; std::getline(file, line);)
    if (line.find("the pair cutoff 5 is below the extent 6.4 of a sampled structure") != std::string::npos) ++warnings;
  int rank = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  EXPECT_EQ(warnings, rank == 0 ? 1 : 0);
}

TEST_F(Child, MoleculeEnergyIsThatOfTheTerms)
{
  make_parent("real");
  write(chain());
  CGFlowChild child(parent_.get(), "in.system", 3, false);
  // Planar zigzag, bonds 1.5 (no energy), all angles 90 degrees, both dihedrals 180 degrees.
  const std::vector<double> x{0, 0, 0, 1.5, 0, 0, 1.5, 1.5, 0, 3, 1.5, 0, 3, 3, 0};
  const double angle = 3 * 40.0 * std::pow(21.0 * M_PI / 180.0, 2), dihedral = 2 * 1.4 * (1 + std::cos(3 * M_PI));
  auto lj = [](double r) { return 4 * 0.2 * (std::pow(3.4 / r, 12) - std::pow(3.4 / r, 6)); };
  const double pairs = 2 * 0.5 * lj(std::sqrt(9 + 2.25)) + lj(std::sqrt(18.0));
  EXPECT_NEAR(evaluate(child, x).energy[0], angle + dihedral + pairs, 1e-9);
}

TEST_F(Child, ExplodedMoleculeIsRejectedAlone)
{
  make_parent("real");
  write(chain());
  for (const int copies : {1, 4}) {
    CGFlowChild child(parent_.get(), "in.system", copies, false, 6.0);
    auto x = shaken(child, 3, 0.05, 13);
    const auto before = evaluate(child, x);
    x[15 + 4] += 9.5;
    const auto after = evaluate(child, x);
    EXPECT_EQ(after.energy[1], kInfinity);
    EXPECT_NEAR(after.energy[0], before.energy[0], 1e-9);
    EXPECT_NEAR(after.energy[2], before.energy[2], 1e-9);
  }
}

TEST_F(Child, EnergyThatDependsOnTheBoxIsAnError)
{
  make_parent("real");
  // The tail correction depends on the volume, so the energy changes when the molecule is moved to another box, which must be an error.
  expect_error(chain("boundary p p p\n") + "pair_modify tail yes\n", "energy of its configuration is", false);
}

TEST_F(Child, MoleculeInAFieldKeepsItsPlace)
{
  make_parent("real");
  const std::string at = chain("boundary f f f\n") + "displace_atoms all move -2.5 -1.0 0.0\n";
  const std::string text = at + "fix field all mueller/brown scale 0.01\n";
  expect_error(text, "must not see its images or an external field", false);
  write(text);
  CGFlowChild one(parent_.get(), "in.system", 1, true), many(parent_.get(), "in.system", 16, true);
  EXPECT_EQ(many.copies(), 16);
  const std::vector<double> x = shaken(one, 20, 0.1, 14, false);
  const auto a = evaluate(one, x), b = evaluate(many, x);
  expect_near(a, b, 1e-8);
  auto field_of = [&](int c) {
    double v = 0.0;
    for (int i = 0; i < 5; ++i) v += 0.01 * mueller_brown(x[15 * c + 3 * i], x[15 * c + 3 * i + 1]);
    return v;
  };
  write(at);
  CGFlowChild alone(parent_.get(), "in.system", 16, false);
  const auto inner = evaluate(alone, x);
  for (int c = 0; c < 20; ++c)
    EXPECT_NEAR(b.energy[c], inner.energy[c] + field_of(c), 1e-9 * (1.0 + std::fabs(b.energy[c])));
}

TEST_F(Child, MemoryStaysFlatOverBatchesAndChildren)
{
  auto child = field(particle(kField));
  const auto x = points(64, 15);
  Result r{std::vector<double>(64), std::vector<double>(192)};
  for (int i = 0; i < 200; ++i) child->evaluate(64, x.data(), r.energy.data(), r.force.data());
  double before = resident_kb();
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 2000; ++i) child->evaluate(64, x.data(), r.energy.data(), r.force.data());
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  RecordProperty("evaluations_per_second", static_cast<int>(2000 * 64 / seconds));
  std::printf("evaluations/s in batches of 64: %.0f\n", 2000 * 64 / seconds);
  EXPECT_LT(resident_kb() - before, 1024.0);
  child.reset();
  for (int i = 0; i < 5; ++i) field(particle(kField));
  before = resident_kb();
  for (int i = 0; i < 20; ++i) field(particle(kField));
  EXPECT_LT(resident_kb() - before, 4096.0);
}

TEST_F(Child, KeepsTheNumberOfThreads)
{
  if (!omp_get_max_threads) GTEST_SKIP() << "LAMMPS without OpenMP";
  const int before = omp_get_max_threads();
  omp_set_num_threads(3);
  auto child = field(particle(kField));
  EXPECT_EQ(omp_get_max_threads(), 3);
  evaluate(*child, points(5, 16));
  child.reset();
  EXPECT_EQ(omp_get_max_threads(), 3);
  omp_set_num_threads(before);
}

TEST_F(Child, ParentGoesOnWithItsOwnStyles)
{
  for (int i = 0; i < 2; ++i) field(particle(kField));
  parent_->input->one("clear");
  for (const std::string line :
       {"units lj", "region b block -3 3 -3 3 -3 3", "create_box 1 b", "create_atoms 1 single -0.5 1.4 0.0 units box",
        "mass 1 1.0", "fix field all mueller/brown", "run 0", "variable e equal f_field"})
    parent_->input->one(line);
  auto child = field(particle(kField));
  parent_->input->one("unfix field");
  parent_->input->one("fix field all mueller/brown");
  parent_->input->one("run 0");
}

int main(int argc, char **argv)
{
  testing::InitGoogleTest(&argc, argv);
  MPI_Init(&argc, &argv);
  const int failed = RUN_ALL_TESTS();
  MPI_Finalize();
  return failed;
}
