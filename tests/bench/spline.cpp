// SPDX-License-Identifier: GPL-2.0-only
// Coordinates per second of a processor through one layer of rational-quadratic splines, with ln of the derivative: 29
// unbounded coordinates, 8 bins, batch 256, as in a coupling of the paper's flow. Peer: the same by plain torch
// operators. Limit: the time to read, write and compute the vector functions.
//   spline [--only spline] [--seconds S] [--json FILE]
#include "base/tensor.h"
#include "kernels/rq_splines.h"
#include "measure.h"

#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/grad_mode.h>

#include <numeric>

using namespace cgflow;
using kernels::Direction;

namespace {

constexpr std::int64_t kBatch = 256, kCoordinates = 29, kBins = 8, kParameters = 3 * kBins - 1;
constexpr double kHalfWidth = 5.0, kLimit = 3.0, kGain = 0.3;
// Vector functions that one coordinate needs: tanh (one exp each) of widths, heights and the two derivatives at its
// bin's ends, exp of widths and heights (softmax), softplus of the two derivatives (exp and log), ln of the derivative
// (one log).
constexpr int kExp = (2 * kBins + 2) + 2 * kBins + 2, kLog = 2 + 1;

Tensor knots(const Tensor &raw, double minimum)
{
  const auto bins = raw.size(-1);
  const Tensor sizes = at::softmax(raw, -1).mul(1.0 - minimum * static_cast<double>(bins)).add(minimum);
  return at::constant_pad_nd(at::cumsum(sizes, -1), {1, 0}).mul(2.0 * kHalfWidth).sub(kHalfWidth);
}

// The library's formula in torch. x [batch, n], raw [batch, n, parameters].
std::pair<Tensor, Tensor> torch_splines(const Tensor &x, const Tensor &raw)
{
  static const double shift = std::log(std::exp(1.0 - kernels::kMinDerivative) - 1.0);
  const Tensor p = kLimit * at::tanh(kGain / kLimit * raw);
  const Tensor kx = knots(p.narrow(-1, 0, kBins), kernels::kMinBinWidth);
  const Tensor ky = knots(p.narrow(-1, kBins, kBins), kernels::kMinBinHeight);
  const Tensor kd = at::constant_pad_nd(
      at::softplus(p.narrow(-1, 2 * kBins, kBins - 1).add(shift)).add(kernels::kMinDerivative), {1, 1}, 1.0);
  const Tensor inside = x.abs().le(kHalfWidth), at_x = x.clamp(-kHalfWidth, kHalfWidth);
  const Tensor bin = at_x.detach().unsqueeze(-1).ge(kx.detach().narrow(-1, 1, kBins - 1)).sum(-1, true);
  const auto of = [&](const Tensor &k, int end) { return k.gather(-1, bin.add(end)).squeeze(-1); };
  const Tensor x0 = of(kx, 0), width = of(kx, 1) - x0, y0 = of(ky, 0), height = of(ky, 1) - y0, d0 = of(kd, 0),
               d1 = of(kd, 1);
  const Tensor slope = height / width, theta = (at_x - x0) / width, rest = 1.0 - theta, mixed = theta * rest;
  const Tensor denominator = slope + (d0 + d1 - 2.0 * slope) * mixed;
  const Tensor y = y0 + height * (slope * theta * theta + d0 * mixed) / denominator;
  const Tensor numerator = d1 * theta * theta + 2.0 * slope * mixed + d0 * rest * rest;
  const Tensor log_det = 2.0 * at::log(slope / denominator) + at::log(numerator);
  return {at::where(inside, y, x), at::where(inside, log_det, at::zeros_like(log_det)).sum(1)};
}

/// The same numbers for the kernel, batch innermost, and for torch, batch first.
struct Subject {
  Subject()
      : x(2.0 * at::randn({kCoordinates, kBatch}, at::kDouble)),
        raw(at::randn({kCoordinates * kParameters, kBatch}, at::kDouble)), torch_x(x.t().contiguous()),
        torch_raw(raw.t().contiguous().view({kBatch, kCoordinates, kParameters})), y(at::empty_like(x)),
        gx(at::empty_like(x)), graw(at::empty_like(raw)), one(at::ones_like(x)), log_det(at::zeros({kBatch}, at::kDouble)),
        g_log_det(at::ones({kBatch}, at::kDouble)), rows(kCoordinates)
  {
    std::iota(rows.begin(), rows.end(), 0);
    splines.bins = kBins;
    splines.half_width = kHalfWidth;
    splines.limit = kLimit;
    splines.gain = kGain;
    splines.n = kCoordinates;
    splines.rows = rows.data();
  }
  void forward()
  {
    log_det.zero_();
    kernels::map_rq_splines(splines, Direction::forward, kBatch, data(x), data(raw), data(y), data(log_det));
  }
  void backward()
  {
    forward();
    kernels::pull_back_rq_splines(splines, Direction::forward, kBatch, data(x), data(raw), data(one), data(g_log_det),
                                  data(gx), data(graw));
  }
  static double *data(const Tensor &t) { return t.data_ptr<double>(); }

