// SPDX-License-Identifier: GPL-2.0-only
// The BLAS that LibTorch uses in a process that has loaded liblammps first.
#include "cgflow_torch_blas.h"

#include "lammps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dlfcn.h>

#include <string>

using namespace LAMMPS_NS;

namespace {

std::string home_of(void *address)
{
  Dl_info info{};
  return dladdr(address, &info) && info.dli_fname ? info.dli_fname : "";
}

}    // namespace

TEST(TorchBlas, ServesItselfAfterwards)
{
  // Also the reference without which the linker would leave the library out.
  ASSERT_NE(LAMMPS::installed_packages[0], nullptr);
  ASSERT_NE(home_of(dlsym(RTLD_DEFAULT, "dgemm_")).find("liblammps"), std::string::npos)
      << "liblammps does not export dgemm_ any more: cgflow_torch_blas has become needless";
  EXPECT_THAT(cgflow_bind_torch_blas(), testing::IsEmpty()) << "LibTorch is not loaded yet";

  void *torch = dlopen(CGFLOW_TORCH, RTLD_NOW | RTLD_GLOBAL);
  ASSERT_NE(torch, nullptr) << dlerror();
  EXPECT_THAT(cgflow_bind_torch_blas(), testing::IsSupersetOf({"dgemm_", "dgemv_", "dpotrf_", "dtrsm_"}));
  EXPECT_THAT(cgflow_bind_torch_blas(), testing::IsEmpty());
  // Only LibTorch's calls are bound anew; those of the process itself stay as they were.
  EXPECT_NE(home_of(dlsym(RTLD_DEFAULT, "dgemm_")).find("liblammps"), std::string::npos);
}
