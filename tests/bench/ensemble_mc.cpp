// SPDX-License-Identifier: GPL-2.0-only
// Walkers per second of a processor for which an ensemble of tanh networks computes F and std, as in Monte Carlo: 10
// networks 256-128-32, 200 walkers per call. The limit is the speed of the bare matrix products of these networks.
//   ensemble_mc [--seconds S] [--json FILE]
#include "config/config_table.h"
#include "measure.h"
#include "pmf/ensemble.h"

#include <random>

using namespace cgflow;

namespace {

constexpr int kWalkers = 200;

std::vector<double> points(int n)
{
  std::mt19937 random(5);
  std::uniform_real_distribution<double> angle(-180.0, 180.0);
  std::vector<double> s(2 * n);
  for (double &value : s) value = angle(random);
  return s;
}

// The matrix products of the members, forward: a batch of [walkers, in] x [in, out] per layer.
class Products {
 public:
  Products(const PmfConfig &config, std::int64_t inputs)
  {
    std::int64_t in = inputs;
    std::vector<std::int64_t> widths(config.hidden.begin(), config.hidden.end());
    widths.push_back(1);
    for (const std::int64_t out : widths) {
      layers_.push_back({at::rand({config.members, kWalkers, in}, at::kDouble),
                         at::rand({config.members, in, out}, at::kDouble),
                         at::empty({config.members, kWalkers, out}, at::kDouble)});
      in = out;
    }
  }
  void operator()()
  {
    const at::NoGradGuard no_gradient;
    for (auto &l : layers_) at::bmm_out(l.result, l.input, l.weight);
  }

 private:
  struct Layer {
    Tensor input, weight, result;
  };
  std::vector<Layer> layers_;
};

}    // namespace

int main(int argc, char **argv)
{
  return bench::run("ensemble_mc", [&] {
    const bench::Options options(argc, argv, {{"seconds", "4"}, {"json", ""}});
    at::set_num_threads(1);
    PmfConfig config = default_config(false, true).pmf;
    config.network = "mlp";
    config.hidden = {256, 128, 32};
    config.epochs = 2;    // the speed of an evaluation does not depend on what was learned
    const CgSpace space({{"phi", -180, 180, true}, {"psi", -180, 180, true}});
    PmfEnsemble ensemble(config, space, 1);
    std::vector<Label> labels;
    const std::vector<double> at = points(64);
    for (int i = 0; i < 64; ++i) {
      Label label;
      label.s = {at[2 * i], at[2 * i + 1]};
      label.ln_mean_w = std::cos(at[2 * i] / 50.0);
      label.relative_variance = 0.01;
      label.ess_share = 0.9;
      label.n = 16;
      labels.push_back(label);
    }
    SerialCommunicator alone;
    ensemble.fit(labels, 0, alone);

    const std::vector<double> s = points(kWalkers);
    std::vector<double> f(kWalkers), std(kWalkers), gradient(2 * kWalkers);
    Products products(config, 4);    // cosine and sine of two angles
    const auto rates =
        bench::rates({[&] { ensemble.evaluate(kWalkers, s.data(), f.data(), std.data(), nullptr); }, [&] { products(); },
                      [&] { ensemble.evaluate(kWalkers, s.data(), f.data(), std.data(), gradient.data()); }},
                     options.number("seconds"));
    bench::Rows rows;
    const char *names[] = {"ours", "limit", "ours_with_gradient"};
    for (int k = 0; k < 3; ++k) rows.set("ensemble_mc", names[k], kWalkers * rates[k]);
    std::printf("%-16s %12s %12s %8s %14s\n", "walkers/s", "ours", "limit", "ratio", "with gradient");
    std::printf("%-16s %12.0f %12.0f %8.3f %14.0f\n", "ensemble_mc", kWalkers * rates[0], kWalkers * rates[1],
                rates[0] / rates[1], kWalkers * rates[2]);
    rows.write(options.text("json"));
  });
}
