// SPDX-License-Identifier: GPL-2.0-only
// Threads of kernels. The test starts itself with other numbers of threads and with a task, since Kokkos starts once per
// process.
#include "kernels/runtime.h"

#include "cgflow/random.h"
#include "kernels/adam_step.h"
#include "kernels/affine_map.h"
#include "kernels/dense_products.h"
#include "kernels/normal_product.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

using namespace cgflow;
using namespace cgflow::kernels;

namespace {

bool has_threads() { return std::string(backend()) == "OpenMP"; }

std::vector<double> normal(std::int64_t n, std::uint64_t key)
{
  RandomStream random(3, Stream::test, key);
  std::vector<double> out(n);
  for (double &v : out) v = random.normal();
  return out;
}

// Prints the results, bit for bit, of those kernels whose partial sums could depend on the threads.
void print_results()
{
  const auto print = [](const std::vector<double> &values) {
    for (const double v : values) {
      std::uint64_t bits;
      std::memcpy(&bits, &v, sizeof bits);
      std::printf("%016llx", static_cast<unsigned long long>(bits));
    }
    std::printf("\n");
  };
  for (const std::int64_t n : {5, 512, 513, 2000}) {    // below, at and above the size of one partial sum
    const std::int64_t size = 12, members = 2, width = padded(size);
    std::vector<double> f = normal(n * width, 1), c = normal(members * n, 2), q = normal(members * width, 3),
                        out(members * width);
    for (std::int64_t i = 0; i < n; ++i)
      for (std::int64_t k = size; k < width; ++k) f[i * width + k] = 0.0;
    for (std::int64_t m = 0; m < members; ++m)
      for (std::int64_t k = size; k < width; ++k) q[m * width + k] = 0.0;
    normal_product(n, size, members, f.data(), c.data(), q.data(), out.data());
    print(out);
    std::vector<double> f_q(members * n);
    feature_product(n, size, members, f.data(), q.data(), f_q.data());
    print(f_q);
    transposed_product(n, size, members, f.data(), c.data(), out.data());
    print(out);
  }
  const DenseShape shape{200, 210, 200};    // large enough for several threads
  std::vector<double> gw(shape.in * shape.out), g_bias(shape.out);
  dense_by_parameters(shape, normal(shape.in * shape.batch, 8).data(), normal(shape.out * shape.batch, 9).data(), gw.data(),
                      g_bias.data());
  print(gw);
  print(g_bias);
  const std::int64_t n = 80001;
  std::vector<double> p = normal(n, 4), m(n, 0.0), v(n, 0.0);
  adam_step({1e-2, 0.9, 0.999, 1e-8, 1}, n, normal(n, 5).data(), p.data(), m.data(), v.data());
  print(p);
  print({sum_of_squares(n, p.data())});
  const std::int64_t batch = 203, rows[] = {0, 1};
  AffineMap map;
  map.n = 2;
  map.rows = rows;
  map.step = 2;
  map.scale = 1;
  std::vector<double> y(2 * batch), log_det(batch, 0.0);
  map_affine(map, Direction::forward, batch, normal(2 * batch, 6).data(), normal(4 * batch, 7).data(), y.data(),
             log_det.data());
  print(y);
  print(log_det);
}

// Number of threads that compute the parts of a loop.
std::size_t threads_seen(std::int64_t n, std::int64_t least)
{
  std::mutex mutex;
  std::set<std::thread::id> seen;
  for_each_part("cgflow::test", n, least, [&](std::int64_t, std::int64_t) {
    const std::lock_guard<std::mutex> lock(mutex);
    seen.insert(std::this_thread::get_id());
  });
  return seen.size();
}

struct Started {
  std::string text;
  int code;
};

// Runs this program with a task and a value of OMP_NUM_THREADS; returns its exit code and its text on both streams.
Started start(const std::string &task, const std::string &environment)
{
  std::array<char, 4096> path{};
  if (std::FILE *self = std::fopen("/proc/self/cmdline", "r")) {
    if (!std::fgets(path.data(), path.size(), self)) path[0] = 0;
    std::fclose(self);
  }
  const std::string command = "env -u OMP_PROC_BIND " + environment + " '" + path.data() + "' " + task + " 2>&1";
  std::FILE *out = popen(command.c_str(), "r");
  Started started{"", -1};
  std::array<char, 65536> buffer;
  for (std::size_t n; out && (n = std::fread(buffer.data(), 1, buffer.size(), out)) > 0;)
    started.text.append(buffer.data(), n);
  if (out) started.code = pclose(out);
  return started;
}
}    // namespace

TEST(Runtime, PartsAreTheWholeOnce)
{
  for (const std::int64_t n : {0, 1, 2, 3, 17, 1000}) {
    std::vector<int> calls(n, 0);
    for (const std::int64_t least : {1, 2, 100})
      for_each_part("cgflow::test", n, least, [&](std::int64_t first, std::int64_t end) {
        for (; first < end; ++first) ++calls[first];
      });
    EXPECT_EQ(calls, std::vector<int>(n, 3));
  }
}

TEST(Runtime, KernelsHaveAsManyThreadsAsAreAskedFor)
{
  for (const int asked : {1, 2, 3}) {
    const Started run = start("--threads", "OMP_NUM_THREADS=" + std::to_string(asked));
    const int expected = has_threads() ? asked : 1;
    // The comparison also finds other text, such as the advice of Kokkos on the pinning of threads.
    EXPECT_EQ(run.text, std::to_string(expected) + " threads, " + std::to_string(expected) + " seen, 1 with little to do\n");
    EXPECT_EQ(run.code, 0);
  }
}

TEST(Runtime, AnyNumberOfThreadsGivesTheSameBits)
{
  if (!has_threads()) GTEST_SKIP() << "a Kokkos without OpenMP has one thread";
  const Started one = start("--results", "OMP_NUM_THREADS=1");
  EXPECT_EQ(one.code, 0);
  EXPECT_GT(one.text.size(), 20000u * 16u);
  for (const int n : {2, 3, 7})
    EXPECT_TRUE(start("--results", "OMP_NUM_THREADS=" + std::to_string(n)).text == one.text) << n;
}

int main(int argc, char **argv)
{
  if (argc == 2 && std::string(argv[1]) == "--results") {
    print_results();
    return 0;
  }
  if (argc == 2 && std::string(argv[1]) == "--threads") {
    const int n = threads();
    std::printf("%d threads, %zu seen, %zu with little to do\n", n, threads_seen(100000, 1), threads_seen(100, 51));
    return 0;
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
