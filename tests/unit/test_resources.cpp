// SPDX-License-Identifier: GPL-2.0-only
// The memory that learning announces, against the memory that it takes by the system's measure.
#include "cgflow/resources.h"

#include "pmf/ensemble.h"
#include "training/energy_training.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <malloc.h>

#include <cstdio>
#include <fstream>
#include <string>

using namespace cgflow;

namespace {

// Kilobytes of a line of /proc/self/status.
double status(const std::string &key)
{
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);)
    if (line.rfind(key + ":", 0) == 0) return std::stod(line.substr(key.size() + 1));
  return 0.0;
}

// Growth of the peak resident memory during `work`, bytes.
template <class Work> double growth(const Work &work)
{
  // Memory that is free goes back to the system, and so do large blocks from now on. Otherwise they would be used again, and
  // nothing would grow.
  mallopt(M_MMAP_THRESHOLD, 1 << 17);
  malloc_trim(0);
  std::ofstream("/proc/self/clear_refs") << "5";    // sets the peak back to the present value
  const double before = status("VmRSS");
  work();
  return 1024.0 * (status("VmHWM") - before);
}

/// One particle in a harmonic well.
class Well : public EnergyModel {
 public:
  int n_atoms() const override { return 1; }
  void evaluate(int n, const double *x, double *energy, double *force) override
  {
    for (int i = 0; i < n; ++i, x += 3, force += 3) {
      energy[i] = 0.5 * (x[0] * x[0] + x[1] * x[1]);
      for (int k = 0; k < 3; ++k) force[k] = k < 2 ? -x[k] : 0.0;
    }
  }
};

Tensor points(std::int64_t n) { return at::linspace(-1.9, 1.9, n, at::kDouble).unsqueeze(0); }

Config plane_config(const std::string &precision)
{
  Config c;
  c.cg = {{"s", {{"x", 1}, {"y", -1}}, {-2, 2}}};
  c.fine = {{"t", {{"x", 1}, {"y", 1}}}};
  c.flow.layers = {"spline", "affine"};
  c.flow.hidden = {512, 512};
  c.flow.precision = precision;
  return c;
}

std::vector<Label> labels(int n)
{
  std::vector<Label> all;
  for (int i = 0; i < n; ++i) {
    Label label;
    label.s = {-1.9 + 3.8 * i / n};
    label.ln_mean_w = -label.s[0] * label.s[0];
    label.relative_variance = 0.01;
    all.push_back(label);
  }
  return all;
}
}    // namespace

TEST(Resources, AreSaidInWords)
{
  Resources r;
  r.backend = "OpenMP";
  r.threads = 2;
  r.training = 12.34e6;
  r.labels = 3e6;
  r.fit = 0.5e6;
  r.fit_per_label = 8e3;
  EXPECT_EQ(r.text(), "kernels run on OpenMP, 2 threads a rank; memory of a rank up to 12.3 MB for training, 3.0 MB for "
                      "labels, 0.5 MB for fits and 8.0 MB more for each 1000 labels");
}

// A first training of other sizes allocates what LibTorch and the allocator keep for themselves.
TEST(Resources, MemoryOfATrainingIsWhatItTakes)
{
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "the sanitizer keeps what is freed";
#endif
  for (const std::string precision : {"float64", "float32"}) {
    const Config config = plane_config(precision);
    const auto map = make_coordinate_map(config, Molecule{{1.0}, {}, {}}, 2);
    SerialCommunicator serial;
    Well well;
    const auto train = [&](int n, int batch) {
      ConditionalFlow flow(config.flow, map->space(), map->fine(), 3);
      EnergyConfig energy;
      energy.latent = 4;
      energy.batch = batch;
      const double said = static_cast<double>(EnergyTraining::memory(flow, *map, serial, energy, n));
      EnergyGuard guard(well, serial);
      EnergyTraining training(flow, *map, serial, 1.0, 3, energy, guard, 0);
      const double taken = growth([&] { training.run(points(n), 1); });
      return std::pair{said, taken};
    };
    train(8, 32);
    const auto [said, taken] = train(640, 2048);    // a batch of 2048 and one of 512
    EXPECT_GT(said, 30e6);
    EXPECT_GT(taken, 0.6 * said) << precision << " " << said << " " << taken;
    EXPECT_LT(taken, 1.2 * said) << precision << " " << said << " " << taken;
    std::printf("training %s: said %.1f MB, taken %.1f MB\n", precision.c_str(), 1e-6 * said, 1e-6 * taken);
  }
}

TEST(Resources, MemoryOfAFitIsWhatItTakes)
{
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "the sanitizer keeps what is freed";
#endif
  for (const std::string network : {"fourier", "mlp"}) {
    PmfConfig config;
    config.network = network;
    config.epochs = 3;
    const Config plane = plane_config("float64");
    const auto map = make_coordinate_map(plane, Molecule{{1.0}, {}, {}}, 2);
    SerialCommunicator serial;
    const auto fit = [&](int n) {
      PmfEnsemble ensemble(config, map->space(), 3);
      const std::vector<Label> data = labels(n);
      const double said = static_cast<double>(ensemble.memory(n, serial));
      return std::pair{said, growth([&] { ensemble.fit(data, 0, serial); })};
    };
    fit(50);
    const auto [said, taken] = fit(10000);
    EXPECT_GT(taken, 0.5 * said) << network << " " << said << " " << taken;
    EXPECT_LT(taken, 1.2 * said) << network << " " << said << " " << taken;
    std::printf("fit %s: said %.1f MB, taken %.1f MB\n", network.c_str(), 1e-6 * said, 1e-6 * taken);
  }
}
