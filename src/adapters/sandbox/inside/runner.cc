// SPDX-License-Identifier: Apache-2.0
#include "adapters/sandbox/inside/runner.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <map>

#include "adapters/files/fd.h"
#include "adapters/files/files.h"
#include "adapters/sandbox/inside/answers.h"
#include "adapters/sandbox/inside/message.h"
#include "adapters/sandbox/inside/step_processes.h"
#include "adapters/supervise/children.h"
#include "adapters/supervise/poll_loop.h"

namespace tuesday::sandbox {
namespace {

constexpr std::size_t kFixedStrings = 3;  // Of a payload that starts a step.
constexpr std::string_view kStepMemoryScore = "500";
constexpr const char* kFallbackPath = "/usr/local/bin:/usr/bin:/bin";
constexpr std::string_view kContainerFallbackPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

struct Order {
  std::string working_folder;
  std::string mark;
  std::vector<std::string> argv;
  std::vector<std::string> variables;
};

Result<Order> ReadOrder(int payload) {
  TRY(std::vector<std::string> strings, ReadPayload(payload));
  if (strings.size() < kFixedStrings) return Fail(ErrorCode::kInvalid, "An order is cut short.");
  const std::size_t arguments = std::strtoul(strings[2].c_str(), nullptr, 10);
  if (arguments == 0 || arguments > strings.size() - kFixedStrings)
    return Fail(ErrorCode::kInvalid, "An order has no command.");
  const auto first = strings.begin() + kFixedStrings;
  const auto middle = first + static_cast<std::ptrdiff_t>(arguments);
  return Order{strings[0], strings[1], {first, middle}, {middle, strings.end()}};
}

// What the image says, where the order says nothing else.
void AddImageVariables(Order& order) {
  std::map<std::string, std::string> all;
  for (char** one = environ; *one != nullptr; ++one) {
    const std::string text = *one;
    all[text.substr(0, text.find('='))] = text;
  }
  const std::string own_path = all.contains("PATH") ? all["PATH"].substr(5) : std::string(kContainerFallbackPath);
  for (const std::string& text : order.variables) all[text.substr(0, text.find('='))] = text;
  std::string& path = all["PATH"];
  if (path.ends_with(kContainerPath)) path.replace(path.size() - kContainerPath.size(), kContainerPath.size(), own_path);
  order.variables.clear();
  for (auto& [name, text] : all) order.variables.push_back(std::move(text));
}

// The supervisor's socket, under the number that it has in a sandbox.
Result<void> ConnectOut(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const int fd = ::socket(AF_UNIX, SOCK_SEQPACKET, 0);
  if (fd < 0 || ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return std::unexpected(files::SystemError("cannot connect to", path, errno));
  if (fd == kInsideSocket) return {};
  ::dup2(fd, kInsideSocket);
  ::close(fd);
  return {};
}

std::vector<char*> Pointers(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (const std::string& one : strings) pointers.push_back(const_cast<char*>(one.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

bool WriteTo(const std::string& path, std::string_view text) {
  const files::Fd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  return fd.is_open() && ::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

// The program's path: as written when it has a slash, else the first executable in the order's PATH. Empty: none.
std::string Resolve(const Order& order) {
  const std::string& name = order.argv.front();
  if (name.find('/') != std::string::npos) return name;
  std::string path = kFallbackPath;
  for (const std::string& variable : order.variables) {
    if (variable.starts_with("PATH=")) path = variable.substr(5);
  }
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find(':', begin), path.size());
    std::string candidate = path.substr(begin, end - begin) + "/" + name;
    struct stat facts{};
    if (::stat(candidate.c_str(), &facts) == 0 && S_ISREG(facts.st_mode) && ::access(candidate.c_str(), X_OK) == 0)
      return candidate;
    begin = end + 1;
  }
  return {};
}

// What posix_spawn is told; owns its two objects.
class SpawnTerms {
 public:
  SpawnTerms(const std::string& folder, int output) {
    ::posix_spawnattr_init(&attributes_);
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    sigset_t set;
    ::sigemptyset(&set);
    ::posix_spawnattr_setsigmask(&attributes_, &set);
    ::sigfillset(&set);
    ::posix_spawnattr_setsigdefault(&attributes_, &set);
    ::posix_spawn_file_actions_addopen(&actions_, 0, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions_, output, 1);
    ::posix_spawn_file_actions_adddup2(&actions_, output, 2);
    ::posix_spawn_file_actions_addchdir_np(&actions_, folder.c_str());
  }
  SpawnTerms(const SpawnTerms&) = delete;
  SpawnTerms& operator=(const SpawnTerms&) = delete;
  ~SpawnTerms() {
    ::posix_spawnattr_destroy(&attributes_);
    ::posix_spawn_file_actions_destroy(&actions_);
  }

  const posix_spawnattr_t* attributes() const { return &attributes_; }
  const posix_spawn_file_actions_t* actions() const { return &actions_; }

 private:
  posix_spawnattr_t attributes_{};
  posix_spawn_file_actions_t actions_{};
};

class Runner {
 public:
  Result<void> Run(const std::vector<std::string>& words);

 private:
  void OnMessage();
  void Take(const Received& received);
  void Start(const Received& received);
  void Ask(const Received& received);
  void OnSignal();
  void Say(Saying saying, std::uint32_t token, int number);

  bool in_container_ = false;
  supervise::PollLoop loop_;
  files::Fd signals_;
  std::map<pid_t, std::uint32_t> tokens_;  // Of those who run.
  std::map<std::uint32_t, StepProcesses> steps_;
};

// Never raised, and not below what we use ourselves: we would end with everything here.
void Limit(__rlimit_resource what, std::uint64_t at_most, std::uint64_t own) {
  rlimit limit{};
  if (at_most <= own || ::getrlimit(what, &limit) != 0) return;
  limit.rlim_max = std::min<rlim_t>(limit.rlim_max, at_most);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(what, &limit);
}

// VmData, which the kernel holds against RLIMIT_DATA.
std::uint64_t OwnDataBytes() {
  const std::string status = files::ReadFile("/proc/self/status", 64 << 10).value_or("");
  const std::size_t at = status.find("VmData:");
  return at == std::string::npos ? 0 : std::strtoull(status.c_str() + at + 7, nullptr, 10) * 1024;
}

Result<void> Runner::Run(const std::vector<std::string>& words) {
  const auto number = [&words](std::size_t i) { return i < words.size() ? std::strtoull(words[i].c_str(), nullptr, 10) : 0; };
  in_container_ = words.size() > 2;
  if (in_container_) TRY_OK(ConnectOut(words[2]));
  Limit(RLIMIT_NPROC, number(0), 0);
  Limit(RLIMIT_DATA, number(1), OwnDataBytes());
  // Nothing but our socket came with intent, and nobody may look into us.
  ::close_range(kInsideSocket + 1, ~0U, 0);
  ::fcntl(kInsideSocket, F_SETFD, FD_CLOEXEC);
  ::fcntl(kInsideSocket, F_SETFL, O_NONBLOCK);
  ::prctl(PR_SET_DUMPABLE, 0);
  // The first process gets no signal from within that it has no handler for; a library's handler would open that way.
  for (int one = 1; one < NSIG; ++one) ::signal(one, SIG_DFL);
  ::umask(022);
  TRY(signals_, supervise::OpenSignals());
  loop_.Watch(signals_.get(), POLLIN, [this](short) { OnSignal(); });
  loop_.Watch(kInsideSocket, POLLIN, [this](short) { OnMessage(); });
  Say(Saying::kReady, 0, 0);
  loop_.Run();
  return {};
}

void Runner::Say(Saying saying, std::uint32_t token, int number) {
  // One that does not arrive means that nobody is outside: the next Receive says so.
  static_cast<void>(Send(kInsideSocket, {saying, token, number}));
}

void Runner::OnMessage() {
  for (;;) {
    const Result<Received> received = Receive(kInsideSocket);
    if (received.has_value()) {
      Take(*received);
    } else if (received.error().code == ErrorCode::kUnavailable) {
      return loop_.Stop();
    } else {
      return;
    }
  }
}

void Runner::Take(const Received& received) {
  const Message& message = received.message;
  if (message.saying == Saying::kSignal) {
    const auto step = steps_.find(message.token);
    if (step != steps_.end()) SignalStep(step->second, message.number);
    return;
  }
  if (received.descriptors.size() != 2) return Say(Saying::kFailed, message.token, EBADF);
  message.saying == Saying::kStart ? Start(received) : Ask(received);
}

void Runner::Start(const Received& received) {
  const std::uint32_t token = received.message.token;
  Result<Order> order = ReadOrder(received.descriptors[0].get());
  if (!order.has_value()) return Say(Saying::kFailed, token, EINVAL);
  if (in_container_) AddImageVariables(*order);
  struct stat facts{};
  // posix_spawn would not say which of the two is missing.
  if (::stat(order->working_folder.c_str(), &facts) != 0 || !S_ISDIR(facts.st_mode))
    return Say(Saying::kFailed, token, ENOTDIR);
  const std::string program = Resolve(*order);
  if (program.empty()) return Say(Saying::kFailed, token, ENOENT);
  const SpawnTerms terms(order->working_folder, received.descriptors[1].get());
  pid_t pid = 0;
  const int failed = ::posix_spawn(&pid, program.c_str(), terms.actions(), terms.attributes(), Pointers(order->argv).data(),
                                   Pointers(order->variables).data());
  if (failed != 0) return Say(Saying::kFailed, token, failed);
  tokens_[pid] = token;
  steps_[token] = {pid, order->mark};
  Say(Saying::kStarted, token, pid);
  // Where memory ends, a step goes before what keeps it.
  static_cast<void>(WriteTo("/proc/" + std::to_string(pid) + "/oom_score_adj", kStepMemoryScore));
}

void Runner::Ask(const Received& received) {
  const std::uint32_t token = received.message.token;
  const Result<std::vector<std::string>> question = ReadPayload(received.descriptors[0].get());
  if (!question.has_value() || question->empty()) return Say(Saying::kFailed, token, EINVAL);
  const pid_t pid = ::fork();
  if (pid < 0) return Say(Saying::kFailed, token, errno);
  if (pid == 0) {
    ::setsid();
    const int output = received.descriptors[1].get();
    if (received.message.saying == Saying::kHash) {
      ::_exit(AnswerHash(question->front(), {question->begin() + 1, question->end()}, output));
    }
    ::_exit(
        AnswerRead(question->front(), question->size() < 2 ? 0 : std::strtoull((*question)[1].c_str(), nullptr, 10), output));
  }
  tokens_[pid] = token;
  steps_[token] = {pid, ""};
  Say(Saying::kStarted, token, pid);
}

void Runner::OnSignal() {
  signalfd_siginfo signal{};
  while (::read(signals_.get(), &signal, sizeof signal) == static_cast<ssize_t>(sizeof signal)) {
    // Only our end ends us: steps have no say in it.
  }
  int status = 0;
  for (pid_t pid = 0; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) {
    const auto found = tokens_.find(pid);
    if (found == tokens_.end()) continue;
    steps_[found->second].leader = 0;  // Its number may come back as somebody else's.
    Say(Saying::kEnded, found->second, status);
    tokens_.erase(found);
  }
}

}  // namespace

Result<void> RunInside(const std::vector<std::string>& words) {
  Runner runner;
  TRY_OK(runner.Run(words));
  // Everything here ends with us; there is nothing to tidy.
  ::_exit(0);
}

}  // namespace tuesday::sandbox
