// SPDX-License-Identifier: GPL-2.0-only
// Copies carry the crossterms of fix cmap; a fix that gives no per-atom energy goes one at a time, as fast as `run 0` of LAMMPS.
#include "child_fixture.h"

#include "atom.h"
#include "compute.h"
#include "input.h"
#include "modify.h"

#include <gtest/gtest.h>
#include <mpi.h>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <fstream>
#include <string>
#include <vector>

using namespace LAMMPS_NS;
using namespace cgflow_test;

namespace {

const std::string kRestrain = "fix hold all restrain dihedral 1 2 3 4 3.0 5.0 60.0\nfix_modify hold energy yes\n";

// Chain of five beads with two maps on its two dihedrals; all terms of both maps are of this file. `before`: fixes between read_data
// and fix cmap in the order of the script.
std::string mapped_chain(const std::string &maps = "2 crossterms\n", const std::string &boundary = "boundary p p p\n")
{
  std::ofstream map("chain.cmap");
  for (int type = 0; type < 2; ++type)
    for (int a = 0; a < 24; ++a)
      for (int b = 0; b < 24; ++b) {
        const double phi = (15.0 * a - 180.0) * M_PI / 180.0, psi = (15.0 * b - 180.0) * M_PI / 180.0;
        const double value =
            type ? 0.7 * std::sin(phi - psi) : 1.5 * std::cos(phi + 0.3) * std::sin(2.0 * psi) + std::sin(phi);
        map << value << (b % 6 == 5 ? "\n" : " ");
      }
  std::string text = chain(boundary);
  std::ifstream in("data.chain");
  std::string data{std::istreambuf_iterator<char>(in), {}};
  if (!maps.empty()) {
    data.insert(data.find("1 atom types"), maps);
    data += "\nCMAP\n\n1 1 1 2 3 4 5\n2 2 5 4 3 2 1\n";
    text.replace(text.find("read_data data.chain"), 20,
                 "fix maps all cmap chain.cmap\nread_data data.mapped fix maps crossterm CMAP");
  } else {
    text.replace(text.find("read_data data.chain"), 20, "read_data data.mapped");
  }
  std::ofstream("data.mapped") << data;
  return text;
}

// What LAMMPS itself gives for conformers, one `run 0` each, and the seconds that one takes.
Result by_lammps(const std::string &script, const std::vector<double> &x, double *seconds = nullptr)
{
  LAMMPS::argv args{"plain", "-nocite", "-echo", "none", "-log", "none", "-screen", "none"};
  LAMMPS lammps(args, MPI_COMM_SELF);
  lammps.input->file(script.c_str());
  lammps.input->one("change_box all x final -60 60 y final -60 60 z final -60 60 boundary f f f units box");
  lammps.input->one("compute all_pe all pe");
  lammps.input->one("thermo_style custom step pe");
  const int n = static_cast<int>(lammps.atom->natoms), size = 3 * n;
  Result r;
  double spent = 0.0;
  for (std::size_t c = 0; c < x.size() / size; ++c) {
    for (int i = 0; i < n; ++i)
      for (int k = 0; k < 3; ++k) {
        const double *at = &x[c * size];
        lammps.atom->x[i][k] = at[3 * (lammps.atom->tag[i] - 1) + k] - at[k];
      }
    const std::clock_t begin = std::clock();
    lammps.input->one("run 0 post no");
    spent += static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
    r.energy.push_back(lammps.modify->get_compute_by_id("all_pe")->compute_scalar());
    std::vector<double> force(size);
    for (int i = 0; i < n; ++i)
      for (int k = 0; k < 3; ++k) force[3 * (lammps.atom->tag[i] - 1) + k] = lammps.atom->f[i][k];
    r.force.insert(r.force.end(), force.begin(), force.end());
  }
  if (seconds) *seconds = spent / static_cast<double>(r.energy.size());
  return r;
}

double seconds_each(CGFlowChild &child, const std::vector<double> &x)
{
  evaluate(child, x);
  const std::clock_t begin = std::clock();
  const auto r = evaluate(child, x);
  return static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC / static_cast<double>(r.energy.size());
}

}    // namespace

