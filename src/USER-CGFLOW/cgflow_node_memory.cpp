// SPDX-License-Identifier: GPL-2.0-only
// Each rank has two buffers that all ranks see. Arrays pass in pieces: every rank writes to its buffer, a barrier, every rank reads from
// the buffers of the others, and the next piece goes through the second buffer. One barrier a piece is enough: a rank that writes to a
// buffer again has passed the barrier that the others reach only after they have read it.
#include "cgflow_node_memory.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

using namespace LAMMPS_NS;

namespace {

constexpr std::size_t kPage = 4096;
// Bytes of one buffer, and of one buffer of each rank together: pieces that stay in a core's cache, and with both buffers no more than
// 8 MB of the 64 MB that a container has for shared memory by default.
constexpr std::size_t kLargest = std::size_t(512) << 10, kAll = std::size_t(4) << 20;
// Numbers of a piece, below which the barriers cost more than the copies that messages make.
constexpr std::size_t kFewest = 256;

}    // namespace

std::size_t CGFlowNodeMemory::buffer_bytes(std::int64_t ranks)
{
  if (ranks < 2) return 0;
  const std::size_t n = static_cast<std::size_t>(ranks), bytes = std::min(kAll / n, kLargest) / kPage * kPage;
  return bytes / sizeof(double) / n >= kFewest ? bytes : 0;
}

