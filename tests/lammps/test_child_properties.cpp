// SPDX-License-Identifier: GPL-2.0-only
// Copies of a molecule whose atoms have values of their own: fix property/atom.
#include "child_fixture.h"

#include "cgflow_child_copies.h"
#include "cgflow_child_instance.h"

#include "atom.h"
#include "input.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <string>
#include <vector>

using namespace LAMMPS_NS;
using namespace cgflow_test;

namespace {

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

}    // namespace

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
