// SPDX-License-Identifier: GPL-2.0-only
#include "config/config_table.h"

#include "config/config_paper.h"

namespace cgflow {

namespace {

// Defaults of molecules. The rotors are drawn given s. All other fine coordinates are nearly normal given s and the
// rotors, and couplings describe their deviations. The values were chosen on alanine dipeptide
// (doc/Howto_cgflow_theory.rst, Constants).
Config molecule_config()
{
  Config c;
  c.flow.layers.assign(6, "affine_coupling");
  c.flow.layers.insert(c.flow.layers.begin(), "rotor");
  c.flow.layers.push_back("affine");
  c.flow.hidden = {128, 128};
  c.flow.masks = "random";
  c.flow.harmonics = 3;
  c.flow.precision = "float32";

  c.example.batch = 64;
  c.example.rate = 1e-3;
  c.example.epochs = 40;

  c.energy.points = 512;
  c.energy.each = 48;
  c.energy.first_epochs = 2;
  c.energy.batch = 32;
  c.energy.rate = 2e-3;
  c.energy.warmup = 20;
  c.energy.clip = 100.0;
  c.consolidate.points = 2048;
  c.consolidate.rate = 1e-3;
  c.labels.from = "both";
  c.explore.keep = 30;
  c.explore.target = 0.06;
  c.explore.ceiling = 9.0;
  c.explore.boltzmann = 0.5;
  c.explore.barrier = 20.0;
  c.explore.wait = 1000;
  c.budget = 500000;
  return c;
}

}    // namespace

Config default_config(bool paper, bool molecular)
{
  if (paper) return molecular ? paper_molecule_config() : paper_config();
  return molecular ? molecule_config() : Config();
}

}    // namespace cgflow
