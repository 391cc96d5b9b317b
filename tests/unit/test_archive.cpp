// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow/archive.h"

#include "cgflow/atomic_file.h"
#include "cgflow/error.h"
#include "files/crc64.h"
#include "temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>

using namespace cgflow;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

namespace {

Archive sample()
{
  Archive archive("model");
  archive.put("flow/weight", std::vector<double>{1, -2.5, 3, 4, 5, 6}, {2, 3});
  archive.put("flow/bias", std::vector<double>{});
  archive.put("kT", 10.0);
  archive.put("iteration", std::int64_t{-7});
  archive.put("counts", std::vector<std::int64_t>{1, std::numeric_limits<std::int64_t>::min()});
  archive.put("yaml", std::string("cg: []\n\0\xff", 9));
  return archive;
}

template <class Thrown, class Action> std::string error_of(const Action &action)
{
  try {
    action();
  } catch (const Thrown &error) {
    return error.what();
  }
  return "no error";
}

std::string read_error(const std::string &bytes, const std::string &kind = "model")
{
  return error_of<FileError>([&] { Archive::from_bytes(bytes, kind, "x.cgflow"); });
}

std::string word(std::uint64_t value)
{
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes.push_back(static_cast<char>(value >> (8 * i)));
  return bytes;
}

/// Corrects length and checksum of changed bytes, so that the reader accepts the frame and comes to the change.
std::string resealed(std::string bytes)
{
  bytes.replace(16, 8, word(bytes.size()));
  bytes.resize(bytes.size() - 8);
  return bytes + word(crc64(bytes));
}

}    // namespace

// The check value of the catalog of CRCs, and checksums of .xz files that Python 3.11's lzma (liblzma 5) wrote.
TEST(Crc64, AgreesWithXz)
{
  EXPECT_EQ(crc64("123456789"), 0x995dc9bbdf1939fau);
  EXPECT_EQ(crc64("The quick brown fox jumps over the lazy dog"), 0x5b5eb8c2e54aa1c4u);
  std::string bytes;
  for (int i = 0; i < 768; ++i) bytes.push_back(static_cast<char>(i));
  EXPECT_EQ(crc64(bytes), 0xded362895c7b84d9u);
  EXPECT_EQ(crc64(""), 0u);
}

TEST(Archive, ReadsBackEveryItem)
{
  const TemporaryFolder folder;
  sample().write(folder / "a.cgflow");
  const Archive archive = Archive::read(folder / "a.cgflow", "model");
  EXPECT_EQ(archive.numbers("flow/weight"), (std::vector<double>{1, -2.5, 3, 4, 5, 6}));
  EXPECT_THAT(archive.shape("flow/weight"), ElementsAre(2, 3));
  EXPECT_TRUE(archive.numbers("flow/bias").empty());
  EXPECT_THAT(archive.shape("flow/bias"), ElementsAre(0));
  EXPECT_EQ(archive.number("kT"), 10.0);
  EXPECT_TRUE(archive.shape("kT").empty());
  EXPECT_EQ(archive.integer("iteration"), -7);
  EXPECT_THAT(archive.integers("counts"), ElementsAre(1, std::numeric_limits<std::int64_t>::min()));
  EXPECT_EQ(archive.text("yaml"), std::string("cg: []\n\0\xff", 9));
  EXPECT_EQ(archive.to_bytes(), sample().to_bytes());
  EXPECT_THAT(archive.names(), ElementsAre("counts", "flow/bias", "flow/weight", "iteration", "kT", "yaml"));
  EXPECT_THAT(archive.names("flow/"), ElementsAre("flow/bias", "flow/weight"));
  EXPECT_TRUE(archive.has("kT"));
  EXPECT_FALSE(archive.has("flow"));
}

