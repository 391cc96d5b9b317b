// SPDX-License-Identifier: GPL-2.0-only
// Samples per second of processor time that one thread trains and draws, for flows of the size of alanine dipeptide: 2 periodic CG
// variables, 3 rotors, 55 unbounded coordinates, without energies and coordinate map. The limit beside each figure is that of the bare
// matrix products of its networks.
//   flow_step [--only ROW,...] [--batch N] [--seconds S per row] [--json FILE]
// Rows: train_step_f64 and train_step_f32 (maximum likelihood of the flow of the paper, with clip and Adam), sample_f64 (drawing from
// it), default_step (path gradient of the default flow, --default-batch N, with its parts in a second line).
#include "bare_products.h"
#include "base/adam.h"
#include "config/config_table.h"
#include "flow/flow_pass.h"
#include "measure.h"

#include <numbers>

using namespace cgflow;

namespace {

// Passes of the products in a training step: forward, and backward for the inputs and for the weights.
constexpr int kTrainingPasses = 3;
// Passes for a path gradient: drawing, the derivative of ln q by the sample at fixed weights, then backward for inputs and weights.
constexpr int kPathPasses = 4;
constexpr double kClip = 100.0;

std::vector<FineCoordinate> coordinates(int rotors, int unbounded)
{
  std::vector<FineCoordinate> fine;
  for (int i = 0; i < rotors; ++i)
    fine.push_back(
        {"rotor" + std::to_string(i), FineCoordinate::Kind::circular, -std::numbers::pi / 3, std::numbers::pi / 3});
  for (int i = 0; i < unbounded; ++i) fine.push_back({"t" + std::to_string(i), FineCoordinate::Kind::unbounded, 0, 0});
  return fine;
}

struct Subject {
  Subject(FlowConfig config, const std::string &precision, std::int64_t batch)
      : flow((config.precision = precision, config), CgSpace({{"phi", -180, 180, true}, {"psi", -180, 180, true}}),
             coordinates(3, 55), 1),
        pass(flow), adam(flow.all(), flow.computed()),
        products(flow.parameters(), batch, precision == "float32" ? at::kFloat : at::kDouble),
        s(-180.0 + 360.0 * at::rand({2, batch}, at::kDouble)), z(flow.draw_latent(1, Stream::latent, 0, batch, 0))
  {
    // Frames with the width of the flow, so that as many lie in the splines' tails as in a training.
    fine = flow.sample(z, s).fine;
    gradient = at::empty_like(flow.computed());
  }

  void take_step()
  {
    adam.step(gradient, 1e-4, std::min(1.0, kClip / gradient.norm().item<double>()));
    flow.computed_is_current();
  }

  ConditionalFlow flow;
  FlowPass pass;
  Adam adam;
  bench::BareProducts products;
  Tensor s, z, fine, gradient;
};

void report(bench::Rows &rows, const std::string &row, std::int64_t batch, const std::vector<double> &rates)
{
  const double ours = rates[0] * static_cast<double>(batch), limit = rates[1] * static_cast<double>(batch);
  rows.set(row, "ours", ours);
  rows.set(row, "limit", limit);
  rows.set(row, "batch", static_cast<double>(batch));
  std::printf("%-16s %8lld %12.0f %12.0f %8.3f\n", row.c_str(), static_cast<long long>(batch), ours, limit, ours / limit);
  std::fflush(stdout);
}

void training(bench::Rows &rows, const std::string &row, const std::string &precision, std::int64_t batch, double seconds)
{
  Subject a(default_config(true, true).flow, precision, batch);
  const Tensor mean = at::full({batch}, -1.0 / static_cast<double>(batch), at::kDouble);
  const auto step = [&] {
    auto density = a.pass.log_prob(a.fine, a.s);
    density.pull_back(mean, a.gradient);
    a.take_step();
  };
  report(rows, row, batch, bench::rates({step, [&] { a.products(kTrainingPasses); }}, seconds));
}

void sampling(bench::Rows &rows, const std::string &row, std::int64_t batch, double seconds)
{
  Subject a(default_config(true, true).flow, "float64", batch);
  const auto draw = [&] { a.flow.sample(a.z, a.s); };
  report(rows, row, batch, bench::rates({draw, [&] { a.products(); }}, seconds));
}

// Seconds of the parts of a path-gradient step, summed.
struct Parts {
  double latent = 0, sample = 0, score = 0, backward = 0, step = 0;
};

void path_step(Subject &a, std::int64_t first, Parts &t)
{
  std::vector<double> at{processor_seconds()};
  const auto mark = [&] { at.push_back(processor_seconds()); };
  const Tensor z = a.flow.draw_latent(1, Stream::latent, first, a.s.size(1), 0);
  mark();
  auto sample = a.pass.sample(z, a.s);
  mark();
  // Any energy will do: this one pulls to a center.
  const Tensor g = sample.score() + 0.1 * sample.fine();
  mark();
  sample.pull_back(g, at::zeros({a.s.size(1)}, at::kDouble), a.gradient);
  mark();
  a.take_step();
  mark();
  double *part[] = {&t.latent, &t.sample, &t.score, &t.backward, &t.step};
  for (int i = 0; i < 5; ++i) *part[i] += at[i + 1] - at[i];
}

void default_step(bench::Rows &rows, std::int64_t batch, double seconds)
{
  const FlowConfig config = default_config(false, true).flow;
  Subject a(config, config.precision, batch);
  std::int64_t steps = 0;
  Parts t;
  const auto step = [&] { path_step(a, batch * steps++, t); };
  report(rows, "default_step", batch, bench::rates({step, [&] { a.products(kPathPasses); }}, seconds));
  const double all = t.latent + t.sample + t.score + t.backward + t.step;
  const auto percent = [&](const char *name, double part) {
    rows.set("default_step", std::string("percent_") + name, 100 * part / all);
    std::printf("  %s %.1f %%", name, 100 * part / all);
  };
  percent("latent", t.latent);
  percent("sample", t.sample);
  percent("score", t.score);
  percent("backward", t.backward);
  percent("optimiser", t.step);
  std::printf("\n");
}

}    // namespace

int main(int argc, char **argv)
{
  return bench::run("flow_step", [&] {
    const bench::Options options(argc, argv,
                                 {{"only", ""}, {"batch", "256"}, {"default-batch", "256"}, {"seconds", "6"}, {"json", ""}});
    at::set_num_threads(1);
    const auto batch = static_cast<std::int64_t>(options.number("batch"));
    const double seconds = options.number("seconds");
    bench::Rows rows;
    std::printf("%-16s %8s %12s %12s %8s\n", "samples/s", "batch", "ours", "limit", "ratio");
    if (options.lists("only", "train_step_f64")) training(rows, "train_step_f64", "float64", batch, seconds);
    if (options.lists("only", "train_step_f32")) training(rows, "train_step_f32", "float32", batch, seconds);
    if (options.lists("only", "sample_f64")) sampling(rows, "sample_f64", batch, seconds);
    if (options.lists("only", "default_step"))
      default_step(rows, static_cast<std::int64_t>(options.number("default-batch")), seconds);
    rows.write(options.text("json"));
  });
}
