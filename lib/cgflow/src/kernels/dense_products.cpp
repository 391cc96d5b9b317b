// SPDX-License-Identifier: GPL-2.0-only
// All three products are C = times * (start + f A B) + plus. A small block of C stays in registers: each of its rows takes
// one number of A at a time, its columns are whole vectors of B. B is copied to panels as wide as a block; A is not copied.
#include "dense_products.h"

#include "instruction_set.h"
#include "lanes.h"
#include "runtime.h"
#include "vector_math.h"

#include <algorithm>
#include <cstring>

namespace cgflow::kernels {
namespace {

/// Operands of a product: A [rows, depth] with its strides, the start value of each row of C (null: 0), factors and summands
/// of its numbers (null: 1 and 0), and C [rows, columns].
template <class T> struct Product {
  std::int64_t rows, depth, columns;
  const T *a;
  std::int64_t row_stride, depth_stride;
  const T *start;
  T factor;
  const T *times, *plus;
  T *c;
};

// A block has kRows times kVectors vectors of kBytes. The registers hold a block, a row of B and a number of A.
template <int Bytes, int Rows, int Vectors> struct Blocking {
  static constexpr int kBytes = Bytes, kRows = Rows, kVectors = Vectors;
  /// For panels with at most half as many columns.
  using Half = Blocking<Bytes, Rows, Vectors / 2>;
};
using Plain = Blocking<16, 3, 4>;
using Avx2 = Blocking<32, 6, 2>;
using Avx512 = Blocking<64, 12, 2>;

template <class T, class B> constexpr int panel_columns() { return B::kVectors * B::kBytes / static_cast<int>(sizeof(T)); }

/// Columns first ... first + count - 1 of B, padded with zeros to `width`.
template <class T> struct Panel {
  std::int64_t first, count, width;
  T *data;    // [depth, width]
};

// Rows row ... row + Rows - 1 of C in the columns of one panel.
template <class T, class B, int Rows> CGFLOW_INLINE void block(const Product<T> &p, std::int64_t row, const Panel<T> &panel)
{
  typedef T Vector __attribute__((vector_size(B::kBytes), aligned(sizeof(T)), may_alias));
  constexpr int kLanesHere = B::kBytes / static_cast<int>(sizeof(T)), kColumns = panel_columns<T, B>();
  Vector sum[Rows][B::kVectors] = {};
  const T *a = p.a + row * p.row_stride;
  for (std::int64_t k = 0; k < p.depth; ++k) {
    Vector b[B::kVectors];
#pragma GCC unroll 4
    for (int v = 0; v < B::kVectors; ++v)
      b[v] = *reinterpret_cast<const Vector *>(panel.data + k * kColumns + v * kLanesHere);
#pragma GCC unroll 12
    for (int r = 0; r < Rows; ++r) {
      const T one = a[r * p.row_stride + k * p.depth_stride];
#pragma GCC unroll 4
      for (int v = 0; v < B::kVectors; ++v) sum[r][v] += one * b[v];
    }
  }
#pragma GCC unroll 12
  for (int r = 0; r < Rows; ++r) {
    const T start = p.start ? p.start[row + r] : T(0);
    const std::int64_t place = (row + r) * p.columns + panel.first;
#pragma GCC unroll 4
    for (int v = 0; v < B::kVectors; ++v) {
      const std::int64_t at = place + v * kLanesHere,
                         here = std::min<std::int64_t>(panel.count - v * kLanesHere, kLanesHere);
      if (here <= 0) break;
      Vector out = start + p.factor * sum[r][v], times, plus;
      const auto load = [&](Vector &to, const T *from) {
        if (here == kLanesHere)
          to = *reinterpret_cast<const Vector *>(from + at);
        else
          std::memcpy(&to, from + at, sizeof(T) * static_cast<std::size_t>(here));
      };
      if (p.times) load(times, p.times), out *= times;
      if (p.plus) load(plus, p.plus), out += plus;
      if (here == kLanesHere)
        *reinterpret_cast<Vector *>(p.c + at) = out;
      else
        std::memcpy(p.c + at, &out, sizeof(T) * static_cast<std::size_t>(here));
    }
  }
}

// All rows from `row` on: blocks of Rows rows, then smaller ones.
template <class T, class B, int Rows> CGFLOW_INLINE void blocks(const Product<T> &p, std::int64_t row, const Panel<T> &panel)
{
  for (; p.rows - row >= Rows; row += Rows) block<T, B, Rows>(p, row, panel);
  if constexpr (Rows > 1) blocks<T, B, Rows / 2>(p, row, panel);
}

template <class T, class B> CGFLOW_INLINE void run(const Product<T> &p, const Panel<T> &panel)
{
  if (panel.width == panel_columns<T, B>())
    blocks<T, B, B::kRows>(p, 0, panel);
  else
    blocks<T, typename B::Half, B::kRows>(p, 0, panel);
}

// The function that multiplies a panel on this machine, and the width of its panels.
template <class T> struct Machine {
  void (*run)(const Product<T> &, const Panel<T> &);
  std::int64_t columns;
};

template <class T> void run_plain(const Product<T> &p, const Panel<T> &panel) { run<T, Plain>(p, panel); }
#ifdef CGFLOW_X86
template <class T> CGFLOW_TARGET_avx2 void run_avx2(const Product<T> &p, const Panel<T> &panel) { run<T, Avx2>(p, panel); }
template <class T> CGFLOW_TARGET_avx512 void run_avx512(const Product<T> &p, const Panel<T> &panel)
{
  run<T, Avx512>(p, panel);
}
#endif

template <class T> Machine<T> this_machine()
{
#ifdef CGFLOW_X86
  const InstructionSet set = instruction_set();
  if (set == InstructionSet::avx512) return {run_avx512<T>, panel_columns<T, Avx512>()};
  if (set == InstructionSet::avx2) return {run_avx2<T>, panel_columns<T, Avx2>()};
#endif
  return {run_plain<T>, panel_columns<T, Plain>()};
}

// pack(panel) fills a panel with its columns of B.
template <class T, class Pack> void multiply(const char *name, const Product<T> &p, const Pack &pack)
{
  static const Machine<T> machine = this_machine<T>();
  const std::int64_t most = machine.columns, panels = (p.columns + most - 1) / most;
  // A thread's part takes at least ten microseconds.
  const std::int64_t least = 1 + (std::int64_t{1} << 19) / (p.rows * p.depth * most);
  for_each_part(name, panels, least, [&](std::int64_t i, std::int64_t end) {
    const LaneSpace space((p.depth * most * static_cast<std::int64_t>(sizeof(T)) + 7) / 8);
    for (; i < end; ++i) {
      const std::int64_t first = i * most, count = std::min(most, p.columns - first);
      const Panel<T> panel{first, count, count > most / 2 ? most : most / 2, reinterpret_cast<T *>(space.data())};
      pack(panel);
      machine.run(p, panel);
    }
  });
}

// Packs B [depth, columns], not transposed.
template <class T> auto rows_of(const T *b, std::int64_t depth, std::int64_t columns)
{
  return [=](const Panel<T> &panel) {
    T *to = panel.data;
    for (std::int64_t k = 0; k < depth; ++k, to += panel.width) {
      const T *row = b + k * columns + panel.first;
      std::fill(std::copy(row, row + panel.count, to), to + panel.width, T(0));
    }
  };
}

// Transposes a square of numbers, 16 bytes wide; row r begins at from + r * from_stride.
inline void transpose(const float *from, std::int64_t from_stride, float *to, std::int64_t to_stride)
{
  typedef float Four __attribute__((vector_size(16), aligned(4), may_alias));
  const auto row = [&](int r) { return *reinterpret_cast<const Four *>(from + r * from_stride); };
  const auto put = [&](int r, Four v) { *reinterpret_cast<Four *>(to + r * to_stride) = v; };
  const Four a = row(0), b = row(1), c = row(2), d = row(3);
  const Four ab = __builtin_shufflevector(a, b, 0, 4, 1, 5), cd = __builtin_shufflevector(c, d, 0, 4, 1, 5);
  const Four ab2 = __builtin_shufflevector(a, b, 2, 6, 3, 7), cd2 = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  put(0, __builtin_shufflevector(ab, cd, 0, 1, 4, 5));
  put(1, __builtin_shufflevector(ab, cd, 2, 3, 6, 7));
  put(2, __builtin_shufflevector(ab2, cd2, 0, 1, 4, 5));
  put(3, __builtin_shufflevector(ab2, cd2, 2, 3, 6, 7));
}
inline void transpose(const double *from, std::int64_t from_stride, double *to, std::int64_t to_stride)
{
  typedef double Two __attribute__((vector_size(16), aligned(8), may_alias));
  const Two a = *reinterpret_cast<const Two *>(from), b = *reinterpret_cast<const Two *>(from + from_stride);
  *reinterpret_cast<Two *>(to) = __builtin_shufflevector(a, b, 0, 2);
  *reinterpret_cast<Two *>(to + to_stride) = __builtin_shufflevector(a, b, 1, 3);
}

// Packs B given as its transpose [columns, depth].
template <class T> auto columns_of(const T *b, std::int64_t depth)
{
  return [=](const Panel<T> &panel) {
    constexpr std::int64_t kSide = 16 / sizeof(T);
    if (panel.count < panel.width) std::fill(panel.data, panel.data + depth * panel.width, T(0));
    const std::int64_t squares = panel.count - panel.count % kSide, deep = depth - depth % kSide;
    for (std::int64_t c = 0; c < squares; c += kSide)
      for (std::int64_t k = 0; k < deep; k += kSide)
        transpose(b + (panel.first + c) * depth + k, depth, panel.data + k * panel.width + c, panel.width);
    for (std::int64_t c = 0; c < panel.count; ++c)
      for (std::int64_t k = c < squares ? deep : 0; k < depth; ++k)
        panel.data[k * panel.width + c] = b[(panel.first + c) * depth + k];
  };
}

template <class T> CGFLOW_INLINE void row_sums_of(std::int64_t rows, std::int64_t n, const T *numbers, T *sums)
{
  for (std::int64_t r = 0; r < rows; ++r, numbers += n) {
    T sum = 0;
#pragma omp simd reduction(+ : sum)
    for (std::int64_t i = 0; i < n; ++i) sum += numbers[i];
    sums[r] = sum;
  }
}
CGFLOW_CLONES void row_sums(std::int64_t rows, std::int64_t n, const float *x, float *sums)
{
  row_sums_of(rows, n, x, sums);
}
CGFLOW_CLONES void row_sums(std::int64_t rows, std::int64_t n, const double *x, double *sums)
{
  row_sums_of(rows, n, x, sums);
}

template <class T> void forward(const DenseShape &s, const T *w, const T *bias, const T *x, const T *plus, T *y)
{
  multiply<T>("cgflow::dense", {s.out, s.in, s.batch, w, 1, s.out, bias, static_cast<T>(s.factor), nullptr, plus, y},
              rows_of(x, s.in, s.batch));
}

template <class T> void by_input(const DenseShape &s, const T *w, const T *gy, const T *times, const T *plus, T *gx)
{
  multiply<T>("cgflow::dense_by_input",
              {s.in, s.out, s.batch, w, s.out, 1, nullptr, static_cast<T>(s.factor), times, plus, gx},
              rows_of(gy, s.out, s.batch));
}

template <class T> void by_parameters(const DenseShape &s, const T *x, const T *gy, T *gw, T *g_bias)
{
  multiply<T>("cgflow::dense_by_parameters",
              {s.in, s.batch, s.out, x, s.batch, 1, nullptr, static_cast<T>(s.factor), nullptr, nullptr, gw},
              columns_of(gy, s.batch));
  row_sums(s.out, s.batch, gy, g_bias);
}

}    // namespace

void dense(const DenseShape &s, const float *w, const float *bias, const float *x, const float *plus, float *y)
{
  forward(s, w, bias, x, plus, y);
}
void dense(const DenseShape &s, const double *w, const double *bias, const double *x, const double *plus, double *y)
{
  forward(s, w, bias, x, plus, y);
}
void dense_by_input(const DenseShape &s, const float *w, const float *gy, const float *times, const float *plus, float *gx)
{
  by_input(s, w, gy, times, plus, gx);
}
void dense_by_input(const DenseShape &s, const double *w, const double *gy, const double *times, const double *plus,
                    double *gx)
{
  by_input(s, w, gy, times, plus, gx);
}
void dense_by_parameters(const DenseShape &s, const float *x, const float *gy, float *gw, float *g_bias)
{
  by_parameters(s, x, gy, gw, g_bias);
}
void dense_by_parameters(const DenseShape &s, const double *x, const double *gy, double *gw, double *g_bias)
{
  by_parameters(s, x, gy, gw, g_bias);
}

}    // namespace cgflow::kernels
