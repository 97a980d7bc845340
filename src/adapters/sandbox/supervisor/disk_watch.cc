// SPDX-License-Identifier: Apache-2.0
#include "adapters/sandbox/supervisor/disk_watch.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string_view>

#include "adapters/supervise/children.h"

namespace tuesday::sandbox {
namespace {

constexpr std::uint64_t kBlockBytes = 512;
constexpr int kDepthMax = 500;

// Takes over the descriptor.
std::uint64_t BytesIn(int fd, dev_t device, int depth) {
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(::fdopendir(fd), [](DIR* open) { return ::closedir(open); });
  if (!listing) {
    ::close(fd);
    return 0;
  }
  std::uint64_t bytes = 0;
  while (const dirent* entry = ::readdir(listing.get())) {
    const std::string_view name = entry->d_name;
    struct stat facts{};
    if (name == "." || name == ".." || ::fstatat(fd, entry->d_name, &facts, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (facts.st_dev != device) continue;
    // A file with several names counts once for each: too much rather than too little.
    bytes += static_cast<std::uint64_t>(facts.st_blocks) * kBlockBytes;
    if (!S_ISDIR(facts.st_mode) || depth >= kDepthMax) continue;
    const int inner = ::openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (inner >= 0) bytes += BytesIn(inner, device, depth + 1);
  }
  return bytes;
}

}  // namespace

std::uint64_t BytesBelow(const std::string& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  struct stat facts{};
  if (fd < 0 || ::fstat(fd, &facts) != 0) return 0;
  return BytesIn(fd, facts.st_dev, 0);
}

DiskWatch::~DiskWatch() {
  if (result_.is_open()) loop_.Unwatch(result_.get());
  loop_.Cancel(timer_);
  if (counter_ > 0) ::kill(counter_, SIGKILL);
}

void DiskWatch::Begin() { Count(); }

void DiskWatch::SetActive(bool active) {
  active_ = active;
  if (active && timer_ == 0 && !result_.is_open()) Schedule(kDiskLookEvery);
}

void DiskWatch::Schedule(Duration wait) {
  timer_ = loop_.After(wait, [this] {
    timer_ = 0;
    if (active_) Count();
  });
}

void DiskWatch::Count() {
  auto pipe = supervise::MakeOutputPipe();
  if (!pipe.has_value()) return Schedule(kDiskLookEvery);
  began_ = supervise::BootNow();
  counter_ = ::fork();
  if (counter_ < 0) return Schedule(kDiskLookEvery);
  if (counter_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    std::uint64_t bytes = 0;
    for (const std::string& folder : folders_) bytes += BytesBelow(folder);
    [[maybe_unused]] const ssize_t ignored = ::write(pipe->child_end.get(), &bytes, sizeof bytes);
    ::_exit(0);
  }
  result_ = std::move(pipe->ours);
  loop_.Watch(result_.get(), POLLIN, [this](short) { OnCounted(); });
}

void DiskWatch::OnCounted() {
  std::uint64_t bytes = 0;
  const bool counted = ::read(result_.get(), &bytes, sizeof bytes) == static_cast<ssize_t>(sizeof bytes);
  loop_.Unwatch(result_.get());
  result_.Close();
  if (counted && !has_before_) {
    has_before_ = true;
    before_ = bytes;
  }
  if (active_) Schedule(std::max(kDiskLookEvery, kDiskLookShare * (supervise::BootNow() - began_)));
  if (counted && bytes > before_ + bytes_max_) over_();
}

bool DiskWatch::IsCounter(pid_t pid) {
  if (pid != counter_) return false;
  counter_ = 0;
  return true;
}

}  // namespace tuesday::sandbox