TEST(Archive, KeepsEveryBitOfANumber)
{
  Archive archive("state");
  const std::vector<double> values{0.0, -0.0, 5e-324, std::numeric_limits<double>::infinity(), std::nan("7"), 0.1};
  archive.put("v", values);
  const Archive back = Archive::from_bytes(archive.to_bytes(), "state", "here");
  for (std::size_t i = 0; i < values.size(); ++i)
    EXPECT_EQ(std::bit_cast<std::uint64_t>(back.numbers("v")[i]), std::bit_cast<std::uint64_t>(values[i]));
}

// Written out by hand from the layout in archive_bytes.h.
TEST(Archive, BytesAreThoseOfTheLayout)
{
  Archive archive("state");
  archive.put("a", 1.0);
  const std::string body = std::string("CGFLOW\r\n") + word(1) + word(8 * 6 + 5 + 8 + 1 + 1 + 8 + 8) + word(5) + "state" +
                           word(1) + word(1) + "a" + '\1' + word(0) + word(0x3ff0000000000000);
  EXPECT_EQ(archive.to_bytes(), body + word(crc64(body)));
}

TEST(Archive, OrderOfPutsDoesNotMatterAndTheLastOneCounts)
{
  Archive a("model"), b("model");
  a.put("x", 1.0);
  a.put("y", std::int64_t{2});
  b.put("y", 5.0);
  b.put("y", std::int64_t{2});
  b.put("x", 1.0);
  EXPECT_EQ(a.to_bytes(), b.to_bytes());
}

TEST(ArchiveErrors, MissingItemsAndOtherTypes)
{
  const Archive archive = Archive::from_bytes(sample().to_bytes(), "model", "x.cgflow");
  const auto error = [](const auto &action) { return error_of<ModelError>(action); };
  EXPECT_EQ(error([&] { archive.number("none"); }), "x.cgflow: item 'none' is missing, expected float64");
  EXPECT_EQ(error([&] { archive.shape("none"); }), "x.cgflow: item 'none' is missing");
  EXPECT_EQ(error([&] { archive.number("iteration"); }), "x.cgflow: item 'iteration' is int64, expected float64");
  EXPECT_EQ(error([&] { archive.text("kT"); }), "x.cgflow: item 'kT' is float64, expected text");
  EXPECT_EQ(error([&] { archive.integers("yaml"); }), "x.cgflow: item 'yaml' is text, expected int64");
  EXPECT_EQ(error([&] { archive.number("flow/weight"); }),
            "x.cgflow: item 'flow/weight' has the shape [2, 3], expected a single number");
  EXPECT_EQ(error([&] { archive.integer("counts"); }),
            "x.cgflow: item 'counts' has the shape [2], expected a single number");
  EXPECT_EQ(error([&] { Archive("state").number("n"); }), "a new state: item 'n' is missing, expected float64");
}

TEST(ArchiveErrors, ValuesOutsideTheirLimits)
{
  Archive archive("model");
  archive.put("n", std::int64_t{5});
  archive.put("x", 2.5);
  archive.put("nan", std::nan(""));
  archive.put("table", std::vector<double>{1, 2, 3, 4, 5, 6}, {3, 2});
  archive.put("counts", std::vector<std::int64_t>{3, -1});
  archive.put("text", std::string("a\xc3\xa9\n\x80"));
  const auto error = [](const auto &action) { return error_of<ModelError>(action); };
  EXPECT_EQ(archive.integer("n", 5, 5), 5);
  EXPECT_EQ(archive.number("x", 2.5, 2.5), 2.5);
  EXPECT_EQ(archive.numbers("table", {-1, 2}, 1, 6).size(), 6U);
  EXPECT_EQ(archive.integers("counts", -1, -1, 3).size(), 2U);
  EXPECT_EQ(error([&] { archive.integer("n", 0, 4); }), "a new model: item 'n': got 5, expected 0 to 4");
  EXPECT_EQ(error([&] { archive.flag("n"); }), "a new model: item 'n': got 5, expected 0 to 1");
  EXPECT_EQ(error([&] { archive.number("x", 3, 4); }), "a new model: item 'x': got 2.5, expected a number from 3 to 4");
  EXPECT_EQ(error([&] { archive.number("nan", 3, 4); }), "a new model: item 'nan': got nan, expected a number from 3 to 4");
  EXPECT_EQ(error([&] {
              archive.numbers("table", {-1, 3}, 1, 6);
            }),
            "a new model: item 'table': got the shape [3, 2], expected [any, 3]");
  EXPECT_EQ(error([&] { archive.numbers("table", {6}, 1, 6); }),
            "a new model: item 'table': got the shape [3, 2], expected [6]");
  EXPECT_EQ(error([&] {
              archive.numbers("table", {3, 2}, 1, 5);
            }),
            "a new model: item 'table': number 6 is 6, expected a finite number from 1 to 5");
  EXPECT_EQ(error([&] { archive.integers("counts", 2, 0, 9); }),
            "a new model: item 'counts': number 2 is -1, expected 0 to 9");
  EXPECT_EQ(error([&] { archive.integers("counts", 3, -1, 9); }),
            "a new model: item 'counts': got the shape [2], expected [3]");
  EXPECT_EQ(error([&] { archive.plain_text("text"); }),
            "a new model: item 'text': byte 5 is no UTF-8 character, expected text");
}

