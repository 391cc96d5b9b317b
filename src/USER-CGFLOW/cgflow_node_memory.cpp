// SPDX-License-Identifier: GPL-2.0-only
// Each rank has a room of its own, twice. Arrays pass in pieces: every rank writes to its room, all meet, every rank reads from the
// others', and the next piece goes through the other half. Who writes to a half again has met the others after they have read it.
#include "cgflow_node_memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>

using namespace LAMMPS_NS;

namespace {

constexpr std::size_t kLine = 64, kHeader = 128;
// Of all ranks' rooms in one half, and of one: pieces that stay in a core's cache, and no more than the 64 MB that a container has.
constexpr std::size_t kAll = std::size_t(4) << 20, kLargest = std::size_t(512) << 10, kSmallest = std::size_t(16) << 10;

std::size_t room_for(int ranks)
{
  return std::clamp(kAll / static_cast<std::size_t>(ranks), kSmallest, kLargest) / kLine * kLine;
}

// Written to when it is made, since a page that is not to be had later would be a signal instead of an error.
bool fill(int file, std::size_t bytes)
{
  const std::vector<char> zeros(bytes);
  for (std::size_t done = 0; done < bytes;) {
    const ssize_t n = write(file, zeros.data() + done, bytes - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    done += static_cast<std::size_t>(n);
  }
  return true;
}

char *map_file(const char *path, bool make, std::size_t bytes)
{
  const int file = ::open(path, make ? O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC : O_RDWR | O_CLOEXEC, 0600);
  if (file < 0) return nullptr;
  void *memory = MAP_FAILED;
  if (!make || fill(file, bytes)) memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (memory != MAP_FAILED) return static_cast<char *>(memory);
  if (make) unlink(path);
  return nullptr;
}

}    // namespace

std::unique_ptr<CGFlowNodeMemory> CGFlowNodeMemory::open(MPI_Comm world)
{
  int rank = 0, size = 1;
  MPI_Comm_rank(world, &rank);
  MPI_Comm_size(world, &size);
  if (size == 1) return nullptr;
  const std::size_t room = room_for(size), bytes = kHeader + 2 * room * static_cast<std::size_t>(size);
  // The file is a name by which the ranks find the memory, and gone as soon as they have. It begins with its name: on another node
  // there could be one of the same.
  char path[kHeader] = "";
  char *memory = nullptr;
  if (rank == 0) {
    const auto now = static_cast<long long>(std::chrono::system_clock::now().time_since_epoch().count());
    std::snprintf(path, sizeof path, "/dev/shm/cgflow-%ld-%llx", static_cast<long>(getpid()), now);
    memory = map_file(path, true, bytes);
    if (memory)
      std::memcpy(memory, path, sizeof path);
    else
      path[0] = '\0';
  }
  MPI_Bcast(path, sizeof path, MPI_CHAR, 0, world);
  if (path[0] == '\0') return nullptr;
  if (rank != 0) memory = map_file(path, false, bytes);
  int here = memory && std::memcmp(memory, path, sizeof path) == 0, everywhere = 0;
  MPI_Allreduce(&here, &everywhere, 1, MPI_INT, MPI_MIN, world);
  if (rank == 0) unlink(path);
  if (everywhere) return std::unique_ptr<CGFlowNodeMemory>(new CGFlowNodeMemory(world, memory, room));
  if (memory) munmap(memory, bytes);
  return nullptr;
}

CGFlowNodeMemory::CGFlowNodeMemory(MPI_Comm world, char *memory, std::size_t room)
    : world_(world), memory_(memory), room_(room)
{
  MPI_Comm_rank(world_, &rank_);
  MPI_Comm_size(world_, &size_);
}

CGFlowNodeMemory::~CGFlowNodeMemory() { munmap(memory_, kHeader + 2 * room_ * static_cast<std::size_t>(size_)); }

template <class T> T *CGFlowNodeMemory::room_of(int rank) const
{
  return reinterpret_cast<T *>(memory_ + kHeader + room_ * static_cast<std::size_t>(half_ * size_ + rank));
}

// What was written before is seen behind it.
void CGFlowNodeMemory::meet()
{
  std::atomic_thread_fence(std::memory_order_seq_cst);
  MPI_Barrier(world_);
  std::atomic_thread_fence(std::memory_order_seq_cst);
}

template <class T> void CGFlowNodeMemory::sum_share(T *values, const Shares &shares)
{
  const auto &[first, count] = shares;
  // A rank's room has a place for each other rank's share.
  const int most = static_cast<int>(room_ / sizeof(T)) / size_, longest = *std::max_element(count.begin(), count.end());
  for (int at = 0; at < longest; at += most) {
    const auto here = [&](int rank) { return static_cast<std::size_t>(std::clamp(count[rank] - at, 0, most)); };
    half_ = 1 - half_;
    T *mine = room_of<T>(rank_);
    for (int r = 0; r < size_; ++r)
      if (r != rank_) std::memcpy(mine + r * most, values + first[r] + at, sizeof(T) * here(r));
    meet();
    T *sum = values + first[rank_] + at;
    for (int r = 0; r < size_; ++r) {
      if (r == rank_) continue;
      const T *other = room_of<T>(r) + rank_ * most;
      for (std::size_t i = 0; i < here(rank_); ++i) sum[i] += other[i];
    }
  }
}

template <class T> void CGFlowNodeMemory::spread_share(T *values, const Shares &shares)
{
  const auto &[first, count] = shares;
  const int most = static_cast<int>(room_ / sizeof(T)), longest = *std::max_element(count.begin(), count.end());
  for (int at = 0; at < longest; at += most) {
    const auto here = [&](int rank) { return sizeof(T) * static_cast<std::size_t>(std::clamp(count[rank] - at, 0, most)); };
    half_ = 1 - half_;
    std::memcpy(room_of<T>(rank_), values + first[rank_] + at, here(rank_));
    meet();
    for (int r = 0; r < size_; ++r)
      if (r != rank_) std::memcpy(values + first[r] + at, room_of<T>(r), here(r));
  }
}

template void CGFlowNodeMemory::sum_share(float *, const Shares &);
template void CGFlowNodeMemory::sum_share(double *, const Shares &);
template void CGFlowNodeMemory::spread_share(float *, const Shares &);
template void CGFlowNodeMemory::spread_share(double *, const Shares &);
