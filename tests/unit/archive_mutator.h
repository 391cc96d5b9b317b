// SPDX-License-Identifier: GPL-2.0-only
// Changes the items of an archive at random, so that its bytes are a file with a right length and checksum.
#ifndef CGFLOW_TESTS_ARCHIVE_MUTATOR_H
#define CGFLOW_TESTS_ARCHIVE_MUTATOR_H

#include "files/archive_bytes.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace cgflow::tests {

using Items = std::map<std::string, ArchiveItem>;

class ArchiveMutator {
 public:
  /// `bases` are the items of good files. A mutant may take items of another one.
  ArchiveMutator(std::vector<Items> bases, unsigned long seed) : bases_(std::move(bases)), random_(seed) {}

  struct Mutant {
    Items items;
    std::string changes;    // for messages
    std::size_t base = 0;
  };

  Mutant next()
  {
    Mutant mutant;
    mutant.base = below(bases_.size());
    mutant.items = bases_[mutant.base];
    for (std::size_t n = below(3) == 0 ? 1 + below(5) : 1; n > 0 && !mutant.items.empty(); --n) change(mutant);
    return mutant;
  }

 private:
  using Type = ArchiveItem::Type;

  std::size_t below(std::size_t n) { return n == 0 ? 0 : random_() % n; }
  template <class T> const T &any(const std::vector<T> &from) { return from[below(from.size())]; }

  // Half of the changes go to the few items that decide about sizes and states; the flow has most of the items.
  std::string any_name(const Items &items)
  {
    std::vector<std::string> names, small;
    for (const auto &[name, item] : items) {
      names.push_back(name);
      if (!name.starts_with("flow/layer")) small.push_back(name);
    }
    return below(4) == 0 || small.empty() ? any(names) : any(small);
  }

  double odd_number()
  {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    static const std::vector<double> all{std::nan(""), -std::nan(""), infinity, -infinity, 1e308, -1e308, 1e300,
                                         -1e300,       1e200,         1e154,    1e100,     1e31,  1e30,   -1e30,
                                         1e20,         1e15,          1e6,      1000.0,    2.0,   1.0,    0.0,
                                         -0.0,         -1.0,          -2.5,     1e-5,      1e-30, 1e-200, 1e-300,
                                         2.3e-308,     5e-324,        -5e-324,  1.79e308,  0.5,   1e9,    4294967296.0};
    return any(all);
  }
  std::int64_t odd_integer()
  {
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
    static const std::vector<std::int64_t> all{-1,
                                               0,
                                               1,
                                               2,
                                               3,
                                               4,
                                               5,
                                               6,
                                               7,
                                               10,
                                               21,
                                               22,
                                               100,
                                               1000,
                                               100000,
                                               -2,
                                               -5,
                                               1 << 30,
                                               2147483647,
                                               2147483648,
                                               -2147483648LL,
                                               4294967295,
                                               4294967296,
                                               std::int64_t{1} << 53,
                                               std::int64_t{1} << 62,
                                               most,
                                               most - 1,
                                               -most,
                                               -most - 1,
                                               1000000000000000,
                                               1000000000000001};
    return any(all);
  }
  std::size_t odd_size(std::size_t n)
  {
    switch (below(9)) {
    case 0:
      return 0;
    case 1:
      return 1;
    case 2:
      return n / 2;
    case 3:
      return n + 1;
    case 4:
      return 2 * n;
    case 5:
      return n + 3;
    case 6:
      return below(1000);
    case 7:
      return below(100000);
    default:
      return n > 0 ? n - 1 : 2;
    }
  }

  static std::size_t size(const ArchiveItem &item)
  {
    return item.type == Type::float64 ? item.numbers.size()
           : item.type == Type::int64 ? item.integers.size()
                                      : item.text.size();
  }
  static void make_flat(ArchiveItem &item) { item.shape = {static_cast<std::int64_t>(size(item))}; }

