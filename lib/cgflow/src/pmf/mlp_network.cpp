// SPDX-License-Identifier: GPL-2.0-only
#include "pmf/mlp_network.h"

#include "kernels/tanh_layer.h"

namespace cgflow {

MlpNetwork::MlpNetwork(std::vector<std::int64_t> widths) : widths_(std::move(widths))
{
  for (std::size_t l = 0; l + 1 < widths_.size(); ++l) {
    first_.push_back(size_);
    size_ += widths_[l + 1] * (widths_[l] + 1);
  }
}

Tensor MlpNetwork::weights(const Tensor &row, std::size_t layer) const
{
  return row.narrow(0, first_[layer], widths_[layer] * widths_[layer + 1]).view({widths_[layer], widths_[layer + 1]});
}

Tensor MlpNetwork::biases(const Tensor &row, std::size_t layer) const
{
  return row.narrow(0, first_[layer] + widths_[layer] * widths_[layer + 1], widths_[layer + 1]);
}

std::int64_t MlpNetwork::memory(std::int64_t n) const
{
  std::int64_t numbers = widths_[0] * n;
  for (std::size_t l = 1; l < widths_.size(); ++l) numbers += 2 * widths_[l] * n;
  return 8 * numbers;
}

void MlpNetwork::reserve(std::int64_t n)
{
  if (n == n_) return;
  n_ = n;
  h_.clear();
  slope_.clear();
  for (std::size_t l = 0; l < widths_.size(); ++l) {
    h_.push_back(l == 0 ? Tensor() : at::empty({widths_[l], n}, at::kDouble));
    slope_.push_back(at::empty({widths_[l], n}, at::kDouble));
  }
}

Tensor MlpNetwork::forward(const Tensor &parameters, const Tensor &x)
{
  reserve(x.size(1));
  const std::size_t layers = first_.size();
  for (std::size_t l = 0; l < layers; ++l) {
    Tensor &h = h_[l + 1];
    at::mm_out(h, weights(parameters, l).t(), l == 0 ? x : h_[l]);
    const Tensor bias = biases(parameters, l);
    if (l + 1 < layers)
      kernels::bias_tanh(widths_[l + 1], n_, bias.data_ptr<double>(), h.data_ptr<double>());
    else
      h += bias;
  }
  return h_.back().squeeze(0);
}

// Turns derivatives by a layer's output into derivatives by its input.
void MlpNetwork::pull_through(const Tensor &parameters, std::size_t layer)
{
  at::mm_out(slope_[layer], weights(parameters, layer), slope_[layer + 1]);
  if (layer > 0)
    kernels::tanh_pull_back(slope_[layer].numel(), h_[layer].data_ptr<double>(), slope_[layer].data_ptr<double>());
}

void MlpNetwork::pull_back(const Tensor &parameters, const Tensor &x, const Tensor &slope, const Tensor &gradient)
{
  slope_.back().copy_(slope.unsqueeze(0));
  for (std::size_t l = first_.size(); l-- > 0;) {
    Tensor by_weights = weights(gradient, l), by_biases = biases(gradient, l);
    at::mm_out(by_weights, l == 0 ? x : h_[l], slope_[l + 1].t());
    at::sum_out(by_biases, slope_[l + 1], 1);
    if (l > 0) pull_through(parameters, l);
  }
}

Tensor MlpNetwork::pull_back_inputs(const Tensor &parameters, const Tensor &slope)
{
  slope_.back().copy_(slope.unsqueeze(0));
  for (std::size_t l = first_.size(); l-- > 0;) pull_through(parameters, l);
  return slope_.front();
}

}    // namespace cgflow
