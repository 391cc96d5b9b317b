// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow_errors.h"

#include "error.h"
#include "lammps.h"
#include "universe.h"

#include "cgflow/characters.h"
#include "cgflow/error.h"

#include <new>
#include <stdexcept>
#include <sys/resource.h>
#include <typeinfo>

using namespace LAMMPS_NS;

namespace {

std::string printable(const std::string &text)
{
  std::string shown;
  for (std::size_t i = 0; i < text.size();) {
    // A carriage return would let the text overwrite its own line.
    const std::size_t length = text[i] == '\r' ? 0 : cgflow::utf8_character(text, i);
    shown += length ? text.substr(i, length) : "?";
    i += length ? length : 1;
  }
  return shown;
}

/// The limit of this process, if there is one.
std::string memory_limit()
{
  rlimit limit{};
  if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return "";
  return ", this process may have " + std::to_string(limit.rlim_cur >> 20) + " MB in all (ulimit -v)";
}

}    // namespace

std::string LAMMPS_NS::cgflow_error_text(const std::exception &e)
{
  std::string text = e.what();
  const std::string asked = "you tried to allocate ";
  const auto at = text.find(asked);
  if (dynamic_cast<const std::bad_alloc *>(&e) || dynamic_cast<const std::length_error *>(&e) || at != std::string::npos) {
    std::string bytes;
    if (at != std::string::npos)
      for (auto k = at + asked.size(); k < text.size() && text[k] >= '0' && text[k] <= '9'; ++k) bytes += text[k];
    return "not enough memory" + (bytes.empty() ? "" : ", " + bytes + " bytes more were needed") + memory_limit() +
           ": fewer or smaller networks, batches, points or structures need less";
  }
  // LibTorch adds its call stack to its messages.
  if (const auto stack = text.find("\nframe #"); stack != std::string::npos) text.resize(stack);
  if (const auto stack = text.find("\nException raised from"); stack != std::string::npos) text.resize(stack);
  // Kernels and glue throw std::runtime_error itself. Any other class speaks to a programmer, such as "linalg.cholesky: ...".
  if (!dynamic_cast<const cgflow::Error *>(&e) && typeid(e) != typeid(std::runtime_error))
    text = "internal error, please report it with the input files and this text: " + text;
  return printable(text);
}

MPI_Comm LAMMPS_NS::cgflow_ranks(LAMMPS *lmp) { return lmp->world; }

void LAMMPS_NS::cgflow_raise_together(LAMMPS *lmp, const std::string &place, bool failed, const std::string &text)
{
  cgflow_raise_together(lmp, lmp->world, place, failed, text);
}

void LAMMPS_NS::cgflow_raise_together(LAMMPS *lmp, MPI_Comm ranks, const std::string &place, bool failed,
                                      const std::string &text)
{
  int me = 0, size = 1;
  MPI_Comm_rank(ranks, &me);
  MPI_Comm_size(ranks, &size);
  // The lowest rank that has failed, and the lowest that has not.
  int mine[2] = {failed ? me : size, failed ? size : me}, lowest[2];
  MPI_Allreduce(mine, lowest, 2, MPI_INT, MPI_MIN, ranks);
  if (lowest[0] == size) return;

  const bool universe = ranks != lmp->world;
  std::string message = place.empty() ? text : place + ": " + text;
  if (universe && lowest[1] < size) message = "Partition " + std::to_string(lmp->universe->iworld) + ": " + message;
  int length = static_cast<int>(message.size());
  MPI_Bcast(&length, 1, MPI_INT, lowest[0], ranks);
  message.resize(length);
  MPI_Bcast(message.data(), length, MPI_CHAR, lowest[0], ranks);
  // An argument, not the format, because the text may hold braces.
  if (!universe) lmp->error->all(FLERR, "{}", message);
  lmp->error->universe_all(FLERR, message);
}
