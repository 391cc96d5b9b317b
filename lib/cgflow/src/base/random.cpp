// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow/random.h"

#include "cgflow/error.h"

#include <cmath>
#include <numbers>

namespace cgflow {

std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> c, std::array<std::uint32_t, 2> k)
{
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p0 = std::uint64_t{0xD2511F53} * c[0];
    const std::uint64_t p1 = std::uint64_t{0xCD9E8D57} * c[2];
    c = {static_cast<std::uint32_t>(p1 >> 32) ^ c[1] ^ k[0], static_cast<std::uint32_t>(p1),
         static_cast<std::uint32_t>(p0 >> 32) ^ c[3] ^ k[1], static_cast<std::uint32_t>(p0)};
    k[0] += 0x9E3779B9;
    k[1] += 0xBB67AE85;
  }
  return c;
}

namespace {
// SplitMix64 finalizer: spreads the indices over all bits of the key.
std::uint64_t mix(std::uint64_t z)
{
  z += 0x9E3779B97F4A7C15ull;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}
}    // namespace

RandomStream::RandomStream(std::uint64_t seed, Stream purpose, std::uint64_t a, std::uint64_t b)
{
  // The key is made of (seed, purpose, b). The counter holds all of `a` and the number of the block, so streams of
  // different `a` do not overlap within 2^64 blocks.
  const std::uint64_t key = mix(mix(mix(seed) ^ static_cast<std::uint64_t>(purpose)) ^ b);
  key_ = {static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32)};
  counter_ = {0, 0, static_cast<std::uint32_t>(a), static_cast<std::uint32_t>(a >> 32)};
}

void RandomStream::refill()
{
  block_ = philox4x32(counter_, key_);
  if (++counter_[0] == 0) ++counter_[1];
  next_ = 0;
}

std::uint32_t RandomStream::bits()
{
  if (next_ == 4) refill();
  return block_[next_++];
}

double RandomStream::uniform()
{
  // With 52 bits the half that keeps 0 and 1 out is exact.
  const std::uint64_t high = bits() >> 6, low = bits() >> 6;
  return (static_cast<double>(high * 67108864 + low) + 0.5) * (1.0 / 4503599627370496.0);
}

double RandomStream::normal()
{
  if (has_spare_) {
    has_spare_ = false;
    return spare_;
  }
  const double radius = std::sqrt(-2.0 * std::log(uniform()));
  const double angle = 2.0 * std::numbers::pi * uniform();
  spare_ = radius * std::sin(angle);
  has_spare_ = true;
  return radius * std::cos(angle);
}

std::uint64_t RandomStream::below(std::uint64_t n)
{
  if (n == 0) throw ModelError("Random numbers: got 0 values to choose from, at least 1 is needed");
  const std::uint64_t limit = n * (~std::uint64_t{0} / n);
  for (;;) {
    const std::uint64_t value = (static_cast<std::uint64_t>(bits()) << 32) | bits();
    if (value < limit) return value % n;
  }
}

}    // namespace cgflow
