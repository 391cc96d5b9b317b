// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow/pmf_file.h"

#include "base/grid_points.h"
#include "cgflow/atomic_file.h"
#include "cgflow/error.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace cgflow {

namespace {
// 13 digits give a relative error below 1e-12 and avoid texts such as 0.30000000000000004.
std::string number(double x)
{
  char text[40];
  const auto end = std::to_chars(text, text + sizeof text, x, std::chars_format::general, 13);
  return std::string(text, end.ptr);
}

std::string header_text(const PmfSurface &surface, const PmfHeader &h)
{
  const EvaluationCounts &e = h.evaluations;
  const auto count = [](const char *name, std::int64_t n) { return std::string(" ") + name + " " + std::to_string(n); };
  std::string text = "# kT " + number(h.kT) + " units " + h.units + " T " + number(h.T) + " domain " + h.domain + "\n";
  text += "# evaluations" + count("md", e.md) + count("example", e.example) + count("energy", e.energy) +
          count("test", e.test) + count("labels", e.labels) + count("total", e.total()) + "\n";
  text += "# status " + std::to_string(static_cast<int>(h.status)) + "\n#";
  for (const CgVariable &v : surface.space().variables()) text += " " + v.name;
  return text + " " + energy_title("F", h.units) + " " + energy_title("std", h.units) + " known\n";
}
}    // namespace

std::string energy_title(const std::string &name, const std::string &units)
{
  static const std::pair<const char *, const char *> kUnits[] = {
      {"real", "kcal/mol"}, {"metal", "eV"}, {"lj", "epsilon"},         {"electron", "Hartree"},
      {"si", "J"},          {"cgs", "erg"},  {"micro", "pg*um^2/us^2"}, {"nano", "ag*nm^2/ns^2"},
  };
  for (const auto &[style, unit] : kUnits)
    if (units == style) return name + "[" + unit + "]";
  return name;
}

namespace {
// The values of each axis, both ends included.
std::vector<std::vector<double>> axis_values(const std::vector<PmfAxis> &axes)
{
  std::vector<std::vector<double>> values;
  for (const PmfAxis &axis : axes) {
    values.emplace_back();
    for (int j = 0; j < axis.points - 1; ++j) values.back().push_back(axis.lo + j * (axis.hi - axis.lo) / (axis.points - 1));
    values.back().push_back(axis.hi);
  }
  return values;
}

void check_axes(const std::string &path, const CgSpace &space, const std::vector<PmfAxis> &axes)
{
  if (static_cast<int>(axes.size()) != space.n_cv())
    throw FileError("PMF file '" + path + "': got " + std::to_string(axes.size()) + " numbers of grid points, expected " +
                    std::to_string(space.n_cv()));
  for (int k = 0; k < space.n_cv(); ++k) {
    if (axes[k].points < 2)
      throw FileError("PMF file '" + path + "': got " + std::to_string(axes[k].points) + " grid points of '" +
                      space[k].name + "', expected at least 2");
    if (!(axes[k].lo < axes[k].hi))
      throw FileError("PMF file '" + path + "': got a grid of '" + space[k].name + "' from " + number(axes[k].lo) + " to " +
                      number(axes[k].hi) + ", expected lo < hi");
  }
}
}    // namespace

void write_pmf(const std::string &path, const PmfSurface &surface, const PmfHeader &header, const std::vector<int> &points)
{
  std::vector<PmfAxis> axes;
  for (std::size_t k = 0; k < points.size(); ++k) {
    // A wrong number of dimensions is refused by write_pmf_on_grid().
    const bool known = static_cast<int>(k) < surface.space().n_cv();
    axes.push_back({points[k], known ? surface.space()[k].lo : 0.0, known ? surface.space()[k].hi : 1.0});
  }
  write_pmf_on_grid(path, surface, header, axes);
}