  void change(Mutant &mutant)
  {
    Items &items = mutant.items;
    const std::string name = any_name(items);
    ArchiveItem &item = items.at(name);
    std::string &said = mutant.changes;
    if (below(12) == 0) return change_together(mutant);
    switch (below(10)) {
    case 0:
      said += "drop " + name + "; ";
      items.erase(name);
      break;
    case 1: {
      const std::string to =
          below(2) == 0 ? any_name(bases_[below(bases_.size())]) : name + any<std::string>({"x", "\xff", "/", "", "\n"});
      const bool rename = below(2) == 0;
      said += (rename ? "rename " : "copy ") + name + " to " + to + "; ";
      const ArchiveItem moved = item;
      if (rename) items.erase(name);
      items[to] = moved;
      break;
    }
    case 2:
      said += "type of " + name + "; ";
      retype(item);
      break;
    case 3:
      said += "shape of " + name + "; ";
      reshape(item);
      break;
    case 4: {
      const std::size_t n = odd_size(size(item));
      said += "size of " + name + " " + std::to_string(size(item)) + " to " + std::to_string(n) + "; ";
      resize(item, n);
      break;
    }
    case 5: {
      const Items &other = bases_[below(bases_.size())];
      const auto found = other.find(below(2) == 0 ? name : any_name(other));
      if (found == other.end()) break;
      said += "content of " + found->first + " for " + name + "; ";
      item = found->second;
      break;
    }
    default:
      said += "values of " + name + ": ";
      change_values(item, said);
      said += "; ";
    }
  }

  void retype(ArchiveItem &item)
  {
    const std::size_t n = std::min<std::size_t>(size(item), 1000);
    const bool scalar = item.shape.empty();
    ArchiveItem other;
    other.type = static_cast<Type>(1 + (static_cast<int>(item.type) + below(2)) % 3);
    if (other.type == Type::float64) other.numbers.assign(n, odd_number());
    if (other.type == Type::int64) other.integers.assign(n, odd_integer());
    if (other.type == Type::text) other.text.assign(n, 'a');
    make_flat(other);
    if (scalar && other.type != Type::text) other.shape.clear();
    item = other;
  }

  void reshape(ArchiveItem &item)
  {
    const auto n = static_cast<std::int64_t>(size(item));
    constexpr std::int64_t huge = std::int64_t{1} << 62;
    switch (below(9)) {
    case 0:
      item.shape = {n};
      break;
    case 1:
      item.shape = {n, 1};
      break;
    case 2:
      item.shape = {1, n};
      break;
    case 3:
      std::reverse(item.shape.begin(), item.shape.end());
      break;
    case 4:
      item.shape.assign(below(3) == 0 ? 100000 : 40, 1), item.shape.push_back(n);
      break;
    case 5:
      item.shape = {0, huge, huge}, item.numbers.clear(), item.integers.clear(), item.text.clear();
      break;
    case 6:
      item.shape = {huge, 4};
      break;
    case 7:
      item.shape = {-n};
      break;
    default:
      item.shape.clear(), item.numbers.resize(std::min<std::size_t>(item.numbers.size(), 1)),
          item.integers.resize(std::min<std::size_t>(item.integers.size(), 1));
    }
  }

  void resize(ArchiveItem &item, std::size_t n)
  {
    if (item.type == Type::text) {
      item.text.resize(n, "xyz{[\n:"[below(7)]);
    } else {
      const auto repeat = [&](auto &values, auto value) {
        const std::size_t old = values.size();
        values.resize(n, value);
        for (std::size_t i = old; old > 0 && i < n; ++i) values[i] = values[i % old];
      };
      if (item.type == Type::float64) repeat(item.numbers, odd_number());
      if (item.type == Type::int64) repeat(item.integers, odd_integer());
      // Sometimes the rows change and their width stays.
      const bool rows = item.shape.size() == 2 && item.shape[1] > 0 && n % item.shape[1] == 0;
      if (rows) {
        item.shape[0] = static_cast<std::int64_t>(n) / item.shape[1];
        return;
      }
    }
    make_flat(item);
  }

