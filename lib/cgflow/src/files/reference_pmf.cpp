// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow/reference_pmf.h"

#include "cgflow/error.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <sstream>

namespace cgflow {

namespace {

std::vector<double> numbers_of(std::string line, const std::string &where)
{
  std::replace(line.begin(), line.end(), ',', ' ');
  std::vector<double> values;
  std::istringstream words(line);
  for (std::string word; words >> word;) {
    std::size_t used = 0;
    double value = 0.0;
    try {
      value = std::stod(word, &used);
    } catch (const std::exception &) {
    }
    if (used != word.size() || !std::isfinite(value))
      throw FileError(where + ": got '" + word + "', expected a finite number");
    values.push_back(value);
  }
  return values;
}

// The least distance between two different values of a variable.
double cell_width(const std::vector<double> &centres, int n_cv, int k, double range)
{
  std::vector<double> values;
  for (std::size_t i = k; i < centres.size(); i += n_cv) values.push_back(centres[i]);
  std::sort(values.begin(), values.end());
  double width = range;
  for (std::size_t i = 1; i < values.size(); ++i)
    if (const double step = values[i] - values[i - 1]; step > 1e-6 * range) width = std::min(width, step);
  return width;
}

}    // namespace

ReferencePmf ReferencePmf::read(const std::string &path, const CgSpace &space)
{
  std::ifstream file(path);
  if (!file) throw FileError(path + ": cannot read the reference PMF");
  ReferencePmf pmf;
  pmf.n_cv_ = space.n_cv();
  const std::size_t d = space.n_cv();
  bool probabilities = true;
  int number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    line.resize(std::min(line.find('#'), line.size()));
    const std::string where = path + ", line " + std::to_string(number);
    const std::vector<double> row = numbers_of(line, where);
    if (row.empty()) continue;
    if (row.size() < d + 1)
      throw FileError(where + ": got " + std::to_string(row.size()) + " columns, expected " + std::to_string(d) +
                      " CG variables and F in kT, then perhaps its std and the probability");
    if (!space.contains(row.data())) throw FileError(where + ": the cell lies outside the ranges of the CG variables");
    pmf.centres_.insert(pmf.centres_.end(), row.begin(), row.begin() + d);
    pmf.f_.push_back(row[d]);
    probabilities = probabilities && row.size() > d + 2;
    pmf.p_.push_back(row.size() > d + 2 ? row[d + 2] : 0.0);
    if (pmf.p_.back() < 0.0) throw FileError(where + ": got a probability below 0");
  }
  if (pmf.f_.empty()) throw FileError(path + ": got no cell of a reference PMF, expected at least one");
  for (std::size_t k = 0; k < d; ++k) pmf.width_.push_back(cell_width(pmf.centres_, pmf.n_cv_, k, space[k].width()));
  const double lowest = *std::min_element(pmf.f_.begin(), pmf.f_.end());
  double sum = 0.0;
  for (std::size_t i = 0; i < pmf.f_.size(); ++i) {
    pmf.f_[i] -= lowest;
    if (!probabilities) pmf.p_[i] = std::exp(-pmf.f_[i]);
    sum += pmf.p_[i];
  }
  if (!(sum > 0.0)) throw FileError(path + ": all probabilities are 0");
  for (double &p : pmf.p_) p /= sum;
  return pmf;
}

ReferencePmf::Comparison ReferencePmf::compare(const PmfSurface &surface, double below) const
{
  const std::size_t cells = f_.size(), d = n_cv_;
  const int side = d <= 3 ? 3 : 1;
  std::size_t per_cell = 1;
  for (std::size_t k = 0; k < d; ++k) per_cell *= side;
  const CgSpace &space = surface.space();
  std::vector<double> s(cells * per_cell * d), f(cells * per_cell), q(cells, 0.0), mean(cells, 0.0);
  for (std::size_t i = 0; i < cells; ++i)
    for (std::size_t j = 0; j < per_cell; ++j) {
      double *point = &s[(i * per_cell + j) * d];
      std::size_t rest = j;
      for (std::size_t k = 0; k < d; ++k, rest /= side) {
        point[k] = centres_[i * d + k] + width_[k] * ((rest % side + 0.5) / side - 0.5);
        if (!space[k].periodic) point[k] = std::clamp(point[k], space[k].lo, space[k].hi);
      }
      space.wrap(point);
    }
  surface.evaluate(static_cast<int>(f.size()), s.data(), f.data(), nullptr, nullptr);
  const double kT = surface.kT() > 0.0 ? surface.kT() : 1.0;
  const double lowest = *std::min_element(f.begin(), f.end());
  double sum = 0.0;
  for (std::size_t i = 0; i < cells; ++i) {
    for (std::size_t j = 0; j < per_cell; ++j) q[i] += std::exp(-(f[i * per_cell + j] - lowest) / kT);
    sum += q[i];
  }
  Comparison result;
  double offset = 0.0;
  for (std::size_t i = 0; i < cells; ++i) {
    q[i] /= sum;
    if (p_[i] > 0.0) result.kld += p_[i] * std::log(p_[i] / q[i]);
    // The reference's F is that of a cell too.
    mean[i] = -std::log(q[i]) - f_[i];
    if (f_[i] >= below) continue;
    offset += mean[i];
    ++result.cells;
  }
  offset /= std::max(result.cells, 1);
  for (std::size_t i = 0; i < cells; ++i)
    if (f_[i] < below) result.rms += (mean[i] - offset) * (mean[i] - offset);
  result.rms = result.cells ? std::sqrt(result.rms / result.cells) : std::numeric_limits<double>::quiet_NaN();
  return result;
}

}    // namespace cgflow
