// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_CONDITIONER_H
#define CGFLOW_SRC_CONDITIONER_H

#include "base/element_type.h"
#include "base/storage_bytes.h"
#include "base/tensor.h"
#include "kernels/dense_products.h"

#include "cgflow/config.h"
#include "cgflow/random.h"

#include <limits>

namespace cgflow {

/// Gives start values of parameters in a fixed order: tensor number k comes from RandomStream(seed, flow_init, k).
class ParameterSource {
 public:
  /// At most so many numbers can be taken in all: a config that does not fit a stored model is refused before it takes memory.
  explicit ParameterSource(std::uint64_t seed, std::int64_t most = std::numeric_limits<std::int64_t>::max())
      : seed_(seed), most_(most), left_(most)
  {
  }
  /// Values uniform in [-bound, bound].
  Tensor uniform(at::IntArrayRef shape, double bound);
  /// Zeros. They take a number too, so that a later change of their start does not change the others.
  Tensor zeros(at::IntArrayRef shape);

 private:
  void take(at::IntArrayRef shape);

  std::uint64_t seed_;
  std::uint64_t count_ = 0;
  std::int64_t most_, left_;
};

/// Small network with SiLU between its layers that computes the parameters of a layer's maps from the layer's inputs. It
/// consists of plain dense layers, or of residual blocks of two dense layers each. The last layer starts at zero, so that
/// every map starts as the identity. `flow.precision: float32` computes it in float32; parameters are float64 all the same,
/// so that the optimizer adds up small steps without loss and files do not depend on the precision. The batch is the
/// innermost dimension throughout, so that kernels read the outputs of neighboring samples from neighboring addresses.
class Conditioner {
 public:
  /// Rows of a layer's coordinates that are inputs of its network besides the condition: values, and angles as cosines and
  /// sines.
  struct Seen {
    std::vector<std::int64_t> values, angles;
    int size() const { return static_cast<int>(values.size() + 2 * angles.size()); }
  };
  /// `name` is the prefix of the parameters' names. Of the configuration it uses network, hidden and precision.
  Conditioner(const std::string &name, int n_condition, Seen seen, const FlowConfig &config, int n_outputs,
              ParameterSource &source);

  /// Values of one batch that its derivatives need, in the network's precision. The buffers serve for other batches of the
  /// same size.
  struct Work {
    std::vector<Tensor> layer_in;     // of each dense layer, [in, batch], after the activation
    std::vector<Tensor> before;       // the same before the activation
    std::vector<Tensor> slope;        // of the activation; undefined where there is none
    std::vector<Tensor> layer_out;    // [out, batch]; the last one holds the outputs
    std::vector<Tensor> g_in, g_out;
    std::vector<Tensor> g_weight, g_bias;    // views of `gradient`, which is the caller's
    Tensor gradient;
    const Tensor &outputs() const { return layer_out.back(); }
    /// Counts its buffers.
    void count(StorageBytes &bytes) const;
  };
  Work make_work(std::int64_t batch) const;

  /// Condition c [n_condition, batch], coordinates x [any, batch], float64 -> work.outputs() [n_outputs, batch].
  void forward(const Tensor &c, const Tensor &x, Work &work) const;
  /// From the derivatives by the outputs, in work.g_out.back(): adds those by the coordinates to gx [any, batch], float64,
  /// and writes those by the parameters to their positions in `gradient`, a tensor like that of bind(), unless it is
  /// undefined.
  void pull_back(Work &work, const Tensor &gx, const Tensor &gradient) const;

  /// Moves the parameters into `all` [any] from element `first` on and returns the element after the last. `computed` is
  /// `all` in the network's precision; the caller keeps it up to date.
  std::int64_t bind(const Tensor &all, const Tensor &computed, std::int64_t first);
  const NamedTensors &parameters() const { return parameters_; }
  std::int64_t size() const;
  /// Whether it has coordinates as inputs besides the condition.
  bool sees() const { return seen_.size() > 0; }
  at::ScalarType type() const { return type_; }

 private:
  void add_layer(const std::string &name, Tensor weight, Tensor bias);
  void gather(const Tensor &c, const Tensor &x, const Tensor &input) const;
  void scatter(const Tensor &input, const Tensor &g_input, const Tensor &gx) const;
  kernels::DenseShape shape(std::size_t i, const Work &work) const;
  void dense(std::size_t i, Work &work) const;
  void dense_back(std::size_t i, Work &work, bool parameters, bool input) const;
  std::size_t n_layers() const { return parameters_.size() / 2; }
  double factor(std::size_t i) const { return i + 1 == n_layers() ? output_factor_ : 1.0; }
  /// Whether there is an activation before dense layer i.
  bool activates(std::size_t i) const { return i > 0 && !(residual_ && i + 1 == n_layers()); }
  /// Whether dense layer i is the second of a residual block, whose skip connection ends after it.
  bool ends_block(std::size_t i) const { return residual_ && i > 0 && i % 2 == 0 && i + 1 < n_layers(); }

  at::ScalarType type_;
  bool residual_;
  Seen seen_;
  double output_factor_ = 1.0;
  NamedTensors parameters_;              // weight [in, out] and bias [out] of each layer
  std::int64_t first_ = 0;               // their first element in the tensor that they are bound to
  std::vector<Tensor> weight_, bias_;    // views in the network's precision
};

}    // namespace cgflow

#endif