  void change_values(ArchiveItem &item, std::string &said)
  {
    if (item.type == Type::text) return change_text(item, said);
    const std::size_t n = size(item);
    if (n == 0) return;
    const auto each = [&](const auto &change_one) {
      const std::size_t how = below(4), first = below(n), count = how == 0 ? n : how == 1 ? 1 + below(n) : 1;
      for (std::size_t i = 0; i < count; ++i) change_one((first + i) % n);
    };
    if (item.type == Type::int64) {
      const std::int64_t value = odd_integer();
      const bool add = below(4) == 0;
      said += add ? "near ones" : std::to_string(value);
      each([&](std::size_t i) {
        // Unsigned, since it may overflow.
        const auto near = static_cast<std::uint64_t>(item.integers[i]) + below(5) - 2;
        item.integers[i] = add ? static_cast<std::int64_t>(near) : value;
      });
    } else {
      const double value = odd_number();
      const std::size_t how = below(6);
      said += how == 0 ? "scaled" : how == 1 ? "a bit" : std::to_string(value);
      each([&](std::size_t i) {
        double &x = item.numbers[i];
        if (how == 0)
          x *= value;
        else if (how == 1)
          x = std::bit_cast<double>(std::bit_cast<std::uint64_t>(x) ^ std::uint64_t{1} << below(64));
        else
          x = value;
      });
    }
    if (below(10) == 0 && n > 1) {
      said += " shuffled";
      std::shuffle(item.numbers.begin(), item.numbers.end(), random_);
      std::shuffle(item.integers.begin(), item.integers.end(), random_);
    }
  }

  void change_text(ArchiveItem &item, std::string &said)
  {
    std::string &text = item.text;
    const std::size_t at = below(text.size() + 1);
    switch (below(8)) {
    case 0:
      text.resize(at);
      break;
    case 1:
      text.insert(at, any<std::string>({"\xff", "\xc3", std::string(1, '\0'), "\xed\xa0\x80", "\x1b[31m", "\x85", "\r"}));
      break;
    case 2:
      text.erase(at, 1 + below(30));
      break;
    case 3:
      text = any<std::string>(
          {"", "real", "metal", "lj", "si", "micro", "cgs", "nonsense", std::string(100000, 'x'), "cg: []", "[", "a: b"});
      break;
    case 4: {
      const std::size_t line = text.find('\n', at);
      if (line != std::string::npos) text.erase(line, text.find('\n', line + 1) - line);
      break;
    }
    default:
      change_setting(text, said);
    }
    make_flat(item);
  }

  // Another value of a YAML key, in block or flow style.
  void change_setting(std::string &text, std::string &said)
  {
    std::vector<std::size_t> colons;
    for (std::size_t i = text.find(": "); i != std::string::npos; i = text.find(": ", i + 1)) colons.push_back(i + 2);
    if (colons.empty()) return;
    const std::size_t from = any(colons);
    std::size_t to = from, depth = 0;
    for (; to < text.size() && text[to] != '\n'; ++to) {
      if (text[to] == '[' || text[to] == '{') ++depth;
      if ((text[to] == ']' || text[to] == '}' || text[to] == ',') && depth == 0) break;
      if (text[to] == ']' || text[to] == '}') --depth;
    }
    static const std::vector<std::string> values{"0",
                                                 "1",
                                                 "2",
                                                 "3",
                                                 "7",
                                                 "-1",
                                                 "64",
                                                 "100",
                                                 "10000",
                                                 "100000",
                                                 "2147483647",
                                                 "2147483648",
                                                 "4e18",
                                                 "1e300",
                                                 "-1e300",
                                                 "1e-300",
                                                 "0.5",
                                                 "yes",
                                                 "no",
                                                 "[]",
                                                 "[1]",
                                                 "[8]",
                                                 "[4, 4, 4]",
                                                 "[100000, 100000]",
                                                 "[1000, 1000, 1000, 1000]",
                                                 "[2147483647, 2147483647]",
                                                 "[2147483647, 2147483647, 2147483647]",
                                                 "[-1e308, 1e308]",
                                                 "[0, 1e-320]",
                                                 "[-1e300, 1e300]",
                                                 "[0, 360]",
                                                 "mlp",
                                                 "fourier",
                                                 "residual",
                                                 "dense",
                                                 "float32",
                                                 "float64",
                                                 "filter",
                                                 "full",
                                                 "trans",
                                                 "random",
                                                 "squared",
                                                 "gamma",
                                                 "[affine]",
                                                 "[spline_coupling, spline_coupling, spline_coupling]",
                                                 "[rotor]",
                                                 "[shift]",
                                                 "[affine_coupling, affine]",
                                                 "grid",
                                                 "ucb",
                                                 "{x: 1}",
                                                 "{x: 1e300}",
                                                 "{z: 1}",
                                                 "{x1: 1, x2: -1}",
                                                 "[1, 2, 3, 4]",
                                                 "[5, 7, 9, 15]",
                                                 "[1, 1, 1, 1]",
                                                 "[2000000000, 1, 2, 3]",
                                                 "/dev/zero",
                                                 "mb",
                                                 "~"};
    const std::string &value = any(values);
    said += "'" + text.substr(from, std::min<std::size_t>(to - from, 40)) + "' to '" + value + "'";
    text.replace(from, to - from, value);
  }

