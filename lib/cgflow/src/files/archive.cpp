// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow/archive.h"

#include "cgflow/atomic_file.h"
#include "cgflow/error.h"

#include "base/text.h"
#include "files/archive_bytes.h"

#include <cmath>

namespace cgflow {

namespace {

std::string type_name(ArchiveItem::Type type)
{
  switch (type) {
  case ArchiveItem::Type::float64:
    return "float64";
  case ArchiveItem::Type::int64:
    return "int64";
  case ArchiveItem::Type::text:
    return "text";
  }
  return "unknown";
}

}    // namespace

Archive::Archive(std::string kind) : kind_(std::move(kind)), source_("a new " + kind_) {}

void Archive::put(const std::string &name, double value)
{
  items_[name] = {ArchiveItem::Type::float64, {}, {value}, {}, {}};
}

void Archive::put(const std::string &name, std::int64_t value)
{
  items_[name] = {ArchiveItem::Type::int64, {}, {}, {value}, {}};
}

void Archive::put(const std::string &name, const std::string &text)
{
  items_[name] = {ArchiveItem::Type::text, {static_cast<std::int64_t>(text.size())}, {}, {}, text};
}

void Archive::put(const std::string &name, const std::vector<double> &values, std::vector<std::int64_t> shape)
{
  if (shape.empty()) shape = {static_cast<std::int64_t>(values.size())};
  const auto count = archive_count(shape);
  if (!count || *count != values.size())
    throw ShapeError("archive item '" + name + "': got " + std::to_string(values.size()) + " values for the shape " +
                     archive_shape_text(shape));
  items_[name] = {ArchiveItem::Type::float64, std::move(shape), values, {}, {}};
}

void Archive::put(const std::string &name, const std::vector<std::int64_t> &values)
{
  items_[name] = {ArchiveItem::Type::int64, {static_cast<std::int64_t>(values.size())}, {}, values, {}};
}

bool Archive::has(const std::string &name) const { return items_.count(name) > 0; }

const ArchiveItem &Archive::item(const std::string &name, ArchiveItem::Type type) const
{
  const auto found = items_.find(name);
  if (found == items_.end()) throw ModelError(source_ + ": item '" + name + "' is missing, expected " + type_name(type));
  if (found->second.type != type)
    throw ModelError(source_ + ": item '" + name + "' is " + type_name(found->second.type) + ", expected " +
                     type_name(type));
  return found->second;
}

namespace {

void require_scalar(const ArchiveItem &item, const std::string &name, const std::string &source)
{
  if (!item.shape.empty())
    throw ModelError(source + ": item '" + name + "' has the shape " + archive_shape_text(item.shape) +
                     ", expected a single number");
}

}    // namespace

double Archive::number(const std::string &name) const
{
  const ArchiveItem &found = item(name, ArchiveItem::Type::float64);
  require_scalar(found, name, source_);
  return found.numbers[0];
}

std::int64_t Archive::integer(const std::string &name) const
{
  const ArchiveItem &found = item(name, ArchiveItem::Type::int64);
  require_scalar(found, name, source_);
  return found.integers[0];
}

const std::string &Archive::text(const std::string &name) const { return item(name, ArchiveItem::Type::text).text; }

const std::vector<double> &Archive::numbers(const std::string &name) const
{
  return item(name, ArchiveItem::Type::float64).numbers;
}

const std::vector<std::int64_t> &Archive::integers(const std::string &name) const
{
  return item(name, ArchiveItem::Type::int64).integers;
}

const std::vector<std::int64_t> &Archive::shape(const std::string &name) const
{
  const auto found = items_.find(name);
  if (found == items_.end()) throw ModelError(source_ + ": item '" + name + "' is missing");
  return found->second.shape;
}

void Archive::refuse(const std::string &name, const std::string &text) const
{
  throw ModelError(source_ + ": item '" + name + "': " + text);
}

namespace {

std::string limits(const std::string &lo, const std::string &hi) { return lo + " to " + hi; }

std::string allowed_shape(const std::vector<std::int64_t> &shape)
{
  std::vector<std::string> words;
  for (const std::int64_t n : shape) words.push_back(n < 0 ? "any" : std::to_string(n));
  return "[" + join(words) + "]";
}

// Written so that a NaN is outside.
bool inside(double value, double lo, double hi) { return value >= lo && value <= hi && std::isfinite(value); }

}    // namespace

std::int64_t Archive::integer(const std::string &name, std::int64_t lo, std::int64_t hi) const
{
  const std::int64_t value = integer(name);
  if (value < lo || value > hi)
    refuse(name, "got " + std::to_string(value) + ", expected " + limits(std::to_string(lo), std::to_string(hi)));
  return value;
}

bool Archive::flag(const std::string &name) const { return integer(name, 0, 1) == 1; }

const std::string &Archive::plain_text(const std::string &name) const
{
  const std::string &value = text(name);
  if (const std::size_t length = utf8_length(value); length < value.size())
    refuse(name, "byte " + std::to_string(length + 1) + " is no UTF-8 character, expected text");
  return value;
}

double Archive::number(const std::string &name, double lo, double hi) const
{
  const double value = number(name);
  if (!inside(value, lo, hi))
    refuse(name,
           "got " + formatted("%g", value) + ", expected a number from " + limits(format_number(lo), format_number(hi)));
  return value;
}

const std::vector<double> &Archive::numbers(const std::string &name, const std::vector<std::int64_t> &expected_shape,
                                            double lo, double hi) const
{
  const std::vector<double> &values = numbers(name);
  const std::vector<std::int64_t> &got = shape(name);
  bool fits = got.size() == expected_shape.size();
  for (std::size_t k = 0; fits && k < got.size(); ++k) fits = expected_shape[k] < 0 || got[k] == expected_shape[k];
  if (!fits) refuse(name, "got the shape " + archive_shape_text(got) + ", expected " + allowed_shape(expected_shape));
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!inside(values[i], lo, hi))
      refuse(name, "number " + std::to_string(i + 1) + " is " + formatted("%g", values[i]) +
                       ", expected a finite number from " + limits(format_number(lo), format_number(hi)));
  return values;
}

