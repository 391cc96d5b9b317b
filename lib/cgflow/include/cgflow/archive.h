// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_ARCHIVE_H
#define CGFLOW_ARCHIVE_H

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace cgflow {

/// A named array of float64 or int64 values, or text.
struct ArchiveItem {
  enum class Type : std::uint8_t { float64 = 1, int64 = 2, text = 3 };
  Type type = Type::float64;
  std::vector<std::int64_t> shape;    ///< empty: a scalar; text: {length}
  std::vector<double> numbers;
  std::vector<std::int64_t> integers;
  std::string text;
};

/// Named arrays in one binary file, for models and states. The file has a magic word, kind, format version, length and
/// checksum, so that a truncated, damaged or foreign file is refused before anything of it is used. Its layout is in
/// src/files/archive_bytes.h.
class Archive {
 public:
  /// `kind` is "model" or "state".
  explicit Archive(std::string kind);

  void put(const std::string &name, double value);
  void put(const std::string &name, std::int64_t value);
  void put(const std::string &name, const std::string &text);
  void put(const std::string &name, const std::vector<double> &values, std::vector<std::int64_t> shape = {});
  void put(const std::string &name, const std::vector<std::int64_t> &values);

  bool has(const std::string &name) const;
  /// The values of an item. Throw ModelError naming the file and the item when it is missing or of another type.
  double number(const std::string &name) const;
  std::int64_t integer(const std::string &name) const;
  const std::string &text(const std::string &name) const;
  const std::vector<double> &numbers(const std::string &name) const;
  const std::vector<std::int64_t> &integers(const std::string &name) const;
  const std::vector<std::int64_t> &shape(const std::string &name) const;

  /// The same for items of a known form. A right checksum does not make right numbers, so readers of models and states take all
  /// numbers by these. Throw ModelError naming the file, the item, what it holds and what is allowed. Numbers are finite.
  std::int64_t integer(const std::string &name, std::int64_t lo, std::int64_t hi) const;
  bool flag(const std::string &name) const;
  /// UTF-8 without control characters.
  const std::string &plain_text(const std::string &name) const;
  double number(const std::string &name, double lo, double hi) const;
  /// -1 in a shape stands for any number of rows.
  const std::vector<double> &numbers(const std::string &name, const std::vector<std::int64_t> &expected_shape, double lo,
                                     double hi) const;
  /// `count` values (-1: any number).
  const std::vector<std::int64_t> &integers(const std::string &name, std::int64_t count, std::int64_t lo,
                                            std::int64_t hi) const;
  /// Throws ModelError "FILE: item 'NAME': TEXT".
  [[noreturn]] void refuse(const std::string &name, const std::string &text) const;
  /// The file, for messages.
  const std::string &source() const { return source_; }

  /// The largest count of evaluations, sweeps or steps in a file: sums of several do not overflow, and it is exact in a double.
  static constexpr std::int64_t kMostCount = 1'000'000'000'000'000;
  /// No energy in kT, weight or coordinate in a file is larger: products and squares do not overflow.
  static constexpr double kMostNumber = 1e30;

  /// Names that begin with `prefix`, in alphabetical order.
  std::vector<std::string> names(const std::string &prefix = "") const;

  /// The bytes of the file. Equal items give equal bytes.
  std::string to_bytes() const;
  /// Writes the file whole or not at all. Throws FileError.
  void write(const std::string &path) const;
  /// Throws FileError naming the path when the file does not exist, is not a cgflow file, has another kind or version,
  /// is truncated or damaged.
  static Archive read(const std::string &path, const std::string &kind);
  static Archive from_bytes(const std::string &bytes, const std::string &kind, const std::string &source);

  static constexpr std::int64_t kFormatVersion = 1;

 private:
  const ArchiveItem &item(const std::string &name, ArchiveItem::Type type) const;
  std::string kind_;
  std::string source_;
  std::map<std::string, ArchiveItem> items_;
};

}    // namespace cgflow

#endif
