// SPDX-License-Identifier: GPL-2.0-only
// Systems and helpers of the tests of the child LAMMPS. The plugin is loaded through LAMMPS_PLUGIN_PATH.
#ifndef CGFLOW_TESTS_CHILD_FIXTURE_H
#define CGFLOW_TESTS_CHILD_FIXTURE_H

#include "cgflow_child.h"

#include "lammps.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <limits>
#include <memory>
#include <string>
#include <vector>

namespace cgflow_test {

inline const double kInfinity = std::numeric_limits<double>::infinity();
inline const std::string kField = "fix field all mueller/brown\n";

double mueller_brown(double x, double y);

/// One particle in a box; `field` adds the surface.
std::string particle(const std::string &field);

/// The surface by stock commands only.
std::string stock_field(bool energy);

/// Butane-like chain of five beads: bonds, angles, a dihedral, and Lennard-Jones from 1-4 on.
std::string chain(const std::string &boundary = "boundary s s s\n");

class Child : public testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  void make_parent(const std::string &units);
  std::string write(const std::string &text, const std::string &name = "in.system");
  std::unique_ptr<LAMMPS_NS::CGFlowChild> field(const std::string &text, int copies = 64);
  /// True on ranks that write no log.
  bool warned(const std::string &part);
  /// Whether this is anywhere in log.parent; true on ranks that write no log.
  bool said(const std::string &part);
  static int rank();
  std::string error_of(const std::string &text, bool absolute = true);
  void expect_error(const std::string &text, const std::string &part, bool absolute = true);

  std::unique_ptr<LAMMPS_NS::LAMMPS> parent_;
  std::filesystem::path folder_, before_;
};

/// Random places of one particle.
std::vector<double> points(int n, int seed);

struct Result {
  std::vector<double> energy, force;
};

Result evaluate(LAMMPS_NS::CGFlowChild &child, const std::vector<double> &x);
void expect_near(const Result &a, const Result &b, double tolerance);

/// n conformers around the script's own, each atom moved at random; `anywhere`: each conformer as a whole, too.
std::vector<double> shaken(const LAMMPS_NS::CGFlowChild &child, int n, double by, int seed, bool anywhere = true);

}    // namespace cgflow_test

#endif