  kernels::RqSplines splines;
  Tensor x, raw, torch_x, torch_raw, y, gx, graw, one, log_det, g_log_det;
  std::vector<std::int64_t> rows;
};

// The largest difference between the two in values and derivatives.
double difference(Subject &a)
{
  a.backward();
  const Tensor x = a.torch_x.detach().clone().requires_grad_(true), raw = a.torch_raw.detach().clone().requires_grad_(true);
  const auto [y, log_det] = torch_splines(x, raw);
  const auto g = torch::autograd::grad({y.sum() + log_det.sum()}, {x, raw});
  const auto off = [](const Tensor &p, const Tensor &q) { return (p - q).abs().max().item<double>(); };
  return std::max(
      {off(y.t(), a.y), off(log_det, a.log_det), off(g[0].t(), a.gx), off(g[1].reshape({kBatch, -1}).t(), a.graw)});
}

/// Reads the parameters and x, writes y, and computes so many exp and log.
class Limit {
 public:
  Limit() : in_(at::rand({kBatch * kCoordinates}, at::kDouble).add(0.5)), out_(at::empty_like(in_)) {}
  void operator()(const Subject &a)
  {
    const at::NoGradGuard no_gradient;
    sum_ = a.raw.sum();
    at::add_out(out_, a.x.view({-1}), 1.0);
    for (int i = 0; i < kExp; ++i) at::exp_out(out_, in_);
    for (int i = 0; i < kLog; ++i) at::log_out(out_, in_);
  }

 private:
  Tensor in_, out_, sum_;
};

}    // namespace

int main(int argc, char **argv)
{
  return bench::run("spline", [&] {
    const bench::Options options(argc, argv, {{"only", ""}, {"seconds", "4"}, {"json", ""}});
    at::set_num_threads(1);
    Subject a;
    if (const double off = difference(a); !(off < 1e-10))
      throw std::runtime_error("the two differ by " + std::to_string(off) + ", expected less than 1e-10");
    Limit limit;
    const auto torch_forward = [&] {
      const at::NoGradGuard no_gradient;
      torch_splines(a.torch_x, a.torch_raw);
    };
    const Tensor x = a.torch_x.detach().clone().requires_grad_(true),
                 raw = a.torch_raw.detach().clone().requires_grad_(true);
    const auto torch_backward = [&] {
      const auto [y, log_det] = torch_splines(x, raw);
      torch::autograd::grad({y.sum() + log_det.sum()}, {x, raw});
    };
    const auto rates =
        bench::rates({[&] { a.forward(); }, torch_forward, [&] { limit(a); }, [&] { a.backward(); }, torch_backward},
                     options.number("seconds"));
    bench::Rows rows;
    const char *names[] = {"ours", "peer", "limit", "ours_backward", "peer_backward"};
    for (int k = 0; k < 5; ++k) {
      rows.set("spline", names[k], kBatch * kCoordinates * rates[k]);
      std::printf("%-14s %12.0f coordinates/s\n", names[k], kBatch * kCoordinates * rates[k]);
    }
    rows.set("spline", "exp", kExp);
    rows.set("spline", "log", kLog);
    std::printf("ours/peer %.1f, ours/limit %.2f (%d exp, %d log, %lld parameters a coordinate)\n", rates[0] / rates[1],
                rates[0] / rates[2], kExp, kLog, static_cast<long long>(kParameters));
    rows.write(options.text("json"));
  });
}
