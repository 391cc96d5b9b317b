// SPDX-License-Identifier: GPL-2.0-only
#include "training/defensive_samples.h"

#include "training/weighted_samples.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace cgflow {

namespace {

// Samples at once: memory does not grow with the number of labels. They come in whole groups of labels, so that a child with
// copies of the molecule is filled.
constexpr std::int64_t kSamples = 4096, kGroup = 64;

std::vector<std::int64_t> open_coordinates(const CoordinateMap &map)
{
  std::vector<std::int64_t> open;
  for (int j = 0; j < map.n_fine(); ++j)
    if (map.fine()[j].kind != FineCoordinate::Kind::circular) open.push_back(j);
  return open;
}

// The ratio N(z; 0, kWidening) / N(z; 0, 1) of one latent coordinate.
double widened_ratio(double z) { return std::exp(0.5 * z * z * (1.0 - 1.0 / (kWidening * kWidening))) / kWidening; }

// Samples of some of the points, the first of which has the number `first`.
DefensiveSamples draw_part(const ConditionalFlow &flow, const CoordinateMap &map, EnergyModel &energy, double kT,
                           const Tensor &s, int latent, std::uint64_t seed, std::int64_t first, std::uint64_t key)
{
  const std::int64_t n = s.size(1) * latent;
  const Tensor z = flow.draw_latent(seed, Stream::label_latent, first * latent, n, key);
  const std::vector<std::int64_t> open = open_coordinates(map);
  const int widened = open.empty() ? 0 : static_cast<int>(std::lround(kWidenedFraction * latent));
  const double fraction = static_cast<double>(widened) / latent;
  Tensor ln_control = at::zeros({n}, at::kDouble);
  double *latents = z.data_ptr<double>(), *control = ln_control.data_ptr<double>();
  for (std::int64_t i = 0; i < n && widened > 0; ++i) {
    if (i % latent < widened) {
      // A stream of its own: draw_latent() has used the numbers of (first * latent + i).
      RandomStream random(seed, Stream::label_widening, first * latent + i, key);
      latents[open[random.below(open.size())] * n + i] *= kWidening;
    }
    double mean = 0.0;
    for (const std::int64_t j : open) mean += widened_ratio(latents[j * n + i]) / open.size();
    control[i] = -std::log(1.0 - fraction + fraction * mean);
  }
  const WeightedSamples drawn = weigh(flow, map, energy, kT, s.repeat_interleave(latent, 1), z);
  return {drawn.ln_w + ln_control, ln_control};
}

}    // namespace

std::int64_t labels_at_once(int latent) { return std::max<std::int64_t>(kGroup, kSamples / latent / kGroup * kGroup); }

DefensiveSamples draw_defensive(const ConditionalFlow &flow, const CoordinateMap &map, EnergyModel &energy, double kT,
                                const Tensor &s, int latent, std::uint64_t seed, std::int64_t first, std::uint64_t key)
{
  const std::int64_t n = s.size(1), most = labels_at_once(latent);
  DefensiveSamples all{at::empty({n * latent}, at::kDouble), at::empty({n * latent}, at::kDouble)};
  for (std::int64_t begin = 0; begin < n; begin += most) {
    const std::int64_t count = std::min(most, n - begin);
    const DefensiveSamples part =
        draw_part(flow, map, energy, kT, s.narrow(1, begin, count), latent, seed, first + begin, key);
    all.ln_w.narrow(0, begin * latent, count * latent).copy_(part.ln_w);
    all.ln_control.narrow(0, begin * latent, count * latent).copy_(part.ln_control);
  }
  return all;
}

}    // namespace cgflow
