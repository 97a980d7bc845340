// SPDX-License-Identifier: Apache-2.0
#include "adapters/haproxy/supervisor/worker.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "adapters/files/files.h"
#include "adapters/haproxy/edge/config.h"
#include "adapters/supervise/process.h"

namespace tuesday::haproxy {
namespace {

constexpr off_t kLogBytesMax = 1 << 20;
constexpr std::size_t kLastWordsBytes = 400;
constexpr int kCheckMs = 10'000;

std::string LogPath(const std::string& folder) { return folder + "/haproxy.log"; }

files::Fd OpenLog(const std::string& folder) {
  const std::string path = LogPath(folder);
  struct stat status{};
  const int fresh = ::stat(path.c_str(), &status) == 0 && status.st_size > kLogBytesMax ? O_TRUNC : 0;
  return files::Fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | fresh, 0600));
}

Result<files::Fd> OpenProcess(pid_t pid) {
  files::Fd fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!fd.is_open())
    return Fail(ErrorCode::kUnavailable, fmt::format("The process {} cannot be watched: {}.", pid, std::strerror(errno)));
  return fd;
}

bool EndedWithin(int exit_fd, int wait_ms) {
  pollfd poll{exit_fd, POLLIN, 0};
  return ::poll(&poll, 1, wait_ms) > 0;
}

}  // namespace

Result<Worker> Worker::Start(const std::string& program, const std::string& folder, const std::map<int, int>& descriptors) {
  const files::Fd log = OpenLog(folder);
  supervise::SpawnPlan plan;
  plan.argv = {program, "-db", "-f", folder + "/" + std::string(kConfigName)};
  plan.environment = supervise::OwnEnvironment();
  plan.standard_output = log.get();
  plan.standard_error = log.get();
  plan.descriptors = descriptors;
  Worker worker;
  TRY(worker.process_, supervise::Spawn(plan));
  TRY(worker.exit_fd_, OpenProcess(worker.pid()));
  return worker;
}

Result<Worker> Worker::Adopt(pid_t pid) {
  Worker worker;
  worker.process_ = {pid, supervise::StartTicksOf(pid)};
  TRY(worker.exit_fd_, OpenProcess(pid));
  return worker;
}

bool Worker::HasEnded() const { return EndedWithin(exit_fd(), 0); }

void Worker::Retire() const { ::syscall(SYS_pidfd_send_signal, exit_fd(), SIGUSR1, nullptr, 0); }

void Worker::Kill() const { ::syscall(SYS_pidfd_send_signal, exit_fd(), SIGKILL, nullptr, 0); }

void Worker::Reap() const { ::waitpid(pid(), nullptr, WNOHANG); }

void RetireOthers(const std::string& folder, pid_t current) {
  const std::string wanted = fmt::format("-db{0}-f{0}{1}/{2}", '\0', folder, kConfigName);
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    const pid_t pid = std::atoi(entry.path().filename().c_str());
    if (pid <= 0 || pid == current) continue;
    const Result<std::string> words = files::ReadFile(entry.path().string() + "/cmdline");
    if (words && words->find(wanted) != std::string::npos) ::kill(pid, SIGUSR1);
  }
}

std::string LastWords(const std::string& folder) {
  const Result<std::string> log = files::ReadFile(LogPath(folder), 2 * kLogBytesMax);
  if (!log) return {};
  std::string words = log->size() > kLastWordsBytes ? log->substr(log->size() - kLastWordsBytes) : *log;
  while (words.ends_with('\n')) words.pop_back();
  return words;
}

Result<void> CheckConfig(const std::string& program, const std::string& path, const std::string& folder,
                         const std::map<int, int>& descriptors) {
  const files::Fd log = OpenLog(folder);
  supervise::SpawnPlan plan;
  plan.argv = {program, "-c", "-q", "-f", path};
  plan.environment = supervise::OwnEnvironment();
  plan.standard_output = log.get();
  plan.standard_error = log.get();
  plan.descriptors = descriptors;
  TRY(const supervise::Process process, supervise::Spawn(plan));
  const Result<files::Fd> exit_fd = OpenProcess(process.pid);
  if (!exit_fd || !EndedWithin(exit_fd->get(), kCheckMs)) ::kill(process.pid, SIGKILL);
  int status = 0;
  ::waitpid(process.pid, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return Fail(ErrorCode::kInvalid,
              fmt::format("HAProxy refuses the configuration ({}): {}", supervise::ExitText(status), LastWords(folder)));
}

std::string UserFor(const std::string& log_socket) {
  if (::geteuid() != 0) return {};
  // The ring is connected to after the rights are gone, so every folder above the socket must let others through.
  for (std::size_t slash = log_socket.find('/', 1); slash != std::string::npos; slash = log_socket.find('/', slash + 1)) {
    struct stat status{};
    if (::stat(log_socket.substr(0, slash).c_str(), &status) != 0 || (status.st_mode & S_IXOTH) == 0) return {};
  }
  for (const char* name : {"tuesday", "haproxy"}) {
    if (supervise::FindUser(name)) return name;
  }
  return {};
}

}  // namespace tuesday::haproxy
