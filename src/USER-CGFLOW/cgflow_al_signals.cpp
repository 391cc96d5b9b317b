// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow_al_signals.h"

#include <csignal>
#include <signal.h>

using namespace LAMMPS_NS;

namespace {

constexpr int kSignals[] = {SIGTERM, SIGUSR1};
constexpr int kCount = 2;

// A process has one handler per signal, for any number of fixes.
volatile std::sig_atomic_t come = 0;
int users = 0;
struct sigaction before[kCount];
bool ours[kCount];

extern "C" void note_signal(int) { come = 1; }

}    // namespace

void CGFlowSignals::begin()
{
  if (begun_) return;
  begun_ = true;
  if (users++ > 0) return;
  come = 0;
  struct sigaction action {};
  action.sa_handler = note_signal;
  // Interrupted system calls continue, so that no file operation and no MPI call fails.
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  for (int i = 0; i < kCount; ++i) {
    const bool ignored = sigaction(kSignals[i], nullptr, &before[i]) == 0 && before[i].sa_handler == SIG_IGN;
    ours[i] = !ignored && sigaction(kSignals[i], &action, nullptr) == 0;
  }
}

void CGFlowSignals::end()
{
  if (!begun_) return;
  begun_ = false;
  if (--users > 0) return;
  for (int i = 0; i < kCount; ++i)
    if (ours[i]) sigaction(kSignals[i], &before[i], nullptr);
  come = 0;
}

bool CGFlowSignals::noted() { return come != 0; }
