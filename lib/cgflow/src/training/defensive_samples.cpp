// SPDX-License-Identifier: GPL-2.0-only
#include "training/defensive_samples.h"

#include "training/flow_trainer.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace cgflow {

namespace {

// Samples at once, so that memory does not grow with the labels of a call; in whole groups of labels, which are whole groups of copies too.
constexpr std::int64_t kSamples = 4096, kGroup = 64;

std::vector<std::int64_t> open_coordinates(const CoordinateMap &map)
{
  std::vector<std::int64_t> open;
  for (int j = 0; j < map.n_fine(); ++j)
    if (map.fine()[j].kind != FineCoordinate::Kind::circular) open.push_back(j);
  return open;
}

// For one latent coordinate z: the ratio N(z; 0, sigma) / N(z; 0, 1).
double widened_ratio(double z) { return std::exp(0.5 * z * z * (1.0 - 1.0 / (kWidening * kWidening))) / kWidening; }

// Of one part of the points, the first of which has the number `first`.
DefensiveSamples draw_part(const ConditionalFlow &flow, const CoordinateMap &map, EnergyModel &energy, double kT,
                           const Tensor &s, int latent, std::uint64_t seed, std::int64_t first, std::uint64_t key)
{
  const std::int64_t rows = s.size(0) * latent;
  const Tensor z = flow.draw_latent(seed, Stream::label_latent, first * latent, rows, key).contiguous();
  const std::vector<std::int64_t> open = open_coordinates(map);
  const int widened = open.empty() ? 0 : static_cast<int>(std::lround(kWidenedShare * latent));
  const double share = static_cast<double>(widened) / latent;
  Tensor ln_control = at::zeros({rows}, at::kDouble);
  double *latents = z.data_ptr<double>(), *control = ln_control.data_ptr<double>();
  for (std::int64_t i = 0; i < rows && widened > 0; ++i) {
    double *row = latents + i * map.n_fine();
    if (i % latent < widened) {
      // A stream of its own: draw_latent has used the numbers of (first * latent + i).
      RandomStream random(seed, Stream::label_widening, first * latent + i, key);
      row[open[random.below(open.size())]] *= kWidening;
    }
    double mean = 0.0;
    for (const std::int64_t j : open) mean += widened_ratio(row[j]) / open.size();
    control[i] = -std::log(1.0 - share + share * mean);
  }
  const WeightedSamples drawn = weigh(flow, map, energy, kT, s.repeat_interleave(latent, 0), z);
  return {drawn.ln_w + ln_control, ln_control};
}

}    // namespace

std::int64_t labels_at_once(int latent) { return std::max<std::int64_t>(kGroup, kSamples / latent / kGroup * kGroup); }

DefensiveSamples draw_defensive(const ConditionalFlow &flow, const CoordinateMap &map, EnergyModel &energy, double kT,
                                const Tensor &s, int latent, std::uint64_t seed, std::int64_t first, std::uint64_t key)
{
  const at::NoGradGuard no_grad;
  const std::int64_t n = s.size(0), most = labels_at_once(latent);
  DefensiveSamples all{at::empty({n * latent}, at::kDouble), at::empty({n * latent}, at::kDouble)};
  for (std::int64_t begin = 0; begin < n; begin += most) {
    const std::int64_t count = std::min(most, n - begin);
    const DefensiveSamples part =
        draw_part(flow, map, energy, kT, s.narrow(0, begin, count), latent, seed, first + begin, key);
    all.ln_w.narrow(0, begin * latent, count * latent).copy_(part.ln_w);
    all.ln_control.narrow(0, begin * latent, count * latent).copy_(part.ln_control);
  }
  return all;
}

}    // namespace cgflow