TEST(ArchiveErrors, ShapesThatDoNotFit)
{
  Archive archive("model");
  EXPECT_EQ(error_of<ShapeError>([&] {
              archive.put("w", std::vector<double>(5), {2, 3});
            }),
            "archive item 'w': got 5 values for the shape [2, 3]");
  EXPECT_EQ(error_of<ShapeError>([&] {
              archive.put("w", std::vector<double>(1), {-1, -1});
            }),
            "archive item 'w': got 1 values for the shape [-1, -1]");
  EXPECT_FALSE(archive.has("w"));
}

TEST(ArchiveErrors, FilesThatAreNotOurs)
{
  EXPECT_EQ(error_of<FileError>([] { Archive::read("/nonexistent/a.cgflow", "model"); }),
            "Cannot read file /nonexistent/a.cgflow: No such file or directory");
  EXPECT_EQ(read_error(""), "x.cgflow is not a cgflow file: it is empty");
  EXPECT_EQ(read_error("cg: []\n"), "x.cgflow is not a cgflow file, expected a file written by cgflow");
  EXPECT_EQ(read_error("CGFLOW\n" + std::string(100, ' ')),
            "x.cgflow is not a cgflow file, expected a file written by cgflow");
  EXPECT_EQ(read_error(sample().to_bytes(), "state"), "x.cgflow is a cgflow model, expected a cgflow state");
}

TEST(ArchiveErrors, OtherVersions)
{
  std::string bytes = sample().to_bytes();
  bytes[8] = 2;
  EXPECT_EQ(read_error(resealed(bytes)), "x.cgflow has format version 2, this program reads version 1");
  EXPECT_THAT(read_error(bytes), HasSubstr("x.cgflow is damaged: its checksum"));
}

TEST(ArchiveErrors, EveryTruncationIsSeen)
{
  const std::string bytes = sample().to_bytes();
  const std::string size = std::to_string(bytes.size());
  EXPECT_EQ(read_error(bytes.substr(0, bytes.size() - 1)),
            "x.cgflow is truncated: got " + std::to_string(bytes.size() - 1) + " bytes, expected " + size);
  for (std::size_t n = 1; n < bytes.size(); ++n)
    EXPECT_THAT(read_error(bytes.substr(0, n)), HasSubstr("x.cgflow is truncated: got " + std::to_string(n) + " bytes"))
        << n;
  EXPECT_EQ(read_error(bytes + "x"),
            "x.cgflow is damaged: got " + std::to_string(bytes.size() + 1) + " bytes, expected " + size);
}

