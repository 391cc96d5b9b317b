// SPDX-License-Identifier: GPL-2.0-only
#include "explore/avoided_points.h"

#include "analytic_systems.h"
#include "explore/candidates.h"
#include "model/model_parts.h"

#include <gmock/gmock.h>

#include <regex>

namespace cgflow {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class Lines : public Log {
 public:
  void line(const std::string &text) override { all += text + "\n"; }
  void warning(const std::string &text) override { all += "WARNING " + text + "\n"; }
  std::string all;
};

/// A model of the double well, whose range is 3.6 wide, with a spread of 0.1: half of it is 0.18 in s.
Model with_points(const std::vector<double> &labels, const std::vector<double> &rejected)
{
  const tests::System system = tests::double_well_system();
  Model model(system.config("explore: {spread: 0.1}\n"), system.info(1));
  for (const double s : labels) {
    Label label;
    label.s = {s};
    label.n = 1;
    model.parts().labels.push_back(label);
  }
  model.parts().rejected_points = rejected;
  return model;
}

TEST(AvoidedPoints, AreNoneWithoutRejectedPoints)
{
  const AvoidedPoints avoided(with_points({0.0}, {}));
  EXPECT_TRUE(avoided.none());
  EXPECT_THAT(avoided.outside({0.0, 1.0}), ElementsAre(0.0, 1.0));
}

TEST(AvoidedPoints, LieWithinHalfASpreadOfARejectedPoint)
{
  const AvoidedPoints avoided(with_points({}, {1.0}));
  EXPECT_THAT(avoided.outside({0.0, 0.81, 0.83, 1.0, 1.17, 1.19}), ElementsAre(0.0, 0.81, 1.19));
}

TEST(AvoidedPoints, DoNotLieNearerToALabel)
{
  const AvoidedPoints avoided(with_points({0.9, -1.0}, {1.0}));
  EXPECT_THAT(avoided.outside({0.94, 0.96, 1.0, 1.1}), ElementsAre(0.94));
  // One flow may reject at a place where another one had a label.
  EXPECT_TRUE(AvoidedPoints(with_points({1.0}, {1.0})).contains(std::vector<double>{1.0}.data()));
}

/// A wall, behind which every structure is rejected: the second well and the way to it.
tests::System walled()
{
  tests::System system = tests::double_well_system();
  system.potential = [](double x, double y, double *g) {
    return x + 0.3 * y > -0.4 ? std::numeric_limits<double>::infinity() : tests::curved_double_well(x, y, g);
  };
  return system;
}

TEST(AvoidedPoints, LearningBesideAWallConvergesAndDoesNotAskAgain)
{
  for (const char *strategy : {"mc", "variance", "ucb", "uniform"}) {
    SCOPED_TRACE(strategy);
    const tests::System system = walled();
    tests::OneParticle energy(system.potential);
    SerialCommunicator comm;
    Lines log;
    Learner learner(
        Model(system.config("train: {example: {epochs: 20}, energy: {points: 64}, consolidate: {points: 32}, labels: "
                            "{points: 24, latent: 8}}\npmf: {members: 6}\nbudget: 60000\nexplore: {quiet: 300, target: "
                            "0.2, barrier: 8, strategy: " +
                            std::string(strategy) + "}\n"),
              system.info(1)),
        &energy, comm, log);
    learner.begin(system.frames(100, 1), 2500);
    tests::walk(learner, 100, 0.026, 2 * system.kT, 20000, 1);
    const Model &model = learner.model();
    EXPECT_EQ(model.status, LearningStatus::converged) << log.all;
    EXPECT_THAT(log.all, testing::HasSubstr("WARNING the neighborhoods of " +
                                            std::to_string(model.rejected_points().size()) + " rejected point"));

    // The log says how many points of one call were rejected. None of a later call lies in a neighborhood of an earlier one.
    const std::vector<double> &rejected = model.rejected_points();
    ASSERT_FALSE(rejected.empty());
    const std::regex count("WARNING PMF labels: (\\d+) of");
    std::size_t done = 0;
    for (auto at = std::sregex_iterator(log.all.begin(), log.all.end(), count); at != std::sregex_iterator(); ++at) {
      const std::size_t n = std::stoul((*at)[1]);
      const Model before = with_points({}, {rejected.begin(), rejected.begin() + done});
      for (std::size_t i = done; i < done + n; ++i) {
        double label = std::numeric_limits<double>::infinity(), earlier = label;
        for (const Label &one : model.labels()) label = std::min(label, std::fabs(one.s[0] - rejected[i]));
        for (std::size_t j = 0; j < done; ++j) earlier = std::min(earlier, std::fabs(rejected[j] - rejected[i]));
        EXPECT_TRUE(earlier > 0.5 * model.config().explore.spread * 3.6 || label < earlier) << rejected[i] << "\n"
                                                                                            << log.all;
      }
      done += n;
    }
    EXPECT_EQ(done, rejected.size());
    EXPECT_LT(rejected.size(), 40U);
  }
}

}    // namespace
}    // namespace cgflow
