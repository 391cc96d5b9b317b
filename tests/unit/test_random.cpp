// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow/random.h"

#include "cgflow/error.h"
#include "error_message.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace cgflow;

// Known-answer vectors of the Random123 library, file kat_vectors, philox4x32-10.
TEST(Philox, AgreesWithPublishedVectors)
{
  EXPECT_EQ(philox4x32({0, 0, 0, 0}, {0, 0}),
            (std::array<std::uint32_t, 4>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox4x32({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}),
            (std::array<std::uint32_t, 4>{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (std::array<std::uint32_t, 4>{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(RandomStream, SameIndexGivesSameNumbersAndOthersDiffer)
{
  RandomStream a(7, Stream::test, 3, 5), b(7, Stream::test, 3, 5);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(a.bits(), b.bits());
  EXPECT_NE(RandomStream(7, Stream::test, 3, 5).uniform(), RandomStream(7, Stream::test, 4, 5).uniform());
  EXPECT_NE(RandomStream(7, Stream::test, 3, 5).uniform(), RandomStream(7, Stream::test, 3, 6).uniform());
  EXPECT_NE(RandomStream(7, Stream::test, 3, 5).uniform(), RandomStream(8, Stream::test, 3, 5).uniform());
  EXPECT_NE(RandomStream(7, Stream::test, 3, 5).uniform(), RandomStream(7, Stream::latent, 3, 5).uniform());
}

TEST(RandomStream, MomentsOverIndices)
{
  const int n = 200000;
  double mean = 0, square = 0, cube = 0, fourth = 0, uniform = 0;
  for (int i = 0; i < n; ++i) {
    RandomStream stream(1, Stream::test, i, 0);
    const double x = stream.normal();
    mean += x / n, square += x * x / n, cube += x * x * x / n, fourth += x * x * x * x / n;
    const double u = stream.uniform();
    ASSERT_GT(u, 0.0);
    ASSERT_LT(u, 1.0);
    uniform += u / n;
  }
  // Five standard errors.
  EXPECT_NEAR(mean, 0.0, 5 * std::sqrt(1.0 / n));
  EXPECT_NEAR(square, 1.0, 5 * std::sqrt(2.0 / n));
  EXPECT_NEAR(cube, 0.0, 5 * std::sqrt(15.0 / n));
  EXPECT_NEAR(fourth, 3.0, 5 * std::sqrt(96.0 / n));
  EXPECT_NEAR(uniform, 0.5, 5 * std::sqrt(1.0 / 12.0 / n));
}

TEST(RandomStream, ChoosesFromNothingOnlyWithAnError)
{
  RandomStream stream(1, Stream::test);
  EXPECT_EQ(message<ModelError>([&] { stream.below(0); }),
            "Random numbers: got 0 values to choose from, at least 1 is needed");
}

TEST(RandomStream, BelowIsUniform)
{
  RandomStream stream(1, Stream::test);
  int count[3] = {0, 0, 0};
  for (int i = 0; i < 30000; ++i) ++count[stream.below(3)];
  for (int c : count) EXPECT_NEAR(c, 10000, 5 * std::sqrt(30000 * 2.0 / 9.0));
}
