// SPDX-License-Identifier: GPL-2.0-only
#include "base/text.h"

#include <gtest/gtest.h>

using namespace cgflow;

TEST(Text, FormattedTextHasAnyLength)
{
  EXPECT_EQ(formatted("%d of %s: %.3g", 3, "four", 0.12345), "3 of four: 0.123");
  EXPECT_EQ(formatted("%s", ""), "");
  for (const std::size_t length : {1u, 15u, 16u, 511u, 512u, 513u, 100000u}) {
    const std::string word(length, 'x');
    EXPECT_EQ(formatted("<%s>", word.c_str()), "<" + word + ">");
  }
}
