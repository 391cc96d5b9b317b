// SPDX-License-Identifier: GPL-2.0-only
// The atomistic script of the child LAMMPS: what it may contain, what is refused, and the molecule that it defines.
#include "child_fixture.h"

#include "cgflow/error.h"

#include "input.h"

#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <string>
#include <vector>

using namespace LAMMPS_NS;
using namespace cgflow_test;

TEST_F(Child, ScriptMayBeginWithClear)
{
  auto child = field("clear\n" + particle(kField), 7);
  EXPECT_EQ(child->copies(), 7);
  EXPECT_NEAR(evaluate(*child, {-0.5, 1.4, 0.0}).energy[0], -136.79055, 5e-6);
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

TEST_F(Child, ForgottenEnergyOfAFixIsAnError)
{
  expect_error(particle(stock_field(false)), "forces are not the gradient of the energy");
  expect_error(particle(stock_field(false)), "fix_modify ID energy yes");
  expect_error(particle(stock_field(false)), "without it: field (addforce)");
  expect_error(particle(kField + "fix_modify field energy no\n"), "without it: field (mueller/brown)");
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