TEST_F(Child, CopiesCarryTheMapsOfTheirDihedrals)
{
  make_parent("real");
  write(mapped_chain(""), "in.plain");
  CGFlowChild plain(parent_.get(), "in.plain", 1, false);
  const auto x = shaken(plain, 130, 0.15, 31);
  const auto without = evaluate(plain, x);
  write(mapped_chain(), "in.maps");
  const auto lammps = by_lammps("in.maps", x);
  for (std::size_t i = 0; i < without.energy.size(); ++i) EXPECT_NE(without.energy[i], lammps.energy[i]);
  for (const int copies : {1, 2, 7, 64}) {
    CGFlowChild child(parent_.get(), "in.maps", copies, false);
    EXPECT_EQ(child.copies(), copies);
    // Twice, because a batch goes on from the setup of the one before it.
    for (int again = 0; again < 2; ++again) expect_near(evaluate(child, x), lammps, 1e-10);
  }
}

TEST_F(Child, CopiesCarryMapsBesideProperties)
{
  make_parent("real");
  for (const char *order : {"fix some all property/atom i_one\n", ""}) {
    std::string text = mapped_chain("2 crossterms\n", "boundary f f f\n");
    const bool first = *order;
    text.insert(text.find(first ? "fix maps" : "bond_style"), "fix more all property/atom d_two\n" + std::string(order));
    write(text, "in.maps");
    CGFlowChild child(parent_.get(), "in.maps", 16, false), absolute(parent_.get(), "in.maps", 16, true);
    EXPECT_EQ(child.copies(), 16);
    EXPECT_EQ(absolute.copies(), 16);
    const auto x = shaken(child, 20, 0.15, 32, false);
    const auto lammps = by_lammps("in.maps", x);
    expect_near(evaluate(child, x), lammps, 1e-10);
    expect_near(evaluate(absolute, x), lammps, 1e-10);
  }
}

TEST_F(Child, MapsCostNoSetupForEachBatch)
{
  make_parent("real");
  write(mapped_chain(), "in.maps");
  CGFlowChild child(parent_.get(), "in.maps", 64, false);
  double lammps = 0.0;
  by_lammps("in.maps", shaken(child, 20, 0.15, 33), &lammps);
  const double ours = seconds_each(child, shaken(child, 1280, 0.15, 34));
  RecordProperty("microseconds", std::to_string(1e6 * ours));
  // 5 ms and some 10 us. Copies alone, each batch with a setup, would be a 64th.
  EXPECT_LT(ours, lammps / 100.0);
}

TEST_F(Child, RestraintsAreEvaluatedOneAtATimeAndSaidSo)
{
  make_parent("real");
  for (const bool maps : {false, true}) {
    parent_->input->one("log log.parent");
    write(mapped_chain(maps ? "2 crossterms\n" : "") + kRestrain);
    CGFlowChild child(parent_.get(), "in.system", 64, false);
    EXPECT_EQ(child.copies(), 1);
    EXPECT_TRUE(warned("conformers are evaluated one at a time: no per-atom energies of fix hold (restrain)"));
    const auto x = shaken(child, 40, 0.15, 35);
    double lammps = 0.0;
    const auto expected = by_lammps("in.system", x, &lammps);
    for (int again = 0; again < 2; ++again) expect_near(evaluate(child, x), expected, 1e-10);
    const double ours = seconds_each(child, shaken(child, 400, 0.15, 36));
    RecordProperty(maps ? "with_maps" : "without", std::to_string(1e6 * ours) + " of " + std::to_string(1e6 * lammps));
    EXPECT_LT(ours, 1.5 * lammps);
    if (maps) {
      EXPECT_LT(ours, lammps / 10.0);
    }
  }
}
