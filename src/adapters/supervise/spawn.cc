// SPDX-License-Identifier: Apache-2.0
#include "adapters/supervise/spawn.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "adapters/files/fd.h"
#include "adapters/files/files.h"
#include "adapters/supervise/process.h"
#include "base/check.h"

namespace tuesday::supervise {
namespace {

constexpr std::size_t kDescriptorsMax = 64;
constexpr int kHighestHandedOver = 1000;

// What the child could not do. Written into a pipe that exec closes.
enum class ChildStep { kGroup, kFolder, kUser, kDescriptor, kExec, kFork };
struct ChildFailure {
  ChildStep step;
  int errno_value;
};

// Everything that the child needs, as plain pointers: no allocation happens after fork.
struct Prepared {
  std::string program;
  std::vector<std::string> environment;
  std::vector<char*> argv;
  std::vector<char*> envp;
  std::vector<int> group_fds;
  std::vector<files::Fd> owned;
  std::vector<std::pair<int, int>> hand_over;  // (number there, descriptor here)
};

// The program's path: as written when it has a slash, else the first executable in PATH.
std::string Resolve(const SpawnPlan& plan) {
  const std::string& name = plan.argv.front();
  if (name.find('/') != std::string::npos) return name;
  const auto found = plan.environment.find("PATH");
  std::string path = found == plan.environment.end() ? "/usr/local/bin:/usr/bin:/bin" : found->second;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find(':', begin), path.size());
    std::string candidate = path.substr(begin, end - begin) + "/" + name;
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
    begin = end + 1;
  }
  return {};
}

Result<Prepared> Prepare(const SpawnPlan& plan) {
  CHECK(!plan.argv.empty(), "a program needs a name");
  Prepared prepared;
  prepared.program = Resolve(plan);
  if (prepared.program.empty()) {
    return Fail(ErrorCode::kNotFound, "The command '" + plan.argv.front() + "' was not found in PATH.");
  }
  for (const auto& argument : plan.argv) prepared.argv.push_back(const_cast<char*>(argument.c_str()));
  prepared.argv.push_back(nullptr);
  for (const auto& [name, value] : plan.environment) prepared.environment.push_back(name + "=" + value);
  for (auto& variable : prepared.environment) prepared.envp.push_back(variable.data());
  prepared.envp.push_back(nullptr);
  for (const auto& group : plan.join_groups) {
    const std::string path = group + "/cgroup.procs";
    files::Fd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!fd.is_open()) return std::unexpected(files::SystemError("cannot enter", path, errno));
    prepared.group_fds.push_back(fd.get());
    prepared.owned.push_back(std::move(fd));
  }
  prepared.hand_over = {{0, plan.standard_input}, {1, plan.standard_output}, {2, plan.standard_error}};
  for (const auto& [there, here] : plan.descriptors) {
    CHECK(there >= 3 && there < kHighestHandedOver, "descriptors are handed over from 3 on");
    prepared.hand_over.emplace_back(there, here);
  }
  CHECK(prepared.hand_over.size() <= kDescriptorsMax, "too many descriptors are handed over");
  return prepared;
}

[[noreturn]] void ChildFails(int pipe, ChildStep step) {
  const ChildFailure failure{step, errno};
  [[maybe_unused]] const ssize_t ignored = ::write(pipe, &failure, sizeof failure);
  ::_exit(127);
}

