// SPDX-License-Identifier: GPL-2.0-only
#include "config/config_table.h"

#include "kernels/rq_splines.h"

namespace cgflow {

namespace {

template <class T> std::function<Slot(Config &)> at(T Config::*member)
{
  return [member](Config &config) -> Slot { return &(config.*member); };
}

template <class Part, class T> std::function<Slot(Config &)> at(Part Config::*part, T Part::*member)
{
  return [part, member](Config &config) -> Slot { return &(config.*part.*member); };
}

constexpr double kInfinity = std::numeric_limits<double>::infinity();
Limits at_least(double lo) { return {lo, kInfinity, false, false}; }
Limits above(double lo) { return {lo, kInfinity, true, false}; }
// Both limits, for keys whose mistyped values would take days or more memory than a machine has.
Limits within(double lo, double hi) { return {lo, hi, false, false}; }
// Points, samples and passes: each is an allocation or a loop. What two of them make together, combination_problem() bounds.
constexpr double kMostCounts = 1000000;
constexpr double kMaxWidth = 10000, kMaxMembers = 1000;
const Limits kShare{0, 1, false, false};
const Limits kPartialShare{0, 1, false, true};
const Limits kNonzeroShare{0, 1, true, false};

using Rows = std::vector<Keyword>;

Rows flow_rows()
{
  const auto c = &Config::flow;
  using F = FlowConfig;
  return {
      {"flow.layers",
       at(c, &F::layers),
       {},
       {"affine", "rotor", "spline", "affine_coupling", "spline_coupling", "shift"},
       "Layers from the latent to the fine coordinates, in this order. `affine`: mean and Cholesky factor of the "
       "unbounded coordinates given s and the circular ones (rotors); `rotor`: a circular rational-quadratic spline of "
       "each circular coordinate given s; `spline`: a spline of each coordinate given s, circular where the coordinate "
       "is; `affine_coupling`: scale and shift of half of the unbounded coordinates given s, the other half and the "
       "circular ones; `spline_coupling`: splines of half of all coordinates given s and the other half; `shift`: a "
       "fixed random rotation of the circular coordinates. A layer without coordinates to act on is left out. To use "
       "several couplings, name them several times."},
      {"flow.hidden", at(c, &F::hidden), within(1, kMaxWidth), {}, "Widths of the hidden layers of the flow's networks."},
      {"flow.network",
       at(c, &F::network),
       {},
       {"dense", "residual"},
       "`dense`: one layer for each width of `hidden`; `residual`: one residual block of two layers for each width, with "
       "all widths equal."},
      {"flow.masks",
       at(c, &F::masks),
       {},
       {"alternating", "random"},
       "Halves of the coordinates in couplings: every second coordinate (`alternating`), or random halves. Every second "
       "coupling takes the other half of the one before it."},
      {"flow.harmonics",
       at(c, &F::harmonics),
       within(1, 100),
       {},
       "The flow's networks see each CG variable as so many cosines and sines over its range, and several periodic "
       "variables together as waves of this total order (with more than 3 variables: pairs up to order 2)."},
      {"flow.bins", at(c, &F::bins), within(2, kernels::kMaxBins), {}, "Number of bins of each spline."},
      {"flow.tail",
       at(c, &F::tail),
       above(0),
       {},
       "Splines of unbounded coordinates act on [-tail, tail], in standard deviations of the training data; outside they "
       "are the identity."},
      {"flow.precision",
       at(c, &F::precision),
       {},
       {"float64", "float32"},
       "Precision of the networks' arithmetic. Geometry, splines and densities always use float64."},
  };
}

Rows example_rows()
{
  const auto c = &Config::example;
  using E = ExampleConfig;
  return {
      {"train.example.dump",
       at(c, &E::dump),
       {},
       {},
       "LAMMPS text dump of an all-atom run: the data for training by example. Empty: none."},
      {"train.example.epochs", at(c, &E::epochs), within(0, kMostCounts), {}, "Passes over the frames."},
      {"train.example.batch", at(c, &E::batch), within(1, kMostCounts), {}, "Frames per step."},
      {"train.example.rate", at(c, &E::rate), above(0), {}, "Learning rate of Adam."},
      {"train.example.test", at(c, &E::test), kPartialShare, {}, "Fraction of the frames kept for the test loss."},
      {"train.example.random_conditions",
       at(c, &E::random_conditions),
       kShare,
       {},
       "Fraction of the conditions replaced by random s, so that widths are sensible where there are no data."},
  };
}

Rows energy_rows()
{
  const auto c = &Config::energy;
  using E = EnergyConfig;
  return {
      {"train.energy.estimator",
       at(c, &E::estimator),
       {},
       {"path", "reverse_kl"},
       "Gradient of the reverse KL divergence: the path gradient, or the plain one."},
      {"train.energy.points", at(c, &E::points), within(1, kMostCounts), {}, "CG points per iteration."},
      {"train.energy.each",
       at(c, &E::each),
       within(0, kMostCounts),
       {},
       "After the first iteration, CG points for each new point, at most `points`; the number of label points is reduced "
       "by the same factor. 0: always `points`."},
      {"train.energy.latent", at(c, &E::latent), within(1, kMostCounts), {}, "Latent samples per point and epoch."},
      {"train.energy.epochs",
       at(c, &E::epochs),
       within(1, kMostCounts),
       {},
       "Passes over the points, each with new latent samples. An iteration takes points x latent x epochs evaluations."},
      {"train.energy.first_epochs", at(c, &E::first_epochs), within(1, kMostCounts), {}, "Passes in the first iteration."},
      {"train.energy.batch", at(c, &E::batch), within(1, kMostCounts), {}, "Samples per step."},
      {"train.energy.rate", at(c, &E::rate), above(0), {}, "Learning rate of Adam."},
      {"train.energy.warmup", at(c, &E::warmup), at_least(0), {}, "Steps of linear warm-up in an iteration."},
      {"train.energy.final_rate",
       at(c, &E::final_rate),
       kShare,
       {},
       "The cosine decay ends at this fraction of the rate; 1: constant rate."},
      {"train.energy.clip", at(c, &E::clip), at_least(0), {}, "Largest norm of a step's gradient; 0: no limit."},
      {"train.energy.sample_clip",
       at(c, &E::sample_clip),
       at_least(0),
       {},
       "Largest norm of one sample's energy gradient in scaled coordinates (`path` only); 0: no limit."},
      {"train.energy.cap",
       at(c, &E::cap),
       at_least(0),
       {},
       "In training, energies more than so many kT above the lowest of their batch are compressed by a logarithm (in "
       "labels they never are); 0: no compression."},
      {"train.energy.drop",
       at(c, &E::drop),
       at_least(0),
       {},
       "Number of highest losses dropped from each batch. This biases the flow; the paper does so for molecules."},
      {"train.energy.test",
       at(c, &E::test),
       kPartialShare,
       {},
       "Fraction of the points kept for a test loss, whose evaluations are counted separately."},
  };
}

Rows consolidate_rows()
{
  const auto c = &Config::consolidate;
  using C = ConsolidateConfig;
  return {
      {"train.consolidate.points",
       at(c, &C::points),
       within(0, kMostCounts),
       {},
       "CG points of one training over the whole known region, at a lower rate, after exploring and before refinement: "
       "half of them uniform, half where the std is large. 0: none."},
      {"train.consolidate.rate", at(c, &C::rate), above(0), {}, "Learning rate of Adam in this training."},
      {"train.consolidate.final_rate",
       at(c, &C::final_rate),
       kShare,
       {},
       "Its cosine decay ends at this fraction of the rate."},
  };
}

Rows label_rows()
{
  const auto c = &Config::labels;
  using L = LabelConfig;
  return {
      {"train.labels.from",
       at(c, &L::from),
       {},
       {"frozen", "training", "both"},
       "Samples for the PMF labels: fresh samples of the frozen flow, those of the last epoch of training, which need no "
       "further energies, or both."},
      {"train.labels.points",
       at(c, &L::points),
       within(1, kMostCounts),
       {},
       "Label points of the frozen flow per iteration."},
      {"train.labels.latent",
       at(c, &L::latent),
       within(2, kMostCounts),
       {},
       "Latent samples per label of the frozen flow; their spread gives the label's error."},
  };
}

Rows pmf_rows()
{
  const auto c = &Config::pmf;
  using P = PmfConfig;
  return {
      {"pmf.members",
       at(c, &P::members),
       within(2, kMaxMembers),
       {},
       "Number of networks of the ensemble; their spread is the std."},
      {"pmf.network",
       at(c, &P::network),
       {},
       {"fourier", "mlp"},
       "`fourier`: one layer of Fourier features whose output weights are the optimum of a convex loss; `mlp`: layers of "
       "tanh trained by Adam (paper)."},
      {"pmf.hidden", at(c, &P::hidden), within(1, kMaxWidth), {}, "`mlp`: widths of the hidden layers of each network."},
      {"pmf.rate", at(c, &P::rate), above(0), {}, "`mlp`: learning rate of Adam."},
      {"pmf.epochs",
       at(c, &P::epochs),
       within(1, kMostCounts),
       {},
       "`mlp`: largest number of passes over the labels per fit."},
      {"pmf.batch", at(c, &P::batch), within(0, kMostCounts), {}, "`mlp`: labels per step; 0: all of them."},
      {"pmf.loss",
       at(c, &P::loss),
       {},
       {"gamma", "squared"},
       "`gamma`: gamma deviance of Z(s), weighted by the labels' errors; `squared`: squared error of F, unweighted."},
      {"pmf.bagging",
       at(c, &P::bagging),
       kNonzeroShare,
       {},
       "Below 1, each member uses this fraction of the labels; 1: bootstrap weights of all labels."},
      {"pmf.prior",
       at(c, &P::prior),
       at_least(0),
       {},
       "Scale of each member's fixed random prior function, in units of the labels' spread."},
      {"pmf.warm_start", at(c, &P::warm_start), {}, {}, "`mlp`: continue from the networks of the previous iteration."},
      {"pmf.table", at(c, &P::table), {}, {}, "For up to 3 CG variables, tabulate F and std for the walkers."},
  };
}

Rows explore_rows()
{
  const auto c = &Config::explore;
  using E = ExploreConfig;
  return {
      {"explore.strategy",
       at(c, &E::strategy),
       {},
       {"mc", "uniform", "variance", "ucb", "grid"},
       "`mc`: walkers on the learned PMF stop where the std is above the threshold and become new points; `uniform`: "
       "random points of the whole CG space where the std is above it; `variance`: of such points within reach of the "
       "labels, those of the largest std; `ucb`: of these, those where F minus `kappa` std is lowest; `grid`: one "
       "iteration on a uniform grid, for up to 2 CG variables."},
      {"explore.quiet",
       at(c, &E::quiet),
       at_least(1),
       {},
       "Number of sweeps without a new point after which exploring has ended."},
      {"explore.find", at(c, &E::find), at_least(1), {}, "Number of stopped walkers at which an iteration begins."},
      {"explore.wait",
       at(c, &E::wait),
       at_least(0),
       {},
       "Number of sweeps after the first stopped walker at which an iteration begins in any case."},
      {"explore.keep", at(c, &E::keep), at_least(1), {}, "Number of points kept of these by farthest-point choice."},
      {"explore.spread",
       at(c, &E::spread),
       above(0),
       {},
       "Radius of a new point's neighborhood, in units of the widths of the ranges."},
      {"explore.old", at(c, &E::old), kPartialShare, {}, "Fraction of an iteration's samples drawn around old points."},
      {"explore.target",
       at(c, &E::target),
       at_least(0),
       {},
       "Refine until the std, as root mean square over the known region, is at most so many kT; 0: no refinement."},
      {"explore.ceiling",
       at(c, &E::ceiling),
       above(0),
       {},
       "Refinement and the logged std use the region where F is at most so many kT above its minimum."},
      {"explore.boltzmann",
       at(c, &E::boltzmann),
       kShare,
       {},
       "Fraction of the known region's weight that follows exp(-F/2kT) instead of being uniform. It applies to the std "
       "that is refined and to where labels are added."},
      {"explore.barrier",
       at(c, &E::barrier),
       at_least(0),
       {},
       "At the edge of the known region, look for basins behind barriers of up to so many kT above the lowest basin, "
       "where no walker comes; 0: regions that walkers do not reach stay unknown."},
      {"explore.kappa", at(c, &E::kappa), at_least(0), {}, "F is assumed to be so many std below its mean (`ucb`)."},
      {"explore.grid",
       at(c, &E::grid),
       within(2, 10000),
       {},
       "Grid points per dimension (`grid`); with two variables at most " + std::to_string(kMaxGridOfTwoVariables) + "."},
      {"explore.reference",
       at(c, &E::reference),
       {},
       {},
       "A PMF by another method (text: CG variables at cell centers, F in kT, std, probability). After each iteration "
       "the forward KLD and the RMS error against it are logged; what is learned does not depend on it. Empty: none."},
      {"explore.below",
       at(c, &E::below),
       above(0),
       {},
       "That RMS error includes the cells where the reference's F is below so many kT."},
  };
}

Rows coordinates_rows()
{
  const auto c = &Config::coordinates;
  using C = CoordinatesConfig;
  return {
      {"coordinates.omega",
       at(c, &C::omega),
       {},
       {"trans", "full"},
       "Peptide and other conjugated C-N bonds: with `trans` they stay within 90 degrees of the planar form of the "
       "structure; with `full` they rotate freely."},
      {"coordinates.chirality",
       at(c, &C::chirality),
       {},
       {"built_in", "filter"},
       "`built_in`: the intervals of the coordinates keep the chirality of the structure; `filter`: coordinates are "
       "free, and samples of the wrong chirality get the weight zero (paper)."},
      {"coordinates.symmetry",
       at(c, &C::symmetry),
       {},
       {},
       "Treat equal ends of a rotor, such as the hydrogens of a methyl group, in one labeling only: the rotor then has a "
       "period of 120 degrees (180 degrees for two equal ends)."},
      {"coordinates.elements",
       at(c, &C::elements),
       {},
       {"H", "Li", "B", "C", "N", "O", "F", "Na", "Mg", "Si", "P", "S", "Cl", "K", "Ca", "Fe", "Zn", "Se", "Br", "I"},
       "Elements of all atoms in the order of their IDs, such as [C, H, H, H], for force fields whose masses are those of no "
       "elements. Empty: they are recognized from masses and bonds."},
      {"coordinates.zmatrix",
       at(c, &C::zmatrix),
       {},
       {},
       "Rows \"atom bond angle dihedral\" by atom IDs, each atom after the atoms to which it refers; the first three rows "
       "are shorter. Empty: built from the molecule's bonds."},
  };
}

Rows make_table()
{
  Rows table{{"paper",
              at(&Config::paper),
              {},
              {},
              "Take the settings of the method's paper as defaults, those for its Mueller-Brown system or for its molecule. "
              "Keys that are given keep their values."}};
  for (const Rows &rows : {coordinates_rows(), flow_rows(), example_rows(), energy_rows(), consolidate_rows(), label_rows(),
                           pmf_rows(), explore_rows()})
    table.insert(table.end(), rows.begin(), rows.end());
  table.push_back(
      {"budget",
       at(&Config::budget),
       at_least(1),
       {},
       "Total number of energy evaluations: the data's MD steps, training, test losses and labels. The run ends when "
       "they are spent."});
  return table;
}

}    // namespace

const std::vector<Keyword> &keyword_table()
{
  static const Rows table = make_table();
  return table;
}

std::string short_form(const std::string &section) { return section == "explore" ? "explore.strategy" : ""; }

}    // namespace cgflow
