// SPDX-License-Identifier: GPL-2.0-only
#include "base/text.h"

#include <gtest/gtest.h>

using namespace cgflow;

TEST(Text, LengthOfUtf8)
{
  using namespace std::string_view_literals;
  EXPECT_EQ(utf8_length(""), 0U);
  EXPECT_EQ(utf8_length("a\tb\r\n\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"), 14U);
  for (const std::string_view wrong : {"ab\xff"sv, "ab\xc3"sv, "ab\xc0\x80"sv, "ab\xed\xa0\x80"sv, "ab\xf4\x90\x80\x80"sv,
                                       "ab\0c"sv, "ab\x1b"sv, "ab\xe2\x82"sv, "ab\x80"sv, "ab\x7f"sv, "ab\xe0\x9f\xbf"sv})
    EXPECT_EQ(utf8_length(wrong), 2U);
}

TEST(Text, TextOfUnknownOriginIsShownInOneShortLine)
{
  EXPECT_EQ(shown("a b"), "a b");
  EXPECT_EQ(shown("a\n\xff\x1b"), "a???");
  EXPECT_EQ(shown(std::string(1000, 'x')), std::string(60, 'x') + "...");
}

TEST(Text, FormattedTextHasAnyLength)
{
  EXPECT_EQ(formatted("%d of %s: %.3g", 3, "four", 0.12345), "3 of four: 0.123");
  EXPECT_EQ(formatted("%s", ""), "");
  for (const std::size_t length : {1u, 15u, 16u, 511u, 512u, 513u, 100000u}) {
    const std::string word(length, 'x');
    EXPECT_EQ(formatted("<%s>", word.c_str()), "<" + word + ">");
  }
}
