// SPDX-License-Identifier: GPL-2.0-only
// Prints how many samples a processor's second one thread trains by the path gradient, without energies and coordinate map, for a flow as
// of alanine dipeptide: 2 periodic CG variables, 3 rotors, 55 unbounded coordinates. flow_step [BATCH [SECONDS]]
#include "adam.h"
#include "config_table.h"
#include "flow.h"

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <numbers>

using namespace cgflow;

namespace {

std::vector<FineCoordinate> coordinates(int rotors, int unbounded)
{
  std::vector<FineCoordinate> fine;
  for (int i = 0; i < rotors; ++i)
    fine.push_back(
        {"rotor" + std::to_string(i), FineCoordinate::Kind::circular, -std::numbers::pi / 3, std::numbers::pi / 3});
  for (int i = 0; i < unbounded; ++i) fine.push_back({"t" + std::to_string(i), FineCoordinate::Kind::unbounded, 0, 0});
  return fine;
}

// Of the processor: a busy machine does not change it.
double now() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }
double seconds(double begin) { return now() - begin; }

struct Times {
  double latent = 0, sample = 0, held = 0, backward = 0, adam = 0;
};

void measure(const std::string &name, FlowConfig config, std::int64_t batch, double limit)
{
  const CgSpace space({{"phi", -180, 180, true}, {"psi", -180, 180, true}});
  const ConditionalFlow flow(config, space, coordinates(3, 55), 1);
  Adam adam(flow.parameters());
  std::vector<Tensor> leaves;
  for (const auto &p : flow.parameters()) leaves.push_back(p.value);
  Times t;
  std::int64_t steps = -3, weights = 0;    // three steps to warm up
  for (const auto &leaf : leaves) weights += leaf.numel();
  auto begin = now();
  for (; steps < 3 || seconds(begin) < limit; ++steps) {
    if (steps == 0) t = {}, begin = now();
    const auto t0 = now();
    const Tensor z = flow.draw_latent(1, Stream::latent, steps * batch, batch, 0);
    const Tensor s = -180.0 + 360.0 * at::rand({batch, 2}, at::kDouble);
    t.latent += seconds(t0);
    const auto t1 = now();
    const auto sample = flow.sample(z, s);
    t.sample += seconds(t1);
    const auto t2 = now();
    const Tensor leaf = sample.fine.detach().requires_grad_(true);
    // Any energy will do: this one pulls to a centre.
    const Tensor g =
        torch::autograd::grad({flow.log_prob(leaf, s, Parameters::held).sum()}, {leaf})[0] + 0.1 * leaf.detach();
    t.held += seconds(t2);
    const auto t3 = now();
    const auto gradients = torch::autograd::grad({(sample.fine * g).sum()}, leaves);
    t.backward += seconds(t3);
    const auto t4 = now();
    adam.step(gradients, 1e-4);
    t.adam += seconds(t4);
  }
  const double all = seconds(begin), n = static_cast<double>(steps);
  const auto ms = [&](double part) { return 1e3 * part / n; };
  std::printf("%-34s %-8s %9lld %9.0f %8.2f %8.2f %8.2f %8.2f %8.2f %8.2f\n", name.c_str(), config.precision.c_str(),
              static_cast<long long>(weights), n * static_cast<double>(batch) / all, ms(all), ms(t.latent), ms(t.sample),
              ms(t.held), ms(t.backward), ms(t.adam));
  std::fflush(stdout);
}

}    // namespace

int main(int argc, char **argv)
{
  at::set_num_threads(1);
  const std::int64_t batch = argc > 1 ? std::atoll(argv[1]) : 64;
  const double limit = argc > 2 ? std::atof(argv[2]) : 5.0;
  std::printf("%-34s %-8s %9s %9s %8s %8s %8s %8s %8s %8s\n", "layers", "networks", "weights", "samples/s", "ms/step",
              "latent", "sample", "held", "backward", "adam");
  for (const char *precision : {"float64", "float32"}) {
    FlowConfig config = default_config(false, true).flow;
    config.precision = precision;
    config.layers = {"rotor", "affine"};
    measure("rotor, affine", config, batch, limit);
    config.layers = default_config(false, true).flow.layers;
    measure("default of molecules", config, batch, limit);
    config.hidden = {96, 96};
    measure("default of molecules, 96 wide", config, batch, limit);
    config = default_config(true, true).flow;
    config.precision = precision;
    measure("paper", config, batch, limit);
  }
}
