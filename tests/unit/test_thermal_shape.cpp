// SPDX-License-Identifier: GPL-2.0-only
#include "training/thermal_shape.h"

#include "ala2_conformers.h"
#include "coordinates/internal_map.h"
#include "error_message.h"
#include "numeric.h"
#include "pair_springs.h"
#include "rank_threads.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

using namespace cgflow;
using namespace cgflow_test;

namespace {

constexpr double kT = 0.6;

// U/kT - ln|dx/dfine| of columns of fine coordinates.
Tensor potential(const CoordinateMap &map, EnergyModel &energy, const CoordinateMap::Start &start, const Tensor &fine)
{
  const auto x = map.to_cartesian(start.s.unsqueeze(1).repeat({1, fine.size(1)}), fine);
  const Tensor positions = x.x.contiguous();
  Tensor u = at::empty({fine.size(1)}, at::kDouble), f = at::empty_like(positions);
  energy.evaluate(static_cast<int>(fine.size(1)), positions.data_ptr<double>(), u.data_ptr<double>(), f.data_ptr<double>());
  return u / kT - x.log_det;
}

}    // namespace

// Second differences of energies are independent of forces, of derivatives of the map and of scaling.
TEST(ThermalShape, IsTheInverseOfTheHessian)
{
  const auto map = make_internal_map(ala2::config(), ala2::molecule());
  tests::PairSprings springs(tests::at_start(*map, ala2::molecule()), 400.0);
  const auto start = *map->start();
  SerialCommunicator serial;
  const ThermalShape shape = thermal_shape(*map, springs, kT, start, serial);
  EXPECT_EQ(shape.evaluations, 2 * 55);
  EXPECT_EQ(springs.evaluations, 2 * 55);

  const Tensor width = start.scale.narrow(0, 3, 55), h = 0.02 * width;
  std::vector<Tensor> columns;
  for (int i = 0; i < 55; ++i)
    for (int j = 0; j <= i; ++j)
      for (const auto &[a, b] : {std::pair{1, 1}, {1, -1}, {-1, 1}, {-1, -1}}) {
        Tensor fine = start.fine.clone();
        fine[3 + i] += a * h[i];
        fine[3 + j] += b * h[j];
        columns.push_back(fine);
      }
  const Tensor u = potential(*map, springs, start, at::stack(columns, 1)).view({-1, 4});
  Tensor hessian = at::empty({55, 55}, at::kDouble);
  for (int i = 0, k = 0; i < 55; ++i)
    for (int j = 0; j <= i; ++j, ++k) {
      const double second = (u[k][0] - u[k][1] - u[k][2] + u[k][3]).item<double>();
      hessian[i][j] = hessian[j][i] = second / (4.0 * (h[i] * h[j]).item<double>());
    }
  const Tensor covariance = at::linalg_inv(hessian), deviation = covariance.diagonal().sqrt();
  const Tensor expected = covariance / deviation / deviation.unsqueeze(1);
  const Tensor mixing = shape.mixing.narrow(0, 3, 55).narrow(1, 3, 55);
  EXPECT_LT(largest(at::matmul(mixing, mixing.t()) - expected), 0.02);
  const Tensor clamped = at::min(at::max(deviation, width / 3.0), 3.0 * width);
  EXPECT_LT(largest(shape.scale.narrow(0, 3, 55) / clamped - 1.0), 0.02);
  // Rotors are circular, so that they are neither scaled nor mixed.
  EXPECT_TRUE(at::equal(shape.scale.narrow(0, 0, 3), at::ones({3}, at::kDouble)));
  EXPECT_TRUE(at::equal(shape.mixing.narrow(0, 0, 3), at::eye(58, at::kDouble).narrow(0, 0, 3)));
}

TEST(ThermalShape, KeepsTheAssumedWidthWhereEnergiesFail)
{
  const auto map = make_internal_map(ala2::config(), ala2::molecule());
  tests::PairSprings springs(tests::at_start(*map, ala2::molecule()), 400.0);
  springs.limit = 0.0;
  const auto start = *map->start();
  SerialCommunicator serial;
  const ThermalShape shape = thermal_shape(*map, springs, kT, start, serial);
  EXPECT_LT(largest(shape.scale.narrow(0, 3, 55) - start.scale.narrow(0, 3, 55)), 1e-12);
  EXPECT_LT(largest(shape.mixing - at::eye(58, at::kDouble)), 1e-12);
}

TEST(ThermalShape, IsTheSameOnTwoRanks)
{
  const auto map = make_internal_map(ala2::config(), ala2::molecule());
  const auto start = *map->start();
  tests::PairSprings springs(tests::at_start(*map, ala2::molecule()), 400.0);
  SerialCommunicator serial;
  const ThermalShape one = thermal_shape(*map, springs, kT, start, serial);
  run_ranks(2, [&](Communicator &comm) {
    tests::PairSprings mine(tests::at_start(*map, ala2::molecule()), 400.0);
    const ThermalShape two = thermal_shape(*map, mine, kT, start, comm);
    EXPECT_LT(largest(two.scale - one.scale), 1e-12);
    EXPECT_LT(largest(two.mixing - one.mixing), 1e-9);
    EXPECT_EQ(two.evaluations, one.evaluations);
  });
}
