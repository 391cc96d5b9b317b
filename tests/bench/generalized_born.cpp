// SPDX-License-Identifier: GPL-2.0-only
// Microseconds for energies and forces of one molecule in implicit solvent, by number of atoms: atoms at random, 10 cubic
// Angstrom for each, about as dense as a protein.   generalized_born [--atoms N,... (default 4,12,22,100,300,1000)]
// [--seconds S for each]
#include "cgflow/generalized_born.h"

#include "measure.h"

#include <random>
#include <sstream>

using namespace cgflow;

namespace {

GeneralizedBornMolecule draw(int n)
{
  std::mt19937 random(1);
  std::uniform_real_distribution<double> at(0.0, std::cbrt(10.0 * n)), charge(-1.0, 1.0), radius(1.2, 1.9), scale(0.7, 0.9);
  GeneralizedBornMolecule m;
  m.resize(n);
  for (int i = 0; i < n; ++i) {
    m.x[i] = at(random), m.y[i] = at(random), m.z[i] = at(random);
    m.q[i] = charge(random), m.radius[i] = radius(random), m.scale[i] = scale(random);
  }
  return m;
}

}    // namespace

int main(int argc, char **argv)
{
  return bench::run("generalized_born", [&] {
    const bench::Options options(argc, argv, {{"atoms", "4,12,22,100,300,1000"}, {"seconds", "1"}});
    const GeneralizedBornModel obc2 = {1.0, 0.8, 4.85, 0.09, 1.4, 0.0679, 332.0 * (1.0 - 1.0 / 78.5)};
    std::istringstream list(options.text("atoms"));
    for (std::string word; std::getline(list, word, ',');) {
      const int n = std::atoi(word.c_str());
      if (n < 1) throw std::runtime_error("--atoms: got '" + word + "', expected numbers from 1");
      GeneralizedBornMolecule molecule = draw(n);
      const double rate = bench::rates({[&] { molecule.evaluate(obc2); }}, options.number("seconds"))[0];
      std::printf("%5d atoms: %10.3f us\n", n, 1e6 / rate);
    }
  });
}