  // Several items that stay consistent with each other.
  void change_together(Mutant &mutant)
  {
    Items &items = mutant.items;
    const auto has = [&](const char *name, Type type) { return items.count(name) && items.at(name).type == type; };
    switch (below(4)) {
    case 0:
      if (has("labels.s", Type::float64) && has("labels.numbers", Type::float64) && has("labels.integers", Type::int64)) {
        const std::int64_t rows = any<std::int64_t>({0, 1, 2, 3});
        mutant.changes += std::to_string(rows) + " labels; ";
        for (const char *name : {"labels.s", "labels.numbers"}) {
          ArchiveItem &item = items.at(name);
          if (item.shape.size() != 2 || item.shape[0] < rows) return;
          item.shape[0] = rows;
          item.numbers.resize(rows * item.shape[1]);
        }
        items.at("labels.integers").integers.resize(3 * rows);
        make_flat(items.at("labels.integers"));
      }
      break;
    case 1:
      if (has("molecule.mass", Type::float64) && has("molecule.configuration", Type::float64)) {
        const std::size_t n = any<std::size_t>({1, 2, 3, 4, 5, 50, 3000});
        mutant.changes += std::to_string(n) + " atoms; ";
        resize(items.at("molecule.mass"), n);
        resize(items.at("molecule.configuration"), 3 * n);
      }
      break;
    case 2:
      if (has("molecule.configuration", Type::float64)) {
        auto &x = items.at("molecule.configuration").numbers;
        const double value = odd_number();
        const std::size_t how = below(3);
        mutant.changes += "all coordinates; ";
        for (double &v : x) v = how == 0 ? 0.0 : how == 1 ? v * value : std::round(v);
      }
      break;
    default:
      if (has("molecule.bonds", Type::int64)) {
        auto &bonds = items.at("molecule.bonds").integers;
        mutant.changes += "bonds; ";
        std::vector<std::pair<std::int64_t, std::int64_t>> pairs;
        for (std::size_t i = 0; i + 1 < bonds.size(); i += 2) pairs.emplace_back(bonds[i], bonds[i + 1]);
        for (std::size_t n = 1 + below(4); n > 0; --n) {
          const auto a = static_cast<std::int64_t>(below(24)), b = static_cast<std::int64_t>(below(24));
          if (below(3) == 0 && !pairs.empty())
            pairs.erase(pairs.begin() + static_cast<std::ptrdiff_t>(below(pairs.size())));
          else if (a != b)
            pairs.emplace_back(std::min(a, b), std::max(a, b));
        }
        if (below(8) == 0) pairs.clear();
        if (below(8) == 0)
          for (int a = 0; a < 22; ++a)
            for (int b = a + 1; b < 22; ++b) pairs.emplace_back(a, b);
        std::sort(pairs.begin(), pairs.end());
        pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
        bonds.clear();
        for (const auto &[a, b] : pairs) bonds.push_back(a), bonds.push_back(b);
        make_flat(items.at("molecule.bonds"));
      }
    }
  }

  std::vector<Items> bases_;
  std::mt19937_64 random_;
};

}    // namespace cgflow::tests

#endif