// read() of zeros, because the kernel reports a page that it cannot provide as an error of the call.
bool CGFlowNodeMemory::make_pages(char *memory, std::size_t bytes)
{
  const int zeros = ::open("/dev/zero", O_RDONLY | O_CLOEXEC);
  if (zeros < 0) return false;
  std::size_t done = 0;
  while (done < bytes) {
    const ssize_t n = read(zeros, memory + done, bytes - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    done += static_cast<std::size_t>(n);
  }
  close(zeros);
  return done == bytes;
}

#if MPI_VERSION >= 3

struct CGFlowNodeMemory::Window {
  MPI_Comm node = MPI_COMM_NULL;
  MPI_Win window = MPI_WIN_NULL;
  bool on_all_ranks = false;
};

namespace {

bool everywhere(MPI_Comm ranks, bool here)
{
  int mine = here, all = 0;
  MPI_Allreduce(&mine, &all, 1, MPI_INT, MPI_MIN, ranks);
  return all != 0;
}

// When the communicator is freed, by all its ranks. MPI frees MPI_COMM_WORLD in MPI_Finalize(), where it is too late for a window.
int forget(MPI_Comm ranks, int, void *memory, void *)
{
  if (ranks != MPI_COMM_WORLD) delete static_cast<CGFlowNodeMemory *>(memory);
  return MPI_SUCCESS;
}

}    // namespace

CGFlowNodeMemory *CGFlowNodeMemory::of(MPI_Comm ranks)
{
  static int key = MPI_KEYVAL_INVALID;
  if (key == MPI_KEYVAL_INVALID) MPI_Comm_create_keyval(MPI_COMM_NULL_COPY_FN, forget, &key, nullptr);
  CGFlowNodeMemory *memory = nullptr;
  int found = 0;
  MPI_Comm_get_attr(ranks, key, &memory, &found);
  if (!found) {
    memory = new CGFlowNodeMemory;
    if (!memory->open(ranks)) {
      delete memory;
      memory = nullptr;
    }
    MPI_Comm_set_attr(ranks, key, memory);
  }
  return memory;
}

bool CGFlowNodeMemory::open(MPI_Comm ranks)
{
  MPI_Comm_size(ranks, &size_);
  bytes_ = buffer_bytes(size_);
  if (bytes_ == 0) return false;
  MPI_Comm_rank(ranks, &rank_);
  window_ = new Window;
  MPI_Comm_split_type(ranks, MPI_COMM_TYPE_SHARED, rank_, MPI_INFO_NULL, &window_->node);
  int here = 0;
  MPI_Comm_size(window_->node, &here);
  if (!everywhere(ranks, here == size_)) return false;

  // A memory of its own for each rank, whose first access places it near that rank's core.
  MPI_Comm_set_errhandler(window_->node, MPI_ERRORS_RETURN);
  MPI_Info info;
  MPI_Info_create(&info);
  MPI_Info_set(info, "alloc_shared_noncontig", "true");
  char *mine = nullptr;
  const bool made = MPI_Win_allocate_shared(static_cast<MPI_Aint>(2 * bytes_), 1, info, window_->node, &mine,
                                            &window_->window) == MPI_SUCCESS;
  MPI_Info_free(&info);
  window_->on_all_ranks = everywhere(ranks, made);
  if (!window_->on_all_ranks) return false;
  MPI_Win_lock_all(MPI_MODE_NOCHECK, window_->window);
  if (!everywhere(ranks, make_pages(mine, 2 * bytes_))) return false;
  buffers_.resize(size_);
  for (int r = 0; r < size_; ++r) {
    MPI_Aint bytes = 0;
    int unit = 0;
    MPI_Win_shared_query(window_->window, r, &bytes, &unit, &buffers_[r]);
  }
  return true;
}

CGFlowNodeMemory::~CGFlowNodeMemory()
{
  if (!window_) return;
  if (window_->on_all_ranks) {    // only then can all of them free it
    MPI_Win_unlock_all(window_->window);
    MPI_Win_free(&window_->window);
  }
  MPI_Comm_free(&window_->node);
  delete window_;
}

// A full barrier: each rank's writes before it are visible to all ranks after it.
void CGFlowNodeMemory::meet()
{
  MPI_Win_sync(window_->window);
  MPI_Barrier(window_->node);
  MPI_Win_sync(window_->window);
}

#else    // LAMMPS' MPI stubs, or an MPI of before 2012

struct CGFlowNodeMemory::Window {};
CGFlowNodeMemory *CGFlowNodeMemory::of(MPI_Comm) { return nullptr; }
bool CGFlowNodeMemory::open(MPI_Comm) { return false; }
CGFlowNodeMemory::~CGFlowNodeMemory() = default;
void CGFlowNodeMemory::meet() {}

#endif

template <class T> T *CGFlowNodeMemory::buffer_of(int rank) const
{
  return reinterpret_cast<T *>(buffers_[rank] + half_ * bytes_);
}

template <class T> void CGFlowNodeMemory::sum_share(T *values, const Shares &shares)
{
  const auto &[first, count] = shares;
  // A rank's buffer has a piece for each rank's share.
  const int piece = static_cast<int>(bytes_ / sizeof(T)) / size_, longest = *std::max_element(count.begin(), count.end());
  for (int at = 0; at < longest; at += piece) {
    const auto here = [&](int rank) { return static_cast<std::size_t>(std::clamp(count[rank] - at, 0, piece)); };
    half_ = 1 - half_;
    T *mine = buffer_of<T>(rank_);
    for (int r = 0; r < size_; ++r)
      if (r != rank_) std::memcpy(mine + r * piece, values + first[r] + at, sizeof(T) * here(r));
    meet();
    T *sum = values + first[rank_] + at;
    for (int r = 0; r < size_; ++r) {
      if (r == rank_) continue;
      const T *other = buffer_of<T>(r) + rank_ * piece;
      for (std::size_t i = 0; i < here(rank_); ++i) sum[i] += other[i];
    }
  }
}

template <class T> void CGFlowNodeMemory::spread_share(T *values, const Shares &shares)
{
  const auto &[first, count] = shares;
  const int piece = static_cast<int>(bytes_ / sizeof(T)), longest = *std::max_element(count.begin(), count.end());
  for (int at = 0; at < longest; at += piece) {
    const auto here = [&](int rank) { return sizeof(T) * static_cast<std::size_t>(std::clamp(count[rank] - at, 0, piece)); };
    half_ = 1 - half_;
    std::memcpy(buffer_of<T>(rank_), values + first[rank_] + at, here(rank_));
    meet();
    for (int r = 0; r < size_; ++r)
      if (r != rank_) std::memcpy(values + first[r] + at, buffer_of<T>(r), here(r));
  }
}

template void CGFlowNodeMemory::sum_share(float *, const Shares &);
template void CGFlowNodeMemory::sum_share(double *, const Shares &);
template void CGFlowNodeMemory::spread_share(float *, const Shares &);
template void CGFlowNodeMemory::spread_share(double *, const Shares &);
