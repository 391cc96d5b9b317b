// SPDX-License-Identifier: GPL-2.0-only
#include "files/archive_bytes.h"

#include "cgflow/error.h"

#include "files/crc64.h"

#include <bit>
#include <limits>
#include <string_view>

namespace cgflow {

namespace {

constexpr std::string_view kMagic = "CGFLOW\r\n";
constexpr std::size_t kWord = 8;
constexpr std::size_t kSmallest = kMagic.size() + 3 * kWord;    // magic, version, length, checksum

void append_word(std::string &bytes, std::uint64_t value)
{
  char word[kWord];
  for (std::size_t i = 0; i < kWord; ++i) word[i] = static_cast<char>((value >> (8 * i)) & 0xff);
  bytes.append(word, kWord);
}

template <class T> void append_words(std::string &bytes, const std::vector<T> &values)
{
  static_assert(sizeof(T) == kWord);
  if constexpr (std::endian::native == std::endian::little)
    bytes.append(reinterpret_cast<const char *>(values.data()), kWord * values.size());
  else
    for (const T value : values) append_word(bytes, std::bit_cast<std::uint64_t>(value));
}

void append_text(std::string &bytes, std::string_view text)
{
  append_word(bytes, text.size());
  bytes.append(text);
}

std::uint64_t word_at(std::string_view bytes, std::size_t position)
{
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < kWord; ++i)
    value |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[position + i])) << (8 * i);
  return value;
}

/// Takes values from the front. Every size is compared with the remaining bytes before anything is allocated.
class ByteReader {
 public:
  ByteReader(std::string_view bytes, const std::string &source) : bytes_(bytes), source_(source) {}

  [[noreturn]] void damaged(const std::string &what) const { throw FileError(source_ + " is damaged: " + what); }

  std::uint64_t word()
  {
    require(1, kWord);
    const std::uint64_t value = word_at(bytes_, 0);
    bytes_.remove_prefix(kWord);
    return value;
  }

  /// A number of items that take at least `size` bytes each.
  std::uint64_t count(std::size_t size)
  {
    const std::uint64_t n = word();
    require(n, size);
    return n;
  }

  std::string_view take(std::uint64_t n)
  {
    require(n, 1);
    const std::string_view part = bytes_.substr(0, n);
    bytes_.remove_prefix(n);
    return part;
  }

  std::string text() { return std::string(take(word())); }
  bool empty() const { return bytes_.empty(); }

  void require(std::uint64_t n, std::size_t size) const
  {
    if (n > bytes_.size() / size) damaged("a size goes beyond its end");
  }

 private:
  std::string_view bytes_;
  const std::string &source_;
};

void append_item(std::string &bytes, const std::string &name, const ArchiveItem &item)
{
  append_text(bytes, name);
  bytes.push_back(static_cast<char>(item.type));
  append_word(bytes, item.shape.size());
  for (const auto n : item.shape) append_word(bytes, static_cast<std::uint64_t>(n));
  append_words(bytes, item.numbers);
  append_words(bytes, item.integers);
  bytes.append(item.text);
}

ArchiveItem take_item(ByteReader &reader)
{
  ArchiveItem item;
  const auto type = static_cast<unsigned char>(reader.take(1)[0]);
  if (type < 1 || type > 3) reader.damaged("an item has the unknown type " + std::to_string(type));
  item.type = static_cast<ArchiveItem::Type>(type);
  item.shape.resize(reader.count(kWord));
  for (auto &n : item.shape) n = static_cast<std::int64_t>(reader.word());
  const auto count = archive_count(item.shape);
  if (!count) reader.damaged("an item has the shape " + archive_shape_text(item.shape));
  if (item.type == ArchiveItem::Type::text) {
    if (item.shape.size() != 1) reader.damaged("a text has the shape " + archive_shape_text(item.shape));
    item.text = reader.take(*count);
  } else if (item.type == ArchiveItem::Type::float64) {
    reader.require(*count, kWord);
    item.numbers.resize(*count);
    for (auto &value : item.numbers) value = std::bit_cast<double>(reader.word());
  } else {
    reader.require(*count, kWord);
    item.integers.resize(*count);
    for (auto &value : item.integers) value = static_cast<std::int64_t>(reader.word());
  }
  return item;
}