void write_pmf_on_grid(const std::string &path, const PmfSurface &surface, const PmfHeader &header,
                       const std::vector<PmfAxis> &axes)
{
  check_axes(path, surface.space(), axes);
  const int d = surface.space().n_cv();
  const std::vector<std::vector<double>> values = axis_values(axes);
  const std::vector<double> s = grid_rows(values);
  const std::size_t n = s.size() / d;
  std::vector<double> f(n), std(n);
  surface.evaluate_grid(values, f.data(), std.data());
  const double lowest = *std::min_element(f.begin(), f.end());
  std::string text = header_text(surface, header);
  const std::size_t block = n / axes[0].points;
  for (std::size_t i = 0; i < n; ++i) {
    if (d > 1 && i > 0 && i % block == 0) text += "\n";
    for (int k = 0; k < d; ++k) text += number(s[i * d + k]) + " ";
    const bool known = std[i] <= header.threshold * header.kT;
    text += number(f[i] - lowest) + " " + number(std[i]) + (known ? " 1\n" : " 0\n");
  }
  write_file(path, text);
}

namespace {
struct Row {
  int line;
  std::vector<double> values;
};

std::vector<std::string> split(const std::string &line)
{
  std::vector<std::string> words;
  std::size_t i = 0;
  while (i < line.size()) {
    const std::size_t begin = line.find_first_not_of(" \t\r", i);
    if (begin == std::string::npos) break;
    const std::size_t end = std::min(line.find_first_of(" \t\r", begin), line.size());
    words.push_back(line.substr(begin, end - begin));
    i = end;
  }
  return words;
}

template <class T> bool read_number(const std::string &word, T &value)
{
  const char *begin = word.data() + (word.size() > 1 && word[0] == '+');
  const auto [end, error] = std::from_chars(begin, word.data() + word.size(), value);
  return error == std::errc() && end == word.data() + word.size();
}

[[noreturn]] void fail_at(const std::string &path, int line, const std::string &what)
{
  throw FileError("PMF file '" + path + "'" + (line > 0 ? ", line " + std::to_string(line) : "") + ": " + what);
}

// Calls comment(line, number) or row(words, number) for each line that is not empty.
template <class OnComment, class OnRow> void for_each_line(const std::string &text, OnComment &&comment, OnRow &&row)
{
  std::size_t begin = 0;
  for (int number = 1; begin < text.size(); ++number) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string line = text.substr(begin, end - begin);
    begin = end + 1;
    const std::vector<std::string> words = split(line);
    if (words.empty()) continue;
    if (words[0][0] == '#')
      comment(line, number);
    else
      row(words, number);
  }
}

// Numbers in as many columns as in the first row, if there is one yet. check(i, word, x) sees each of them.
template <class Check>
Row read_row(const std::string &path, const std::vector<std::string> &words, int number, const Row *first, Check &&check)
{
  if (first && first->values.size() != words.size())
    fail_at(path, number,
            "got " + std::to_string(words.size()) + " columns, expected " + std::to_string(first->values.size()) +
                " as in line " + std::to_string(first->line));
  Row row{number, std::vector<double>(words.size())};
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (!read_number(words[i], row.values[i]))
      fail_at(path, number, "got '" + words[i] + "' in column " + std::to_string(i + 1) + ", expected a number");
    check(i, words[i], row.values[i]);
  }
  return row;
}

class Reader {
 public:
  Reader(const std::string &path, const CgSpace &space) : path_(path), space_(space) { parse(read_file(path)); }
  PmfFile finish();

 private:
  [[noreturn]] void fail(int line, const std::string &what) const { fail_at(path_, line, what); }
  void parse(const std::string &text);
  void parse_comment(const std::string &line, int number);
  void parse_row(const std::vector<std::string> &words, int number);
  int points_along(int k, std::size_t stride) const;
  void check_grid(const std::vector<int> &points) const;
  std::vector<int> drop_repeated_ends(std::vector<int> points, std::vector<double> &f, std::vector<double> &std) const;

  std::string path_;
  const CgSpace &space_;
  PmfHeader header_;
  std::vector<Row> rows_;
};

void Reader::parse(const std::string &text)
{
  for_each_line(
      text, [&](const std::string &line, int number) { parse_comment(line, number); },
      [&](const std::vector<std::string> &words, int number) { parse_row(words, number); });
}