TEST(ArchiveErrors, EveryFlippedBitIsSeen)
{
  const std::string bytes = sample().to_bytes();
  for (std::size_t i = 0; i < bytes.size(); ++i)
    for (int bit = 0; bit < 8; ++bit) {
      std::string other = bytes;
      other[i] = static_cast<char>(other[i] ^ (1 << bit));
      EXPECT_THAT(read_error(other), HasSubstr("x.cgflow is ")) << i;
    }
}

TEST(ArchiveErrors, ContentThatMakesNoSense)
{
  const auto with_body = [](const std::string &body) {
    return read_error(resealed("CGFLOW\r\n" + word(1) + word(0) + word(5) + "model" + body + word(0)));
  };
  const std::string a = word(1) + "a";
  EXPECT_EQ(with_body(word(0)), "no error");
  EXPECT_EQ(with_body(word(std::uint64_t{1} << 60)), "x.cgflow is damaged: a size goes beyond its end");
  EXPECT_EQ(with_body(word(1) + word(~std::uint64_t{0}) + std::string(20, 'x')),
            "x.cgflow is damaged: a size goes beyond its end");
  EXPECT_EQ(with_body(word(1) + a + '\4' + word(0)), "x.cgflow is damaged: an item has the unknown type 4");
  EXPECT_EQ(with_body(word(1) + a + '\1' + word(std::uint64_t{1} << 61)), "x.cgflow is damaged: a size goes beyond its end");
  EXPECT_EQ(with_body(word(1) + a + '\1' + word(1) + word(std::uint64_t{1} << 61)),
            "x.cgflow is damaged: a size goes beyond its end");
  EXPECT_EQ(with_body(word(1) + a + '\2' + word(2) + word(std::uint64_t{1} << 62) + word(8)),
            "x.cgflow is damaged: an item has the shape [4611686018427387904, 8]");
  EXPECT_EQ(with_body(word(1) + a + '\1' + word(1) + word(~std::uint64_t{0})),
            "x.cgflow is damaged: an item has the shape [-1]");
  EXPECT_EQ(with_body(word(1) + a + '\3' + word(0)), "x.cgflow is damaged: a text has the shape []");
  const std::string scalar = std::string(1, '\1') + word(0) + word(0);
  EXPECT_EQ(with_body(word(2) + a + scalar + a + scalar), "x.cgflow is damaged: its items are not in order");
  EXPECT_EQ(with_body(word(1) + a + scalar + "x"), "x.cgflow is damaged: bytes follow its last item");
}

// With a corrected checksum the reader comes to the changed bytes. It may accept other values, but must never crash or
// allocate more memory than the file can fill.
TEST(ArchiveErrors, FuzzedContentNeverCrashes)
{
  const std::string bytes = sample().to_bytes();
  std::mt19937 random(3);
  int refused = 0;
  for (int round = 0; round < 200000; ++round) {
    std::string other = bytes;
    for (int change = 1 + static_cast<int>(random() % 3); change > 0; --change) {
      const std::size_t at = 24 + random() % (bytes.size() - 32);
      switch (random() % 4) {
      case 0:
        other[at] = static_cast<char>(random());
        break;
      case 1:
        other[at] = static_cast<char>(other[at] ^ (1 << random() % 8));
        break;
      case 2:
        other[at] = static_cast<char>(random() % 2 ? 0xff : 0);
        break;
      default:
        other.replace(at & ~std::size_t{7}, 8, word(std::uint64_t{random()} << (random() % 33)));
        break;
      }
    }
    if (random() % 4 == 0) other.erase(24 + random() % (other.size() - 40), 1 + random() % 8);
    const std::string error = read_error(resealed(other));
    if (error != "no error") {
      ++refused;
      ASSERT_TRUE(error.starts_with("x.cgflow is ")) << error;
    }
  }
  EXPECT_GT(refused, 50000);
}

TEST(ArchiveErrors, WriteFailureNamesTheReason)
{
  const TemporaryFolder folder;
  EXPECT_THAT(error_of<FileError>([&] { sample().write(folder / "none/a.cgflow"); }),
              HasSubstr("No such file or directory"));
}
