// SPDX-License-Identifier: GPL-2.0-only
// Prints cost and accuracy of active learning on analytic systems, one line per seed: learn_1d [SYSTEM [FIRST_SEED
// [SEEDS [SETTINGS.yaml [verbose]]]]]. The optional settings are YAML keys other than `cg` and `fine`.
#include "analytic_systems.h"

#include <ATen/Parallel.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

using namespace cgflow;

namespace {
class Screen : public Log {
 public:
  void line(const std::string &text) override { std::printf("    %s\n", text.c_str()); }
  void warning(const std::string &text) override { std::printf("    WARNING %s\n", text.c_str()); }
};
}    // namespace

int main(int argc, char **argv)
{
  at::set_num_threads(1);
  const std::string name = argc > 1 ? argv[1] : "mueller_brown";
  const tests::System system = name == "double_well" ? tests::double_well_system() : tests::mueller_brown_system();
  const int first = argc > 2 ? std::atoi(argv[2]) : 1, seeds = argc > 3 ? std::atoi(argv[3]) : 5;
  std::string settings;
  if (argc > 4 && std::string(argv[4]) != "none") {
    std::ifstream file(argv[4]);
    settings.assign(std::istreambuf_iterator<char>(file), {});
  }
  const bool verbose = argc > 5;
  Screen screen;
  SilentLog silent;
  std::printf("%-14s %5s %7s %7s %8s %8s %8s %8s %8s %8s %7s %7s\n", "system", "seed", "evals", "status", "rms", "largest",
              "std", "in 1std", "in 2std", "iter", "sweeps", "s");
  std::vector<double> rms, largest, evaluations, in1, in2;
  for (int seed = first; seed < first + seeds; ++seed) {
    const auto begin = std::chrono::steady_clock::now();
    tests::OneParticle energy(system.potential);
    SerialCommunicator comm;
    const Config config = system.config(settings);
    Learner learner(Model(config, system.info(seed)), &energy, comm, verbose ? static_cast<Log &>(screen) : silent);
    learner.begin(system.frames(100, seed), 2500);
    const std::int64_t sweeps = tests::walk(learner, 200, 0.026, 2 * system.kT, 100000, seed);
    const tests::Accuracy a = tests::accuracy(system, *learner.surface());
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    std::printf("%-14s %5d %7lld %7d %8.4f %8.4f %8.4f %8.2f %8.2f %8d %7lld %7.1f\n", name.c_str(), seed,
                static_cast<long long>(learner.model().counts.total()), learner.status(), a.rms, a.largest, a.median_std,
                a.within1, a.within2, learner.model().iteration, static_cast<long long>(sweeps), seconds);
    rms.push_back(a.rms), largest.push_back(a.largest), in1.push_back(a.within1), in2.push_back(a.within2);
    evaluations.push_back(static_cast<double>(learner.model().counts.total()));
    if (verbose) {
      // z is the deviation of a label from the exact PMF in units of its error, best constant removed. It is normal
      // without bias.
      double mean = 0, norm = 0;
      for (const auto &label : learner.model().labels()) {
        const double c = 1 / (label.error() * label.error() + 1e-6);
        mean += c * (label.f() - system.exact(label.s[0]));
        norm += c;
      }
      for (int i = 0; i <= 60; ++i) {
        const double at = system.low_s + (system.high_s - system.low_s) * i / 60;
        double f, std;
        learner.surface()->evaluate(1, &at, &f, &std, nullptr);
        std::printf("    pmf s %7.3f error %7.4f std %7.4f\n", at, f / system.kT - system.exact(at) - a.shift,
                    std / system.kT);
      }
      for (const auto &label : learner.model().labels()) {
        const double delta = label.f() - system.exact(label.s[0]) - mean / norm;
        std::printf("    label %2d s %7.3f f %7.3f error %6.3f is %7.3f off, ess %.2f\n", label.iteration, label.s[0],
                    label.f(), label.error(), delta, label.ess_share);
      }
    }
    std::fflush(stdout);
  }
  std::printf("%-22s %9s %9s %9s %9s\n", "over all seeds", "lowest", "median", "mean", "highest");
  for (auto &[name, values] :
       {std::pair{"evaluations", &evaluations}, std::pair{"rms", &rms}, std::pair{"largest", &largest},
        std::pair{"within 1 std", &in1}, std::pair{"within 2 std", &in2}}) {
    std::sort(values->begin(), values->end());
    double mean = 0.0;
    for (const double v : *values) mean += v / static_cast<double>(values->size());
    std::printf("%-22s %9.4g %9.4g %9.4g %9.4g\n", name, values->front(), (*values)[values->size() / 2], mean,
                values->back());
  }
}
