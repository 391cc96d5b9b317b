// SPDX-License-Identifier: GPL-2.0-only
#include "config_table.h"

namespace cgflow {

// Section 3 of METHOD: the Mueller-Brown system of Schopmans and Friederich, arXiv 2402.01195, as far as it does not name
// the system itself.
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

}    // namespace cgflow
