// SPDX-License-Identifier: Apache-2.0
#include "adapters/process/containers/memory_watch.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "adapters/files/files.h"

namespace tuesday::process {
namespace {

constexpr std::size_t kCountsBytes = 4096;

// The line of /proc/PID/cgroup for `controller` ("4:memory:/a/b"), or for the one hierarchy ("0::/a/b").
std::string GroupPath(const std::string& text, std::string_view controller) {
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string line = text.substr(begin, end - begin);
    begin = end + 1;
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string names = "," + line.substr(first + 1, second - first - 1) + ",";
    const bool fits = controller.empty() ? names == ",," : names.find("," + std::string(controller) + ",") != std::string::npos;
    if (fits) return line.substr(second + 1);
  }
  return {};
}

long CountOf(const std::string& text, std::string_view name) {
  const std::size_t at = text.find(std::string(name) + " ");
  return at == std::string::npos ? 0 : std::atol(text.c_str() + at + name.size() + 1);
}

}  // namespace

MemoryWatch MemoryWatch::Of(pid_t pid) {
  MemoryWatch watch;
  const std::string groups = files::ReadFile("/proc/" + std::to_string(pid) + "/cgroup", 64 << 10).value_or("");
  if (const std::string path = GroupPath(groups, "memory"); !path.empty()) {
    const std::string folder = "/sys/fs/cgroup/memory" + path;
    watch.counts_ = files::Fd(::open((folder + "/memory.oom_control").c_str(), O_RDONLY | O_CLOEXEC));
    watch.events_ = files::Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    const files::Fd control(::open((folder + "/cgroup.event_control").c_str(), O_WRONLY | O_CLOEXEC));
    const std::string order = std::to_string(watch.events_.get()) + " " + std::to_string(watch.counts_.get());
    const bool asked = watch.counts_.is_open() && control.is_open() &&
                       ::write(control.get(), order.data(), order.size()) == static_cast<ssize_t>(order.size());
    if (!asked) watch.events_.Close();
    return watch;
  }
  const std::string events = "/sys/fs/cgroup" + GroupPath(groups, "") + "/memory.events";
  watch.counts_ = files::Fd(::open(events.c_str(), O_RDONLY | O_CLOEXEC));
  watch.events_ = files::Fd(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!watch.counts_.is_open() || ::inotify_add_watch(watch.events_.get(), events.c_str(), IN_MODIFY) < 0)
    watch.events_.Close();
  return watch;
}

bool MemoryWatch::Look() {
  char bytes[kCountsBytes];
  while (events_.is_open() && ::read(events_.get(), bytes, sizeof bytes) > 0) {}
  if (!counts_.is_open()) return seen_;
  const ssize_t got = ::pread(counts_.get(), bytes, sizeof bytes - 1, 0);
  if (got <= 0) return seen_;
  const std::string text(bytes, static_cast<std::size_t>(got));
  seen_ = seen_ || CountOf(text, "oom_kill") > 0 || CountOf(text, "under_oom") > 0;
  return seen_;
}

}  // namespace tuesday::process
