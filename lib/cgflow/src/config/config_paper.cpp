// SPDX-License-Identifier: GPL-2.0-only
#include "config/config_paper.h"

#include <numbers>

namespace cgflow {

// The settings of the paper (arXiv 2402.01195) for its Mueller-Brown system.
Config paper_config()
{
  Config c;
  c.paper = true;

  c.flow.layers = {"affine"};
  c.flow.hidden = {64, 64};

  c.example.epochs = 80;
  c.example.batch = 16;
  c.example.rate = 5e-4;
  c.example.random_conditions = 0.0;

  c.energy.estimator = "reverse_kl";
  c.energy.points = 65;
  c.energy.latent = 30;
  c.energy.first_epochs = 12;
  c.energy.epochs = 7;
  c.energy.batch = 8;
  c.energy.rate = 5e-3;
  c.energy.warmup = 0;
  c.energy.final_rate = 1.0;
  c.energy.clip = 20.0;
  c.energy.cap = 0.0;
  c.energy.drop = 0;
  c.energy.test = 0.2;

  c.energy.each = 0;
  c.consolidate.points = 0;

  c.labels.from = "training";

  c.pmf.members = 10;
  c.pmf.network = "mlp";
  c.pmf.hidden = {64, 64};
  c.pmf.rate = 1e-3;
  c.pmf.batch = 5;
  c.pmf.epochs = 1000;
  c.pmf.loss = "squared";
  c.pmf.bagging = 0.8;
  c.pmf.prior = 0.0;
  c.pmf.warm_start = false;

  c.explore.find = 1;
  c.explore.keep = 1;
  // Half a length unit on the range [-2.6, 1.2].
  c.explore.spread = 0.5 / 3.8;
  c.explore.quiet = 30000;
  c.explore.target = 0.0;
  return c;
}

// The settings of the paper for alanine dipeptide, as far as they differ from those above.
Config paper_molecule_config()
{
  Config c = paper_config();

  c.coordinates.chirality = "filter";

  c.flow.layers.clear();
  for (int pair = 0; pair < 6; ++pair)
    c.flow.layers.insert(c.flow.layers.end(), {"spline_coupling", "spline_coupling", "shift"});
  c.flow.hidden = {256};
  c.flow.network = "residual";
  c.flow.masks = "random";
  c.flow.harmonics = 1;
  c.flow.bins = 8;

  c.example.epochs = 50;
  c.example.batch = 256;
  c.example.rate = 1e-4;

  // 15 new points, each spread over 200 points, and 30 % of old points in addition. A fifth is kept for the test loss.
  c.energy.points = 3900;
  c.energy.latent = 30;
  c.energy.first_epochs = 50;
  c.energy.epochs = 50;
  c.energy.batch = 64;
  c.energy.rate = 1e-5;
  c.energy.warmup = 11 * 3120 * 30 / 64;    // 11 epochs
  c.energy.clip = 1000.0;
  c.energy.drop = 5;

  c.pmf.hidden = {256, 128, 32};
  c.pmf.rate = 5e-4;
  c.pmf.batch = 256;
  c.pmf.epochs = 1500;

  c.explore.find = 30;
  c.explore.keep = 15;
  c.explore.old = 900.0 / 3900.0;
  // A disc of 0.6 rad.
  c.explore.spread = 0.3 / std::numbers::pi;
  c.explore.quiet = 500000;

  c.budget = 100000000;
  return c;
}

}    // namespace cgflow