void Reader::parse_comment(const std::string &line, int number)
{
  const std::vector<std::string> w = split(line);
  if (w.size() < 2) return;
  if (w[1] == "kT") {
    if (w.size() < 9 || w[3] != "units" || w[5] != "T" || w[7] != "domain" || !read_number(w[2], header_.kT) ||
        !read_number(w[6], header_.T) || !(header_.kT > 0.0))
      fail(number, "got '" + line + "', expected '# kT V units U T V domain D' with kT > 0");
    header_.units = w[4];
    header_.domain = w[8];
    for (std::size_t i = 9; i < w.size(); ++i) header_.domain += " " + w[i];
  } else if (w[1] == "evaluations") {
    EvaluationCounts &e = header_.evaluations;
    std::int64_t total = 0;
    const std::pair<const char *, std::int64_t *> parts[] = {{"md", &e.md},         {"example", &e.example},
                                                             {"energy", &e.energy}, {"test", &e.test},
                                                             {"labels", &e.labels}, {"total", &total}};
    bool good = w.size() == 14;
    for (std::size_t i = 0; good && i < 6; ++i)
      good = w[2 + 2 * i] == parts[i].first && read_number(w[3 + 2 * i], *parts[i].second);
    if (!good || total != e.total())
      fail(number, "got '" + line +
                       "', expected '# evaluations md N example N energy N test N labels N total N' "
                       "with integers and their sum");
  } else if (w[1] == "status") {
    std::int64_t value = 0;
    const auto status = w.size() == 3 && read_number(w[2], value) ? learning_status(value) : std::nullopt;
    if (!status) fail(number, "got '" + line + "', expected '# status N' with N from 0 to 3");
    header_.status = *status;
  }
}

void Reader::parse_row(const std::vector<std::string> &words, int number)
{
  const std::size_t d = space_.n_cv();
  if (words.size() < d + 1 || words.size() > d + 3)
    fail(number, "got " + std::to_string(words.size()) + " columns, expected " + std::to_string(d + 1) + " to " +
                     std::to_string(d + 3) + " (CG variables, F and if wanted std, known)");
  rows_.push_back(read_row(path_, words, number, rows_.empty() ? nullptr : &rows_.front(),
                           [&](std::size_t i, const std::string &word, double x) {
                             const bool is_std = i == d + 1;
                             if (is_std ? !(x >= 0.0) : !std::isfinite(x))
                               fail(number, "got '" + word + "' in column " + std::to_string(i + 1) + ", expected " +
                                                (is_std ? "a std >= 0 or inf" : "a finite number"));
                             if (i == d + 2 && x != 0.0 && x != 1.0)
                               fail(number, "got '" + word + "' in column known, expected 0 or 1");
                           }));
}

// The number of rows, in steps of `stride` from the first row on, over which variable k increases.
int Reader::points_along(int k, std::size_t stride) const
{
  int count = 1;
  for (std::size_t i = stride; i < rows_.size(); i += stride, ++count)
    if (!(rows_[i].values[k] > rows_[i - stride].values[k])) break;
  return count;
}

void Reader::check_grid(const std::vector<int> &points) const
{
  const int d = space_.n_cv();
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    std::size_t rest = i;
    for (int k = d - 1; k >= 0; --k) {
      const CgVariable &v = space_[k];
      const int j = static_cast<int>(rest % points[k]);
      rest /= points[k];
      // A periodic dimension whose end is left out stops one spacing before it.
      const double last = rows_.back().values[k];
      const bool closed = !v.periodic || std::abs(last - v.hi) < 0.5 * v.width() / points[k];
      const double expected = v.lo + j * v.width() / (closed ? points[k] - 1 : points[k]);
      const double got = rows_[i].values[k];
      if (std::abs(got - expected) > 1e-5 * v.width())
        fail(rows_[i].line, "got " + v.name + " = " + number(got) + ", expected " + number(expected) +
                                ": a regular grid of " + std::to_string(points[k]) + " points over [" + number(v.lo) + ", " +
                                number(v.hi) + "], the last variable fastest");
    }
  }
}

