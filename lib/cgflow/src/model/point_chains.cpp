// SPDX-License-Identifier: GPL-2.0-only
#include "model/point_chains.h"

#include "cgflow/error.h"
#include "cgflow/random.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace cgflow {

namespace {

// Constants, see doc/Howto_cgflow_theory.rst, Constants.
// Chains side by side: a network evaluates 64 points in little more time than one.
constexpr int kChains = 64;
constexpr int kThinning = 100;     // steps between points that are used
constexpr int kForgetting = 10;    // points that each chain drops at its start
constexpr int kJumpEvery = 5;      // one step in five is a jump
// Std of a local step and of a jump's distance from its anchor, in units of the ranges' widths.
constexpr double kLocalStep = 0.03, kJumpWidth = 0.06;

class PointChains {
 public:
  PointChains(const PmfSurface &pmf, const std::vector<double> &anchors, double kT, double known, int chains)
      : pmf_(pmf), space_(pmf.space()), d_(space_.n_cv()), kT_(kT), known_(known), chains_(chains)
  {
    const int n = static_cast<int>(anchors.size()) / d_;
    std::vector<double> f(n), std(n);
    if (n > 0) pmf_.evaluate(n, anchors.data(), f.data(), std.data(), nullptr);
    for (int i = 0; i < n; ++i) {
      if (!(std[i] <= known_)) continue;
      anchors_.insert(anchors_.end(), anchors.begin() + i * d_, anchors.begin() + (i + 1) * d_);
      f_anchors_.push_back(f[i]);
    }
    if (f_anchors_.empty()) throw ModelError("Backmapping from the PMF: no label point has a std up to the threshold");
  }

  /// Makes the next `kThinning` steps of every chain. The first call also places the chains at anchors, drawn by exp(-F/kT).
  void advance(std::uint64_t seed, std::uint64_t number, std::uint64_t round)
  {
    std::vector<RandomStream> random;
    for (int c = 0; c < chains_; ++c) random.emplace_back(seed, Stream::backmap, round * kChains + c, number);
    if (s_.empty()) begin(random);
    for (int step = 0; step < kThinning; ++step) move(random, step % kJumpEvery == 0);
  }

  const double *point(int chain) const { return &s_[chain * d_]; }
  double ln_p(int chain) const { return -f_[chain] / kT_; }

 private:
  void begin(std::vector<RandomStream> &random)
  {
    const double lowest = *std::min_element(f_anchors_.begin(), f_anchors_.end());
    std::vector<double> cumulative;
    double sum = 0.0;
    for (const double f : f_anchors_) cumulative.push_back(sum += std::exp(-(f - lowest) / kT_));
    for (auto &stream : random) {
      const auto found = std::upper_bound(cumulative.begin(), cumulative.end(), sum * stream.uniform()) - cumulative.begin();
      const auto row = std::min<std::size_t>(found, f_anchors_.size() - 1);
      s_.insert(s_.end(), anchors_.begin() + row * d_, anchors_.begin() + (row + 1) * d_);
      f_.push_back(f_anchors_[row]);
    }
  }

  // Logarithm of the density of jumps, up to a constant: a sum of equal Gaussians around the anchors.
  double ln_jump(const double *s) const
  {
    std::vector<double> exponents;
    for (std::size_t i = 0; i < f_anchors_.size(); ++i)
      exponents.push_back(-0.5 * std::pow(space_.scaled_distance(s, &anchors_[i * d_]) / kJumpWidth, 2));
    const double highest = *std::max_element(exponents.begin(), exponents.end());
    double sum = 0.0;
    for (const double e : exponents) sum += std::exp(e - highest);
    return highest + std::log(sum);
  }

  void move(std::vector<RandomStream> &random, bool jump)
  {
    std::vector<double> trial(chains_ * d_), f(chains_), std(chains_), u(chains_);
    std::vector<char> inside(chains_);
    for (int c = 0; c < chains_; ++c) {
      const double *center = jump ? &anchors_[random[c].below(f_anchors_.size()) * d_] : &s_[c * d_];
      double *to = &trial[c * d_];
      for (int k = 0; k < d_; ++k)
        to[k] = center[k] + (jump ? kJumpWidth : kLocalStep) * space_[k].width() * random[c].normal();
      u[c] = random[c].uniform();
      inside[c] = space_.contains(to);
      space_.wrap(to);
    }
    pmf_.evaluate(chains_, trial.data(), f.data(), std.data(), nullptr);
    for (int c = 0; c < chains_; ++c) {
      if (!inside[c] || !(std[c] <= known_)) continue;
      double ln_ratio = -(f[c] - f_[c]) / kT_;
      if (jump) ln_ratio += ln_jump(&s_[c * d_]) - ln_jump(&trial[c * d_]);
      if (u[c] >= std::exp(ln_ratio)) continue;
      std::copy_n(&trial[c * d_], d_, &s_[c * d_]);
      f_[c] = f[c];
    }
  }

  const PmfSurface &pmf_;
  const CgSpace &space_;
  int d_;
  double kT_, known_;
  int chains_;
  std::vector<double> anchors_, f_anchors_;
  std::vector<double> s_, f_;    // [chains, n_cv], [chains]
};

}    // namespace

DrawnPoints draw_by_chains(const PmfSurface &pmf, const std::vector<double> &anchors, double kT, double known, int n,
                           std::uint64_t seed, std::uint64_t number)
{
  const int d = pmf.space().n_cv();
  PointChains chains(pmf, anchors, kT, known, kChains);
  DrawnPoints drawn;
  for (std::uint64_t round = 0; static_cast<int>(drawn.ln_p.size()) < n; ++round) {
    chains.advance(seed, number, round);
    if (round < kForgetting) continue;
    for (int c = 0; c < kChains && static_cast<int>(drawn.ln_p.size()) < n; ++c) {
      drawn.s.insert(drawn.s.end(), chains.point(c), chains.point(c) + d);
      drawn.ln_p.push_back(chains.ln_p(c));
    }
  }
  return drawn;
}

}    // namespace cgflow
