// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow/trajectory.h"

#include "cgflow/atomic_file.h"
#include "cgflow/error.h"

#include "base/text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <map>
#include <optional>
#include <sstream>

namespace cgflow {

namespace {

std::vector<std::string> split(const std::string &line)
{
  std::istringstream stream(line);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

std::optional<double> to_number(const std::string &word)
{
  char *end = nullptr;
  const double value = std::strtod(word.c_str(), &end);
  if (word.empty() || *end != '\0') return std::nullopt;
  return value;
}

/// Lines of a text file with their numbers, for messages.
class LineReader {
 public:
  explicit LineReader(const std::string &path) : path_(path), stream_(read_file(path)) {}

  bool next(std::string &line)
  {
    if (!std::getline(stream_, line)) return false;
    if (!line.empty() && line.back() == '\r') line.pop_back();
    ++number_;
    if (line.find('\0') != std::string::npos) fail("got a zero byte, expected a text file");
    return true;
  }
  std::string need(const std::string &what)
  {
    std::string line;
    if (!next(line)) fail("the file ends where " + what + " is expected");
    return line;
  }
  std::int64_t need_integer(const std::string &what)
  {
    const std::string line = need(what);
    const auto value = to_number(line);
    if (!value || *value != std::floor(*value) || *value < 0 || *value > 1e15) fail("got '" + line + "', expected " + what);
    return static_cast<std::int64_t>(*value);
  }
  std::int64_t number() const { return number_; }
  [[noreturn]] void fail(const std::string &text) const { fail_at(number_, text); }
  [[noreturn]] void fail_at(std::int64_t number, const std::string &text) const
  {
    throw FileError(path_ + ", line " + std::to_string(number) + ": " + text);
  }

 private:
  std::string path_;
  std::istringstream stream_;
  std::int64_t number_ = 0;
};

struct Box {
  std::array<double, 3> lo{}, hi{};
  std::array<bool, 3> periodic{};
  bool triclinic = false;
};

struct Frame {
  std::int64_t step = 0;
  Box box;
  std::vector<std::string> columns;
  std::vector<std::vector<double>> rows;
  std::vector<std::vector<std::string>> words;    ///< of the rows, for messages
};

constexpr double kLargestId = 9e15;    // above it doubles cannot represent all integers

Box read_box(LineReader &reader, const std::string &head)
{
  Box box;
  box.triclinic = head.find("xy xz yz") != std::string::npos || head.find("abc") != std::string::npos;
  // ITEM: BOX BOUNDS [xy xz yz] pp ff ss; dumps of old versions lack the boundary types.
  const auto titles = split(head);
  for (int k = 0; k < 3 && titles.size() >= 6; ++k) box.periodic[k] = titles[titles.size() - 3 + k] == "pp";
  for (int k = 0; k < 3; ++k) {
    const std::string line = reader.need("the box bounds");
    const auto words = split(line);
    const auto lo = words.size() >= 2 ? to_number(words[0]) : std::nullopt;
    const auto hi = words.size() >= 2 ? to_number(words[1]) : std::nullopt;
    if (!lo || !hi) reader.fail("got '" + line + "', expected two box bounds");
    box.lo[k] = *lo;
    box.hi[k] = *hi;
  }
  return box;
}

// False at the end of the file.
bool read_frame(LineReader &reader, Frame &frame)
{
  std::string line;
  do
    if (!reader.next(line)) return false;
  while (split(line).empty());
  frame = Frame{};
  std::int64_t atoms = -1;
  bool has_step = false;
  for (;; line = reader.need("a line that begins with ITEM:")) {
    if (line.rfind("ITEM: TIMESTEP", 0) == 0) {
      frame.step = reader.need_integer("a timestep");
      has_step = true;
    } else if (line.rfind("ITEM: NUMBER OF ATOMS", 0) == 0) {
      atoms = reader.need_integer("a number of atoms");
    } else if (line.rfind("ITEM: UNITS", 0) == 0 || line.rfind("ITEM: TIME", 0) == 0) {
      reader.need("a value");
    } else if (line.rfind("ITEM: BOX BOUNDS", 0) == 0) {
      frame.box = read_box(reader, line);
    } else if (line.rfind("ITEM: ATOMS", 0) == 0) {
      frame.columns = split(line);
      frame.columns.erase(frame.columns.begin(), frame.columns.begin() + 2);
      break;
    } else {
      reader.fail("got '" + line.substr(0, 60) + "', expected an ITEM: line of a LAMMPS text dump");
    }
  }
  if (!has_step) reader.fail("got a frame without ITEM: TIMESTEP, expected one in each frame");
  if (atoms < 0) reader.fail("got a frame without ITEM: NUMBER OF ATOMS, expected one in each frame");
  for (std::int64_t i = 0; i < atoms; ++i) {
    auto words = split(reader.need("an atom"));
    if (words.size() != frame.columns.size())
      reader.fail("got " + std::to_string(words.size()) + " columns, expected " + std::to_string(frame.columns.size()));
    std::vector<double> row;
    // Columns such as element contain text. It becomes NaN, which is an error only where the column is used.
    for (const auto &word : words) row.push_back(to_number(word).value_or(std::nan("")));
    frame.rows.push_back(std::move(row));
    frame.words.push_back(std::move(words));
  }
  return true;
}

int column(const Frame &frame, const std::string &name)
{
  const auto found = std::find(frame.columns.begin(), frame.columns.end(), name);
  return found == frame.columns.end() ? -1 : static_cast<int>(found - frame.columns.begin());
}

std::string join(const std::vector<std::string> &words)
{
  std::string text;
  for (const auto &word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

/// The columns of a frame that give positions.
struct PositionColumns {
  std::array<int, 3> x{}, image{};
  bool scaled = false, has_image = false;
};

PositionColumns find_positions(const Frame &frame, const LineReader &reader)
{
  PositionColumns found;
  for (const std::string suffix : {"u", "", "su", "s"}) {
    found.x = {column(frame, "x" + suffix), column(frame, "y" + suffix), column(frame, "z" + suffix)};
    if (found.x[0] < 0 || found.x[1] < 0 || found.x[2] < 0) continue;
    found.scaled = suffix == "su" || suffix == "s";
    found.image = {column(frame, "ix"), column(frame, "iy"), column(frame, "iz")};
    found.has_image = (suffix.empty() || suffix == "s") && found.image[0] >= 0 && found.image[1] >= 0 && found.image[2] >= 0;
    if (frame.box.triclinic && (found.scaled || found.has_image))
      reader.fail("the box is triclinic: write the dump with columns xu yu zu or x y z without images");
    return found;
  }
  reader.fail("got columns '" + join(frame.columns) + "', expected xu yu zu, x y z, xsu ysu zsu or xs ys zs");
}

std::vector<std::pair<std::int64_t, std::array<double, 3>>> positions_by_id(const Frame &frame, const LineReader &reader)
{
  const PositionColumns columns = find_positions(frame, reader);
  const int id = column(frame, "id");
  if (id < 0 && frame.rows.size() > 1) reader.fail("the dump has no column id, atoms cannot be told apart");
  std::vector<std::pair<std::int64_t, std::array<double, 3>>> atoms;
  // The atoms' lines are the last ones that were read.
  const auto fail = [&](std::size_t row, const std::string &text) {
    reader.fail_at(reader.number() - static_cast<std::int64_t>(frame.rows.size() - row) + 1, text);
  };
  for (const auto &row : frame.rows) {
    std::array<double, 3> x;
    for (int k = 0; k < 3; ++k) {
      const double length = frame.box.hi[k] - frame.box.lo[k];
      x[k] = row[columns.x[k]];
      if (columns.scaled) x[k] = frame.box.lo[k] + x[k] * length;
      if (columns.has_image) x[k] += row[columns.image[k]] * length;
      if (!std::isfinite(x[k]))
        fail(atoms.size(), "got '" + frame.words[atoms.size()][columns.x[k]] + "' as a position, expected a finite number");
    }
    if (id >= 0 && !(row[id] == std::floor(row[id]) && std::abs(row[id]) < kLargestId))
      fail(atoms.size(), "got the atom ID '" + frame.words[atoms.size()][id] + "', expected an integer");
    atoms.emplace_back(id < 0 ? 1 : static_cast<std::int64_t>(row[id]), x);
  }
  std::sort(atoms.begin(), atoms.end(), [](const auto &a, const auto &b) { return a.first < b.first; });
  return atoms;
}

}    // namespace

Trajectory read_dump(const std::string &path)
{
  LineReader reader(path);
  Trajectory trajectory;
  Frame frame;
  while (read_frame(reader, frame)) {
    const auto atoms = positions_by_id(frame, reader);
    std::vector<std::int64_t> ids;
    for (const auto &atom : atoms) ids.push_back(atom.first);
    if (std::adjacent_find(ids.begin(), ids.end()) != ids.end())
      reader.fail("atom ID " + std::to_string(*std::adjacent_find(ids.begin(), ids.end())) + " comes twice in timestep " +
                  std::to_string(frame.step));
    if (trajectory.steps.empty()) {
      trajectory.ids = ids;
      trajectory.n_atoms = static_cast<int>(ids.size());
    } else if (ids != trajectory.ids) {
      reader.fail("timestep " + std::to_string(frame.step) + " holds " + std::to_string(ids.size()) +
                  " atoms whose IDs differ from the first frame's " + std::to_string(trajectory.n_atoms));
    }
    trajectory.steps.push_back(frame.step);
    for (int k = 0; k < 3; ++k)
      trajectory.edges.push_back(frame.box.triclinic     ? std::nan("")
                                 : frame.box.periodic[k] ? frame.box.hi[k] - frame.box.lo[k]
                                                         : 0.0);
    for (const auto &atom : atoms) trajectory.x.insert(trajectory.x.end(), atom.second.begin(), atom.second.end());
  }
  if (trajectory.steps.empty()) throw FileError(path + ": got no frame, expected a LAMMPS text dump");
  return trajectory;
}

namespace {

void add_point(const CgSpace &space, std::vector<double> point, const LineReader &reader, std::vector<double> &points)
{
  std::string text, ranges;
  for (int k = 0; k < space.n_cv(); ++k) {
    text += " " + format_number(point[k]);
    ranges += (k ? ", " : "") + space[k].name + " from " + format_number(space[k].lo) + " to " + format_number(space[k].hi);
  }
  if (!std::all_of(point.begin(), point.end(), [](double value) { return std::isfinite(value); }))
    reader.fail("got the point" + text + ", expected finite numbers");
  if (!space.contains(point.data()))
    reader.fail("got the point" + text + ", which lies outside the ranges of the CG variables, expected " + ranges);
  space.wrap(point.data());
  points.insert(points.end(), point.begin(), point.end());
}

/// The column of a frame that contains one CG variable, and whether it is a fraction of the box.
struct WalkerColumn {
  int index = -1;
  bool scaled = false;
};

// Points are wrapped into the ranges later, so unwrapped columns are allowed too.
WalkerColumn find_walker_column(const Frame &frame, int k, const CgSpace &space, const LineReader &reader)
{
  const std::string name = k < 3 ? std::string(1, "xyz"[k]) : "d_cv" + std::to_string(k + 1);
  for (const std::string suffix : {"", "u", "s", "su"}) {
    if (k >= 3 && !suffix.empty()) break;
    const int index = column(frame, name + suffix);
    if (index >= 0) return {index, suffix.rfind('s', 0) == 0};
  }
  reader.fail("got columns '" + join(frame.columns) + "', expected " + name + " for the CG variable " + space[k].name);
}

std::vector<double> read_walkers(const std::string &path, const CgSpace &space)
{
  LineReader reader(path);
  std::vector<double> points;
  Frame frame;
  while (read_frame(reader, frame)) {
    std::vector<WalkerColumn> columns;
    for (int k = 0; k < space.n_cv(); ++k) columns.push_back(find_walker_column(frame, k, space, reader));
    for (const auto &row : frame.rows) {
      std::vector<double> point;
      for (int k = 0; k < space.n_cv(); ++k) {
        const double value = row[columns[k].index];
        point.push_back(columns[k].scaled ? frame.box.lo[k] + value * (frame.box.hi[k] - frame.box.lo[k]) : value);
      }
      add_point(space, std::move(point), reader, points);
    }
  }
  if (points.empty()) throw FileError(path + ": got no walker in any frame, expected at least one");
  return points;
}

}    // namespace

std::vector<double> read_points(const std::string &path, const CgSpace &space)
{
  LineReader reader(path);
  std::vector<double> points;
  std::string line;
  while (reader.next(line)) {
    if (line.rfind("ITEM:", 0) == 0) return read_walkers(path, space);
    const auto words = split(line.substr(0, line.find('#')));
    if (words.empty()) continue;
    if (static_cast<int>(words.size()) != space.n_cv())
      reader.fail("got " + std::to_string(words.size()) + " columns, expected " + std::to_string(space.n_cv()) +
                  ", one for each CG variable");
    std::vector<double> point;
    for (const auto &word : words) {
      const auto value = to_number(word);
      if (!value || !std::isfinite(*value)) reader.fail("got '" + word + "', expected a number");
      point.push_back(*value);
    }
    add_point(space, std::move(point), reader, points);
  }
  if (points.empty()) throw FileError(path + ": got no point, expected one point a line");
  return points;
}

}    // namespace cgflow