std::vector<int> Reader::drop_repeated_ends(std::vector<int> points, std::vector<double> &f, std::vector<double> &std) const
{
  const int d = space_.n_cv();
  for (int k = 0; k < d; ++k) {
    const CgVariable &v = space_[k];
    if (!v.periodic || std::abs(rows_.back().values[k] - v.hi) > 1e-5 * v.width()) continue;
    std::size_t inner = 1;
    for (int j = k + 1; j < d; ++j) inner *= points[j];
    const std::size_t outer = f.size() / inner / points[k];
    std::vector<double> kept_f, kept_std;
    for (std::size_t o = 0; o < outer; ++o)
      for (std::size_t i = 0; i < points[k] * inner; ++i) {
        const std::size_t at = o * points[k] * inner + i;
        if (i < (points[k] - 1) * inner) {
          kept_f.push_back(f[at]);
          kept_std.push_back(std[at]);
        } else if (const double first = f[at - (points[k] - 1) * inner];
                   std::abs(f[at] - first) > 1e-6 * (1.0 + std::abs(first)))
          fail(0, "got F = " + number(f[at]) + " at the upper end of the periodic variable " + v.name + ", expected " +
                      number(first) + " as at its lower end");
      }
    f = std::move(kept_f);
    std = std::move(kept_std);
    --points[k];
  }
  return points;
}

PmfFile Reader::finish()
{
  const int d = space_.n_cv();
  if (d > 3) fail(0, "got " + std::to_string(d) + " CG variables, expected at most 3");
  if (rows_.empty()) fail(0, "got no rows, expected a table of CG variables and F");
  std::vector<int> points(d);
  std::size_t total = 1;
  for (int k = d - 1; k >= 0; --k) {
    points[k] = points_along(k, total);
    total *= points[k];
    if (points[k] < 4)
      fail(rows_.front().line, "got a grid of " + std::to_string(points[k]) + " points of " + space_[k].name +
                                   ", expected at least 4, sorted upwards");
  }
  if (total != rows_.size()) {
    const Row &row = rows_[std::min(total, rows_.size() - 1)];
    fail(row.line, "got " + std::to_string(rows_.size()) + " rows, expected " + std::to_string(total) +
                       " as the rows before this line make a grid of that size, sorted upwards, the last variable fastest");
  }
  check_grid(points);
  std::vector<double> f, std;
  for (const Row &row : rows_) {
    f.push_back(row.values[d]);
    std.push_back(row.values.size() > static_cast<std::size_t>(d) + 1 ? row.values[d + 1] : 0.0);
  }
  points = drop_repeated_ends(points, f, std);
  for (int k = 0; k < d; ++k)
    if (points[k] < 4)
      fail(0, "got " + std::to_string(points[k]) + " different points of " + space_[k].name + ", expected at least 4");
  return {header_, std::make_unique<PmfTable>(space_, header_.kT, points, std::move(f), std::move(std))};
}
}    // namespace

int pmf_variables(const std::string &path)
{
  const std::string text = read_file(path);
  const auto fail = [&](int line, const std::string &what) { fail_at(path, line, what); };
  if (const auto zero = text.find('\0'); zero != std::string::npos)
    fail(1 + static_cast<int>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(zero), '\n')),
         "got a zero byte, expected a text file");
  std::vector<Row> rows;    // the first two
  int n_rows = 0;
  const auto on_row = [&](const std::vector<std::string> &words, int number) {
    Row row = read_row(path, words, number, rows.empty() ? nullptr : &rows.front(),
                       [&](std::size_t i, const std::string &word, double x) {
                         if (std::isnan(x))
                           fail(number, "got '" + word + "' in column " + std::to_string(i + 1) + ", expected a number");
                       });
    if (++n_rows <= 2) rows.push_back(std::move(row));
  };
  for_each_line(
      text, [](const std::string &, int) {}, on_row);
  if (n_rows < 2)
    fail(0, "got " + std::to_string(n_rows) + " lines of numbers, expected at least two of a grid over the CG variables");
  // The last variable is the fastest: it is the first column in which the first two rows differ.
  const std::vector<double> &a = rows[0].values, &b = rows[1].values;
  const auto different = std::mismatch(a.begin(), a.end(), b.begin()).first;
  if (different == a.end())
    fail(rows[1].line, "got the numbers of line " + std::to_string(rows[0].line) +
                           " again, expected the next point of a grid over the CG variables");
  return static_cast<int>(different - a.begin()) + 1;
}

PmfFile read_pmf(const std::string &path, const CgSpace &space) { return Reader(path, space).finish(); }

}    // namespace cgflow
