// SPDX-License-Identifier: GPL-2.0-only
// Fits of the default ensemble per second of a processor, to labels of a known PMF in two and three variables. One fit
// begins anew, and one continues with a tenth more labels, as learning does. The time to find the scales of the prior is
// a row too.
//   ensemble_fit [--only ROW,...] [--labels N] [--seconds S a row] [--json FILE]
// Rows: ensemble_fit_2d, ensemble_fit_3d. Labels: 6000 and 20000 unless given.
#include "measure.h"
#include "pmf/ensemble.h"
#include "pmf/fourier_basis.h"
#include "pmf/fourier_evidence.h"

#include "cgflow/communicator.h"

#include <numbers>
#include <random>

using namespace cgflow;

namespace {

CgSpace torus(int d)
{
  std::vector<CgVariable> variables;
  for (int k = 0; k < d; ++k) variables.push_back({"a" + std::to_string(k), -180.0, 180.0, true});
  return CgSpace(variables);
}

// Labels of a smooth PMF with a range of about ten kT, from four samples each.
std::vector<Label> labels(int d, std::int64_t n)
{
  std::mt19937_64 random(5);
  std::uniform_real_distribution<double> angle(-180.0, 180.0);
  std::normal_distribution<double> normal;
  std::vector<Label> all;
  for (std::int64_t i = 0; i < n; ++i) {
    std::vector<double> s;
    double f = 0.0;
    for (int k = 0; k < d; ++k) {
      s.push_back(angle(random));
      const double a = s.back() * std::numbers::pi / 180.0;
      f += 2.0 * std::cos(a) + 1.5 * std::sin(2.0 * a + k) + std::cos(3.0 * a + f / 4.0);
    }
    std::vector<double> ln_w;
    for (int j = 0; j < 4; ++j) ln_w.push_back(-f + 0.5 * normal(random) - 0.125);
    all.push_back(make_label(s, ln_w.data(), 4, static_cast<int>(i * 20 / n)));
  }
  return all;
}

void measure(bench::Rows &rows, const std::string &row, int d, std::int64_t n, double seconds)
{
  const CgSpace space = torus(d);
  const std::vector<Label> all = labels(d, n), most(all.begin(), all.begin() + n * 10 / 11);
  SerialCommunicator comm;
  const PmfConfig config;
  PmfEnsemble started(config, space, 1);
  started.fit(most, 0, comm);
  const auto afresh = [&] { PmfEnsemble(config, space, 1).fit(all, 1, comm); };
  const auto again = [&] {
    PmfEnsemble ensemble(config, space, 1);
    ensemble.load(started.state());
    ensemble.fit(all, 1, comm);
  };
  const FourierBasis basis(space);
  Tensor s = at::empty({n, d}, at::kDouble), f = at::empty({n}, at::kDouble), variance = at::empty({n}, at::kDouble);
  for (std::int64_t i = 0; i < n; ++i) {
    for (int k = 0; k < d; ++k) s.data_ptr<double>()[i * d + k] = all[i].s[k];
    f.data_ptr<double>()[i] = all[i].f();
    variance.data_ptr<double>()[i] = 0.07;
  }
  const auto scales = [&] { FourierEvidence(basis, s, f, variance, config.prior, comm); };
  const std::vector<double> rates = bench::rates({afresh, again, scales}, seconds);
  const char *names[] = {"ours", "again", "scales"};
  std::printf("%-16s %8lld labels", row.c_str(), static_cast<long long>(n));
  for (int i = 0; i < 3; ++i) {
    rows.set(row, names[i], rates[i]);
    std::printf("  %s %.3f s", i == 0 ? "afresh" : names[i], 1.0 / rates[i]);
  }
  std::printf("\n");
}

}    // namespace

int main(int argc, char **argv)
{
  return bench::run("ensemble_fit", [&] {
    const bench::Options options(argc, argv, {{"only", ""}, {"labels", ""}, {"seconds", "6"}, {"json", ""}});
    at::set_num_threads(1);
    const at::NoGradGuard no_grad;
    const auto n = options.text("labels").empty() ? 0 : static_cast<std::int64_t>(options.number("labels"));
    bench::Rows rows;
    for (const int d : {2, 3}) {
      const std::string row = "ensemble_fit_" + std::to_string(d) + "d";
      if (options.lists("only", row)) measure(rows, row, d, n > 0 ? n : (d == 2 ? 6000 : 20000), options.number("seconds"));
    }
    rows.write(options.text("json"));
  });
}
