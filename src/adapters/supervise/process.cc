// SPDX-License-Identifier: Apache-2.0
#include "adapters/supervise/process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <cstring>

#include "adapters/files/fd.h"
#include "adapters/files/files.h"

namespace tuesday::supervise {
namespace {

// The fields of /proc/<pid>/stat after the command, which may hold spaces and brackets: [0] is field 3, the state.
struct StatFields {
  char state = 0;
  std::uint64_t numbers[22] = {};  // Fields 4 to 25.

  std::uint64_t Field(int number) const { return numbers[number - 4]; }
};

std::optional<StatFields> ReadStat(pid_t pid) {
  char path[40];
  char* end = std::to_chars(path + 6, path + 20, pid).ptr;
  std::memcpy(path, "/proc/", 6);
  std::memcpy(end, "/stat", 6);
  const files::Fd fd(::open(path, O_RDONLY | O_CLOEXEC));
  if (!fd.is_open()) return std::nullopt;
  char text[1024];
  const ssize_t length = ::read(fd.get(), text, sizeof text - 1);
  if (length <= 0) return std::nullopt;
  text[length] = 0;
  const char* at = std::strrchr(text, ')');
  if (at == nullptr || at[1] != ' ') return std::nullopt;
  StatFields fields;
  fields.state = at[2];
  at += 3;
  const char* const last = text + length;
  for (auto& number : fields.numbers) {
    while (at < last && *at == ' ') ++at;
    const bool negative = at < last && *at == '-';
    if (negative) ++at;
    at = std::from_chars(at, last, number).ptr;
    if (negative) number = 0;
  }
  return fields;
}

}  // namespace

std::uint64_t StartTicksOf(pid_t pid) {
  const auto fields = ReadStat(pid);
  return fields.has_value() ? fields->Field(22) : 0;
}

bool IsAlive(const Process& process) {
  if (process.pid <= 0) return false;
  const auto fields = ReadStat(process.pid);
  return fields.has_value() && fields->state != 'Z' && fields->state != 'X' && fields->Field(22) == process.start_ticks;
}

std::optional<Usage> UsageOf(const Process& process) {
  if (process.pid <= 0) return std::nullopt;
  const auto fields = ReadStat(process.pid);
  if (!fields.has_value() || fields->Field(22) != process.start_ticks) return std::nullopt;
  static const double ticks_per_second = static_cast<double>(::sysconf(_SC_CLK_TCK));
  static const std::int64_t page_bytes = ::sysconf(_SC_PAGESIZE);
  const auto ticks = fields->Field(14) + fields->Field(15) + fields->Field(16) + fields->Field(17);
  // The pages in `stat` are an estimate, 0 for small processes; `statm` sums them (Linux 6.16 on).
  std::int64_t pages = static_cast<std::int64_t>(fields->Field(24));
  const std::string statm = files::ReadFile("/proc/" + std::to_string(process.pid) + "/statm", 256).value_or("");
  if (const std::size_t space = statm.find(' '); space != std::string::npos) {
    std::from_chars(statm.data() + space + 1, statm.data() + statm.size(), pages);
  }
  return Usage{static_cast<double>(ticks) / ticks_per_second, pages * page_bytes};
}

bool KillGroupOf(const Process& leader) {
  if (leader.pid <= 1) return false;
  const std::uint64_t ticks = StartTicksOf(leader.pid);
  if (ticks != 0 && ticks != leader.start_ticks) return false;
  return ::kill(-leader.pid, SIGKILL) == 0;
}

std::vector<pid_t> OwnChildren() {
  std::vector<pid_t> children;
  const std::string self = std::to_string(::getpid());
  const auto text = files::ReadFile("/proc/self/task/" + self + "/children", 1 << 20);
  if (!text.has_value()) return children;
  const char* at = text->data();
  const char* const end = at + text->size();
  while (at < end) {
    pid_t pid = 0;
    const auto [next, error] = std::from_chars(at, end, pid);
    if (error == std::errc()) children.push_back(pid);
    at = next == at ? at + 1 : next;
  }
  return children;
}

std::string ExitText(int wait_status) {
  if (WIFEXITED(wait_status)) return "exit " + std::to_string(WEXITSTATUS(wait_status));
  if (!WIFSIGNALED(wait_status)) return "unknown end";
  const int number = WTERMSIG(wait_status);
  const char* name = ::sigabbrev_np(number);
  return "signal " + std::to_string(number) + (name == nullptr ? std::string() : " (" + std::string(name) + ")");
}

std::string BootId() {
  auto text = files::ReadFile("/proc/sys/kernel/random/boot_id", 100);
  if (!text.has_value()) return {};
  while (!text->empty() && text->back() == '\n') text->pop_back();
  return std::move(text).value();
}

}  // namespace tuesday::supervise
