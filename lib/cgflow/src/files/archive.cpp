// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow/archive.h"

#include "cgflow/atomic_file.h"
#include "cgflow/error.h"

#include "files/archive_bytes.h"

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
