// SPDX-License-Identifier: Apache-2.0
// Releases version after version and says what memory that holds: fleet_soak --rollouts N [--services N] [--deleted-after N]
// [--bytes-max N]. Prints the resident memory at 10, 50 and 100 %, and ends with 1 when a rollout that is over still holds more
// than `--bytes-max` bytes: live allocations are counted one by one, so that the answer does not depend on the machine.
#include <malloc.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <new>
#include <optional>
#include <string>

#include "testing/soak/fleet_soak.h"

namespace {

std::atomic<std::int64_t> live_bytes = 0;

}  // namespace

// The sanitizers count for themselves, and want their own allocator.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
namespace {

void* Allocate(std::size_t size) {
  void* const made = std::malloc(size);
  if (made == nullptr) std::abort();
  live_bytes += static_cast<std::int64_t>(malloc_usable_size(made));
  return made;
}

void Release(void* given) noexcept {
  if (given == nullptr) return;
  live_bytes -= static_cast<std::int64_t>(malloc_usable_size(given));
  std::free(given);
}

}  // namespace

void* operator new(std::size_t size) { return Allocate(size); }
void* operator new[](std::size_t size) { return Allocate(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return Allocate(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return Allocate(size); }
void operator delete(void* given) noexcept { Release(given); }
void operator delete[](void* given) noexcept { Release(given); }
void operator delete(void* given, std::size_t) noexcept { Release(given); }
void operator delete[](void* given, std::size_t) noexcept { Release(given); }
void operator delete(void* given, const std::nothrow_t&) noexcept { Release(given); }
void operator delete[](void* given, const std::nothrow_t&) noexcept { Release(given); }
#endif

namespace tuesday::testing {
namespace {

constexpr double kMebibyte = 1 << 20;

struct Options {
  std::uint64_t rollouts = 200'000;
  SoakSettings soak;
  std::optional<std::int64_t> bytes_max;  // That a rollout may still hold when it is over.
};

struct Memory {
  double resident = 0;  // MiB.
  std::int64_t live = 0;
  std::int64_t samples = 0;  // Of it: of the instances that run at this rest, which are more or fewer.
};

Memory MemoryNow() {
  malloc_trim(0);  // What the allocator keeps for later is not held by anybody.
  std::ifstream file("/proc/self/statm");
  double total = 0;
  double resident = 0;
  file >> total >> resident;
  return {resident * static_cast<double>(sysconf(_SC_PAGESIZE)) / kMebibyte, live_bytes};
}

int Run(const Options& options) {
  const auto began = std::chrono::steady_clock::now();
  FleetSoak soak(options.soak);
  Memory at[3];
  const std::uint64_t shares[3] = {10, 50, 100};
  for (int i = 0; i < 3; ++i) {
    soak.RunUntilEnded(options.rollouts * shares[i] / 100);
    soak.Rest();
    at[i] = MemoryNow();
    at[i].samples = soak.samples().bytes;
    std::printf("bench soak_rss_at_%llu_percent %.6g MiB after %llu rollouts (%llu aborted), live %.6g MiB, samples %.6g MiB\n",
                static_cast<unsigned long long>(shares[i]), at[i].resident, static_cast<unsigned long long>(soak.ended()),
                static_cast<unsigned long long>(soak.aborted()), static_cast<double>(at[i].live) / kMebibyte,
                static_cast<double>(soak.samples().bytes) / kMebibyte);
    std::fflush(stdout);
  }
  const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  const double each = static_cast<double>((at[2].live - at[2].samples) - (at[1].live - at[1].samples)) /
                      (static_cast<double>(options.rollouts) * 0.5);
  std::printf("bench soak_%llu_rollouts_rss_growth %.6g MiB between 10 %% and 100 %%\n",
              static_cast<unsigned long long>(options.rollouts), at[2].resident - at[0].resident);
  std::printf("bench soak_bytes_held_per_rollout %.6g B of live allocations but samples, over the second half\n", each);
  std::printf("bench soak_rollouts_per_second %.6g /s of real time, %llu services deleted\n",
              static_cast<double>(options.rollouts) / took, static_cast<unsigned long long>(soak.deleted()));
  if (!options.bytes_max || each <= static_cast<double>(*options.bytes_max)) return 0;
  std::printf("fleet_soak: each rollout that is over holds %.0f bytes, more than %lld\n", each,
              static_cast<long long>(*options.bytes_max));
  return 1;
}

}  // namespace
}  // namespace tuesday::testing

int main(int argc, char** argv) {
  tuesday::testing::Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const long long value = std::atoll(argv[i + 1]);
    if (std::strcmp(argv[i], "--rollouts") == 0) options.rollouts = static_cast<std::uint64_t>(value);
    if (std::strcmp(argv[i], "--services") == 0) options.soak.services = static_cast<int>(value);
    if (std::strcmp(argv[i], "--deleted-after") == 0) options.soak.deleted_after = static_cast<int>(value);
    if (std::strcmp(argv[i], "--bytes-max") == 0) options.bytes_max = value;
  }
  return tuesday::testing::Run(options);
}
