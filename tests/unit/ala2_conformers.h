// SPDX-License-Identifier: GPL-2.0-only
// Alanine dipeptide: bonds and masses of its 22 atoms, and the conformers of tests/oracle/ala2_positions.txt.
#ifndef CGFLOW_TESTS_ALA2_CONFORMERS_H
#define CGFLOW_TESTS_ALA2_CONFORMERS_H

#include "cgflow/config.h"
#include "cgflow/molecule.h"

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace cgflow::ala2 {

struct Conformer {
  double phi, psi;          // degrees, by mdtraj
  std::vector<double> x;    // [22, 3]
};

inline std::vector<Conformer> conformers()
{
  std::ifstream file(std::string(CGFLOW_SOURCE_DIR) + "/tests/oracle/ala2_positions.txt");
  std::vector<Conformer> all;
  for (std::string line; std::getline(file, line);) {
    if (line[0] == '#') continue;
    std::istringstream words(line);
    Conformer c;
    words >> c.phi >> c.psi;
    for (double v; words >> v;) c.x.push_back(v);
    if (c.x.size() != 66) throw std::runtime_error("ala2_positions.txt: a line without 66 coordinates");
    all.push_back(c);
  }
  return all;
}

/// The molecule with conformer `number` as its configuration; 1 is the first of dynamics at 300 K.
inline Molecule molecule(int number = 1)
{
  Molecule m;
  const std::string elements = "HCHHCONHCHCHHHCONHCHHH";
  for (const char e : elements) m.mass.push_back(e == 'H' ? 1.008 : e == 'C' ? 12.011 : e == 'N' ? 14.007 : 15.999);
  const int bonds[21][2] = {{1, 2},   {2, 3},   {2, 4},   {2, 5},   {5, 6},   {5, 7},   {7, 8},
                            {7, 9},   {9, 10},  {9, 11},  {9, 15},  {11, 12}, {11, 13}, {11, 14},
                            {15, 16}, {15, 17}, {17, 18}, {17, 19}, {19, 20}, {19, 21}, {19, 22}};
  for (const auto &b : bonds) m.bonds.push_back({b[0] - 1, b[1] - 1});
  m.configuration = conformers().at(number).x;
  return m;
}

/// CG variables phi and psi.
inline Config config()
{
  Config c;
  c.cg.resize(2);
  c.cg[0].name = "phi";
  c.cg[0].dihedral = {5, 7, 9, 15};
  c.cg[1].name = "psi";
  c.cg[1].dihedral = {7, 9, 15, 17};
  return c;
}

}    // namespace cgflow::ala2

#endif