void ResetSignals() {
  struct sigaction fallback{};
  fallback.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) ::sigaction(number, &fallback, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

// Moves every descriptor out of the way first, so that one that is handed over as 4 does not destroy another that is 4.
void PlaceDescriptors(const Prepared& prepared, int pipe) {
  int moved[kDescriptorsMax];
  std::size_t count = 0;
  for (const auto& [there, here] : prepared.hand_over) {
    const int source = here >= 0 ? here : ::open("/dev/null", O_RDWR | O_CLOEXEC);
    moved[count] = ::fcntl(source, F_DUPFD_CLOEXEC, kHighestHandedOver + 1);
    if (moved[count] < 0) ChildFails(pipe, ChildStep::kDescriptor);
    ++count;
  }
  ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
  count = 0;
  for (const auto& [there, here] : prepared.hand_over) {
    if (::dup2(moved[count++], there) < 0) ChildFails(pipe, ChildStep::kDescriptor);
  }
}

[[noreturn]] void RunChild(const SpawnPlan& plan, const Prepared& prepared, int pipe, pid_t parent) {
  ResetSignals();
  ::setsid();
  for (const int group : prepared.group_fds) {
    if (::write(group, "0", 1) != 1) ChildFails(pipe, ChildStep::kGroup);
  }
  const int kept_pipe = ::fcntl(pipe, F_DUPFD_CLOEXEC, kHighestHandedOver + 1);
  PlaceDescriptors(prepared, kept_pipe);
  if (plan.user.has_value()) {
    const bool changed = ::setgroups(0, nullptr) == 0 && ::setresgid(plan.user->gid, plan.user->gid, plan.user->gid) == 0 &&
                         ::setresuid(plan.user->uid, plan.user->uid, plan.user->uid) == 0;
    if (!changed) ChildFails(kept_pipe, ChildStep::kUser);
  }
  if (!plan.working_folder.empty() && ::chdir(plan.working_folder.c_str()) != 0) ChildFails(kept_pipe, ChildStep::kFolder);
  if (plan.on_parent_death == OnParentDeath::kDie) {
    // After the change of user, which would clear it.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);
  }
  ::execve(prepared.program.c_str(), prepared.argv.data(), prepared.envp.data());
  ChildFails(kept_pipe, ChildStep::kExec);
}

Error FailureError(const SpawnPlan& plan, const Prepared& prepared, const ChildFailure& failure) {
  switch (failure.step) {
    case ChildStep::kGroup: return files::SystemError("cannot enter the cgroup for", prepared.program, failure.errno_value);
    case ChildStep::kFolder:
      return files::SystemError("cannot enter the working folder", plan.working_folder, failure.errno_value);
    case ChildStep::kUser: return files::SystemError("cannot change the user for", prepared.program, failure.errno_value);
    case ChildStep::kDescriptor: return files::SystemError("cannot hand descriptors to", prepared.program, failure.errno_value);
    case ChildStep::kFork: return files::SystemError("cannot fork for", prepared.program, failure.errno_value);
    case ChildStep::kExec: break;
  }
  Error error = files::SystemError("cannot run", prepared.program, failure.errno_value);
  if (failure.errno_value == ENOEXEC) {
    error.code = ErrorCode::kInvalid;
    error.hint = "It is no program of this machine; a script needs a first line such as #!/bin/sh.";
  } else if (failure.errno_value == ENOENT && files::Exists(prepared.program)) {
    error.hint = "The file is there; the interpreter that its first line names is not.";
  } else if (failure.errno_value == EACCES) {
    error.hint = "Make it executable, and readable for the user that it runs as.";
  }
  return error;
}

// Waits until exec closed the pipe, or for what the child says in it.
std::optional<ChildFailure> ReadFailure(int pipe) {
  ChildFailure failure{};
  for (;;) {
    const ssize_t got = ::read(pipe, &failure, sizeof failure);
    if (got < 0 && errno == EINTR) continue;
    if (got == static_cast<ssize_t>(sizeof failure)) return failure;
    return std::nullopt;
  }
}

Result<std::pair<files::Fd, files::Fd>> MakePipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return std::unexpected(files::SystemError("cannot make", "a pipe", errno));
  return std::pair(files::Fd(ends[0]), files::Fd(ends[1]));
}

}  // namespace

std::optional<UserIds> FindUser(const std::string& name) {
  passwd entry{};
  passwd* found = nullptr;
  char buffer[4096];
  if (::getpwnam_r(name.c_str(), &entry, buffer, sizeof buffer, &found) != 0 || found == nullptr) return std::nullopt;
  return UserIds{entry.pw_uid, entry.pw_gid};
}

Result<Process> Spawn(const SpawnPlan& plan) {
  TRY(const Prepared prepared, Prepare(plan));
  TRY(auto pipe, MakePipe());
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) return std::unexpected(files::SystemError("cannot fork for", prepared.program, errno));
  if (child == 0) RunChild(plan, prepared, pipe.second.get(), parent);
  pipe.second.Close();
  if (const auto failure = ReadFailure(pipe.first.get())) {
    ::waitpid(child, nullptr, 0);
    return std::unexpected(FailureError(plan, prepared, *failure));
  }
  return Process{child, StartTicksOf(child)};
}

Result<Process> SpawnDetached(const SpawnPlan& given, const std::string& log_path) {
  const files::Fd log(::open(log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!log.is_open()) return std::unexpected(files::SystemError("cannot open the log", log_path, errno));
  SpawnPlan plan = given;
  plan.standard_input = -1;
  plan.standard_output = log.get();
  plan.standard_error = log.get();
  TRY(const Prepared prepared, Prepare(plan));
  TRY(auto failure_pipe, MakePipe());
  TRY(auto pid_pipe, MakePipe());
  // Two forks: the one in the middle ends at once, so that the program belongs to init and not to us.
  const pid_t middle = ::fork();
  if (middle < 0) return std::unexpected(files::SystemError("cannot fork for", prepared.program, errno));
  if (middle == 0) {
    const pid_t program = ::fork();
    if (program == 0) RunChild(plan, prepared, failure_pipe.second.get(), 0);
    if (program < 0) ChildFails(failure_pipe.second.get(), ChildStep::kFork);
    [[maybe_unused]] const ssize_t ignored = ::write(pid_pipe.second.get(), &program, sizeof program);
    ::_exit(0);
  }
  ::waitpid(middle, nullptr, 0);
  failure_pipe.second.Close();
  pid_pipe.second.Close();
  if (const auto failure = ReadFailure(failure_pipe.first.get())) {
    return std::unexpected(FailureError(plan, prepared, *failure));
  }
  pid_t program = 0;
  if (::read(pid_pipe.first.get(), &program, sizeof program) != static_cast<ssize_t>(sizeof program)) {
    return Fail(ErrorCode::kInternal, "The start of '" + prepared.program + "' ended before it began.");
  }
  return Process{program, StartTicksOf(program)};
}

std::map<std::string, std::string> OwnEnvironment() {
  std::map<std::string, std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos) variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return variables;
}

std::string OwnProgram() {
  char path[4096];
  const ssize_t length = ::readlink("/proc/self/exe", path, sizeof path);
  CHECK(length > 0, "/proc is not mounted");
  return std::string(path, static_cast<std::size_t>(length));
}

}  // namespace tuesday::supervise
