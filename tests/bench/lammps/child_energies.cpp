// SPDX-License-Identifier: GPL-2.0-only
// Conformers a second of processor time through the child LAMMPS, by number of copies. Usage, in the script's folder, with
// OMP_NUM_THREADS=1 and, where the script uses the plugin's styles, LAMMPS_PLUGIN_PATH: child_energies in.SYSTEM [units]
#include "cgflow_child.h"

#include "cgflow/error.h"

#include "input.h"
#include "lammps.h"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <mpi.h>
#include <random>
#include <vector>

using namespace LAMMPS_NS;

namespace {

constexpr int kConformers = 4096;

// Positions as a flow draws them: the script's configuration, each atom moved, the whole moved anywhere.
std::vector<double> conformers(const CGFlowChild &child)
{
  std::mt19937 random(11);
  std::normal_distribution<double> normal(0.0, 0.05);
  std::vector<double> x;
  for (int c = 0; c < kConformers; ++c) {
    const double shift = 100.0 * normal(random);
    for (int i = 0; i < 3 * child.n_atoms(); ++i) x.push_back(child.configuration()[i] + normal(random) + shift);
  }
  return x;
}

double seconds(CGFlowChild &child, const std::vector<double> &x)
{
  std::vector<double> energy(kConformers), force(x.size());
  const std::clock_t begin = std::clock();
  child.evaluate(kConformers, x.data(), energy.data(), force.data());
  return static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
}

}    // namespace

int main(int argc, char **argv)
{
  if (argc < 2) {
    std::fprintf(stderr, "usage: child_energies in.SYSTEM [units]\n");
    return 1;
  }
  MPI_Init(&argc, &argv);
  try {
    LAMMPS::argv args{"parent", "-nocite", "-echo", "none", "-log", "none", "-screen", "none"};
    LAMMPS parent(args, MPI_COMM_WORLD);
    parent.input->one(std::string("units ") + (argc > 2 ? argv[2] : "real"));
    for (const int copies : {1, 16, 32, 64, 128, 256}) {
      CGFlowChild child(&parent, argv[1], copies, false);
      const auto x = conformers(child);
      seconds(child, x);
      double best = seconds(child, x);
      for (int i = 0; i < 4; ++i) best = std::min(best, seconds(child, x));
      std::printf("%4d copies (%d asked for): %8.0f conformers/s\n", child.copies(), copies, kConformers / best);
      std::fflush(stdout);
    }
  } catch (const cgflow::Error &e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
  MPI_Finalize();
}
