// SPDX-License-Identifier: GPL-2.0-only
// Conformers a second of processor time through the child LAMMPS, by number of copies. Usage, in the script's folder, with
// OMP_NUM_THREADS=1 and, where the script uses the plugin's styles, LAMMPS_PLUGIN_PATH:
//   child_energies in.SYSTEM [units] [--copies N,... (default 1,16,32,64,128,256)] [--json FILE --row ROW]
// The JSON file has the highest figure.
#include "cgflow_child.h"

#include "measure.h"

#include "input.h"
#include "lammps.h"

#include <mpi.h>
#include <random>
#include <sstream>

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
  const double begin = cgflow::processor_seconds();
  child.evaluate(kConformers, x.data(), energy.data(), force.data());
  return cgflow::processor_seconds() - begin;
}

void measure(LAMMPS &parent, const cgflow::bench::Options &options)
{
  double highest = 0.0;
  std::istringstream list(options.text("copies"));
  for (std::string word; std::getline(list, word, ',');) {
    const int copies = std::atoi(word.c_str());
    if (copies < 1) throw std::runtime_error("--copies: got '" + word + "', expected numbers from 1");
    CGFlowChild child(&parent, options.words[0], copies, false);
    const auto x = conformers(child);
    seconds(child, x);
    std::vector<double> times;
    for (int i = 0; i < 7; ++i) times.push_back(seconds(child, x));
    const double rate = kConformers / cgflow::bench::median(times);
    highest = std::max(highest, rate);
    std::printf("%4d copies (%d asked for): %8.0f conformers/s\n", child.copies(), copies, rate);
    std::fflush(stdout);
  }
  cgflow::bench::Rows rows;
  rows.set(options.text("row"), "ours", highest);
  rows.write(options.text("json"));
}

}    // namespace

int main(int argc, char **argv)
{
  MPI_Init(&argc, &argv);
  const int code = cgflow::bench::run("child_energies", [&] {
    const cgflow::bench::Options options(argc, argv,
                                         {{"copies", "1,16,32,64,128,256"}, {"json", ""}, {"row", "energies_vacuum"}});
    if (options.words.empty() || options.words.size() > 2)
      throw std::runtime_error("expected in.SYSTEM [units], got " + std::to_string(options.words.size()) + " words");
    LAMMPS::argv args{"parent", "-nocite", "-echo", "none", "-log", "none", "-screen", "none"};
    LAMMPS parent(args, MPI_COMM_WORLD);
    parent.input->one("units " + (options.words.size() > 1 ? options.words[1] : "real"));
    measure(parent, options);
  });
  MPI_Finalize();
  return code;
}