/// Checks the frame of a file: magic, length, checksum and version.
void check_frame(std::string_view bytes, const std::string &source)
{
  const std::string_view start = bytes.substr(0, kMagic.size());
  if (bytes.empty()) throw FileError(source + " is not a cgflow file: it is empty");
  if (start != kMagic.substr(0, start.size()))
    throw FileError(source + " is not a cgflow file, expected a file written by cgflow");
  if (bytes.size() < kSmallest)
    throw FileError(source + " is truncated: got " + std::to_string(bytes.size()) + " bytes, expected at least " +
                    std::to_string(kSmallest));
  const std::uint64_t length = word_at(bytes, kMagic.size() + kWord);
  if (length > bytes.size())
    throw FileError(source + " is truncated: got " + std::to_string(bytes.size()) + " bytes, expected " +
                    std::to_string(length));
  if (length < bytes.size())
    throw FileError(source + " is damaged: got " + std::to_string(bytes.size()) + " bytes, expected " +
                    std::to_string(length));
  const std::size_t end = bytes.size() - kWord;
  if (crc64(bytes.substr(0, end)) != word_at(bytes, end))
    throw FileError(source + " is damaged: its checksum does not agree with its content");
  const auto version = static_cast<std::int64_t>(word_at(bytes, kMagic.size()));
  if (version != Archive::kFormatVersion)
    throw FileError(source + " has format version " + std::to_string(version) + ", this program reads version " +
                    std::to_string(Archive::kFormatVersion));
}

}    // namespace

std::optional<std::uint64_t> archive_count(const std::vector<std::int64_t> &shape)
{
  std::uint64_t count = 1;
  bool zero = false;
  for (const auto n : shape) {
    if (n < 0) return {};
    if (n == 0) zero = true;
    const auto factor = static_cast<std::uint64_t>(n == 0 ? 1 : n);
    if (count > std::numeric_limits<std::uint64_t>::max() / factor) return {};
    count *= factor;
  }
  return zero ? 0 : count;
}

std::string archive_shape_text(const std::vector<std::int64_t> &shape)
{
  std::string text = "[";
  // Damaged files can hold thousands of dimensions.
  for (std::size_t i = 0; i < shape.size() && i < 8; ++i) text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + (shape.size() > 8 ? ", ...]" : "]");
}

std::string archive_to_bytes(const std::string &kind, const std::map<std::string, ArchiveItem> &items)
{
  std::string bytes(kMagic);
  append_word(bytes, static_cast<std::uint64_t>(Archive::kFormatVersion));
  append_word(bytes, 0);
  append_text(bytes, kind);
  append_word(bytes, items.size());
  for (const auto &[name, item] : items) append_item(bytes, name, item);
  std::string length;
  append_word(length, bytes.size() + kWord);
  bytes.replace(kMagic.size() + kWord, kWord, length);
  append_word(bytes, crc64(bytes));
  return bytes;
}

std::map<std::string, ArchiveItem> archive_from_bytes(const std::string &bytes, const std::string &kind,
                                                      const std::string &source)
{
  check_frame(bytes, source);
  ByteReader reader(std::string_view(bytes).substr(kMagic.size() + 2 * kWord, bytes.size() - kSmallest), source);
  const std::string got_kind = reader.text();
  if (got_kind != kind) throw FileError(source + " is a cgflow " + got_kind.substr(0, 40) + ", expected a cgflow " + kind);
  std::map<std::string, ArchiveItem> items;
  // An item has at least the length of its name, a type and a number of dimensions.
  const std::uint64_t n = reader.count(2 * kWord + 1);
  for (std::uint64_t i = 0; i < n; ++i) {
    std::string name = reader.text();
    if (!items.empty() && name <= items.rbegin()->first) reader.damaged("its items are not in order");
    items.emplace_hint(items.end(), std::move(name), take_item(reader));
  }
  if (!reader.empty()) reader.damaged("bytes follow its last item");
  return items;
}

}    // namespace cgflow