const std::vector<std::int64_t> &Archive::integers(const std::string &name, std::int64_t count, std::int64_t lo,
                                                   std::int64_t hi) const
{
  const std::vector<std::int64_t> &values = integers(name);
  if (shape(name).size() != 1 || (count >= 0 && static_cast<std::int64_t>(values.size()) != count))
    refuse(name, "got the shape " + archive_shape_text(shape(name)) + ", expected " + allowed_shape({count}));
  for (std::size_t i = 0; i < values.size(); ++i)
    if (values[i] < lo || values[i] > hi)
      refuse(name, "number " + std::to_string(i + 1) + " is " + std::to_string(values[i]) + ", expected " +
                       limits(std::to_string(lo), std::to_string(hi)));
  return values;
}

std::vector<std::string> Archive::names(const std::string &prefix) const
{
  std::vector<std::string> names;
  for (auto it = items_.lower_bound(prefix); it != items_.end() && it->first.starts_with(prefix); ++it)
    names.push_back(it->first);
  return names;
}

std::string Archive::to_bytes() const { return archive_to_bytes(kind_, items_); }

void Archive::write(const std::string &path) const { write_file(path, to_bytes()); }

Archive Archive::read(const std::string &path, const std::string &kind) { return from_bytes(read_file(path), kind, path); }

Archive Archive::from_bytes(const std::string &bytes, const std::string &kind, const std::string &source)
{
  Archive archive(kind);
  archive.source_ = source;
  archive.items_ = archive_from_bytes(bytes, kind, source);
  return archive;
}

}    // namespace cgflow
