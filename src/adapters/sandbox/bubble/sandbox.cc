// SPDX-License-Identifier: Apache-2.0
#include "adapters/sandbox/bubble/sandbox.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "adapters/files/files.h"
#include "adapters/sandbox/bubble/filter.h"
#include "adapters/sandbox/bubble/stage.h"
#include "adapters/sandbox/inside/message.h"
#include "adapters/supervise/children.h"
#include "adapters/supervise/poll_loop.h"

namespace tuesday::sandbox {
namespace {

using supervise::BootNow;

constexpr Duration kStartPatience = std::chrono::seconds(30);
constexpr std::size_t kComplaintBytesMax = 4096;
constexpr int kNetworkReadyDescriptor = 3;
constexpr int kNetworkExitDescriptor = 4;
constexpr int kAboveOurs = 20;  // Descriptors are moved here before they get their numbers.
constexpr const char* kMtu = "65520";

// The path of a program in PATH.
Result<std::string> FindProgram(const std::string& name, const std::string& package) {
  const char* const variable = ::getenv("PATH");
  const std::string path = variable == nullptr ? "/usr/local/bin:/usr/bin:/bin" : variable;
  if (name.find('/') != std::string::npos && ::access(name.c_str(), X_OK) == 0) return name;
  for (std::size_t begin = 0; name.find('/') == std::string::npos && begin <= path.size();) {
    const std::size_t end = std::min(path.find(':', begin), path.size());
    std::string candidate = path.substr(begin, end - begin) + "/" + name;
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
    begin = end + 1;
  }
  return Fail(ErrorCode::kUnsupported, "Jobs run in sandboxes, and the program '" + name + "' is not there.",
              "Install it: apt-get install " + package + ".");
}

// Waits for something to read. False: nothing came in time.
bool WaitReadable(std::initializer_list<int> fds, Instant deadline) {
  std::vector<pollfd> polled;
  for (const int fd : fds) polled.push_back({fd, POLLIN, 0});
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - BootNow()).count();
  return left > 0 && ::poll(polled.data(), polled.size(), static_cast<int>(left)) > 0;
}

// What there is to read at once.
std::string ReadAtOnce(int fd) {
  std::string text;
  char buffer[1024];
  for (ssize_t got = 0; text.size() < kComplaintBytesMax && (got = ::read(fd, buffer, sizeof buffer)) > 0;) {
    text.append(buffer, static_cast<std::size_t>(got));
  }
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

// Gives descriptors the numbers 0, 1, 2, … in a child that is about to exec; -1 is /dev/null.
void PlaceDescriptors(std::vector<int> fds) {
  for (int& fd : fds) fd = fd < 0 ? ::open("/dev/null", O_RDWR) : fd;
  for (int& fd : fds) fd = ::fcntl(fd, F_DUPFD_CLOEXEC, kAboveOurs);
  for (std::size_t i = 0; i < fds.size(); ++i) ::dup2(fds[i], static_cast<int>(i));
}

[[noreturn]] void Exec(const std::vector<std::string>& argv) {
  struct sigaction fallback{};
  fallback.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) ::sigaction(number, &fallback, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  std::vector<char*> pointers;
  for (const std::string& word : argv) pointers.push_back(const_cast<char*>(word.c_str()));
  pointers.push_back(nullptr);
  char* const no_variables[] = {nullptr};
  ::execve(pointers.front(), pointers.data(), no_variables);
  ::_exit(127);
}

// The way between us and the child before it becomes bubblewrap: a message with the listener, or a sentence about what failed.
class Handshake {
 public:
  static Result<Handshake> Make() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
      return std::unexpected(files::SystemError("cannot make", "a pair of sockets", errno));
    }
    return Handshake{files::Fd(ends[0]), files::Fd(ends[1])};
  }

  [[noreturn]] void TellFailure(const Error& error) const {
    const std::string text = std::string(ErrorCodeName(error.code)) + '\0' + error.message + '\0' + error.hint;
    static_cast<void>(::send(theirs.get(), text.data(), text.size(), MSG_NOSIGNAL));
    ::_exit(1);
  }

  files::Fd ours;
  files::Fd theirs;
};

Error FailureOf(const std::string& text) {
  const std::size_t first = text.find('\0');
  const std::size_t second = text.find('\0', first + 1);
  Error error{ErrorCode::kInternal, "The sandbox cannot be made.", ""};
  if (second == std::string::npos) return error;
  error.message = "The sandbox cannot be made: " + text.substr(first + 1, second - first - 1);
  error.hint = text.substr(second + 1);
  if (text.substr(0, first) == ErrorCodeName(ErrorCode::kUnsupported)) error.code = ErrorCode::kUnsupported;
  return error;
}

void LimitFiles(std::uint64_t file_bytes_max) {
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  rlimit file{};
  ::getrlimit(RLIMIT_FSIZE, &file);
  file.rlim_max = std::min<rlim_t>(file.rlim_max, file_bytes_max == 0 ? RLIM_INFINITY : file_bytes_max);
  file.rlim_cur = file.rlim_max;
  ::setrlimit(RLIMIT_FSIZE, &file);
}

struct ChildEnds {
  int message_socket = -1;
  int filter = -1;
  int output = -1;
};

// In the child: everything until bubblewrap takes over.
Result<std::vector<std::string>> PrepareBubble(const SandboxPlan& plan, const std::string& bubblewrap, pid_t parent,
                                               files::Fd& listener) {
  ::setsid();
  TRY_OK(JoinGroups(plan.groups));
  std::vector<Bind> binds = plan.binds;
  binds.push_back({plan.program, std::string(kInsideProgram), Mount::Access::kRead});
  if (plan.user) {
    TRY(binds, StageBinds(binds));
  }
  TRY_OK(BecomeUser(plan.user, parent));
  LimitFiles(plan.file_bytes_max);
  TRY_OK(EnterNamespaces());
  TRY_OK(ShutOff(plan.own_addresses));
  if (plan.service_port != 0) {
    TRY(listener, ListenOnLoopback(plan.service_port));
  }
  std::vector<Bind> all = MachineBinds();
  all.insert(all.end(), binds.begin(), binds.end());
  std::vector<std::string> command = {std::string(kInsideProgram)};
  command.insert(command.end(), plan.runner_words.begin(), plan.runner_words.end());
  return BubbleArguments(bubblewrap, all, command);
}

[[noreturn]] void RunBubbleChild(const SandboxPlan& plan, const std::string& bubblewrap, pid_t parent,
                                 const Handshake& handshake, const ChildEnds& ends) {
  files::Fd listener;
  const Result<std::vector<std::string>> argv = PrepareBubble(plan, bubblewrap, parent, listener);
  if (!argv.has_value()) handshake.TellFailure(argv.error());
  std::vector<int> given;
  if (listener.is_open()) given.push_back(listener.get());
  if (!Send(handshake.theirs.get(), {Saying::kReady, 0, 0}, given).has_value()) ::_exit(1);
  // The network comes from outside, and its program needs us as we are now.
  char go = 0;
  if (::recv(handshake.theirs.get(), &go, 1, 0) != 1) ::_exit(1);
  PlaceDescriptors({-1, ends.output, ends.output, ends.message_socket, ends.filter});
  Exec(*argv);
}

Result<files::Fd> AwaitNamespaces(const Handshake& handshake, pid_t child) {
  if (!WaitReadable({handshake.ours.get()}, BootNow() + kStartPatience)) {
    ::kill(child, SIGKILL);
    return Fail(ErrorCode::kUnavailable, "The sandbox cannot be made in time.");
  }
  char text[kComplaintBytesMax];
  const ssize_t size = ::recv(handshake.ours.get(), text, sizeof text, MSG_PEEK);
  if (size != static_cast<ssize_t>(sizeof(Message))) {
    return std::unexpected(FailureOf(size > 0 ? std::string(text, static_cast<std::size_t>(size)) : std::string()));
  }
  TRY(Received received, Receive(handshake.ours.get()));
  return received.descriptors.empty() ? files::Fd() : std::move(received.descriptors.front());
}

Result<void> StartNetwork(const SandboxPlan& plan, Sandbox& sandbox) {
  TRY(const std::string slirp, FindProgram(plan.slirp, "slirp4netns"));
  TRY(supervise::OutputPipe ready, supervise::MakeOutputPipe());
  TRY(supervise::OutputPipe exit, supervise::MakeOutputPipe());
  TRY(supervise::OutputPipe output, supervise::MakeOutputPipe());
  const std::vector<std::string> argv = {slirp,
                                         "--configure",
                                         "--mtu=" + std::string(kMtu),
                                         "--cidr=" + plan.outside->cidr,
                                         "--disable-host-loopback",
                                         "--enable-sandbox",
                                         "--enable-seccomp",
                                         "--ready-fd=" + std::to_string(kNetworkReadyDescriptor),
                                         "--exit-fd=" + std::to_string(kNetworkExitDescriptor),
                                         std::to_string(sandbox.bubble),
                                         "tap0"};
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) return std::unexpected(files::SystemError("cannot fork for", slirp, errno));
  if (child == 0) {
    ::setsid();
    const Result<void> staged = plan.user ? StageTun() : Result<void>();
    const Result<void> became = staged.has_value() ? BecomeUser(plan.user, parent) : staged;
    if (!became.has_value()) {
      ::dprintf(output.child_end.get(), "%s\n", became.error().message.c_str());
      ::_exit(1);
    }
    PlaceDescriptors({-1, output.child_end.get(), output.child_end.get(), ready.child_end.get(), exit.ours.get()});
    Exec(argv);
  }
  sandbox.network = child;
  ready.child_end.Close();
  output.child_end.Close();
  sandbox.network_exit = std::move(exit.child_end);
  char byte = 0;
  const bool came = WaitReadable({ready.ours.get()}, BootNow() + kStartPatience) && ::read(ready.ours.get(), &byte, 1) == 1;
  if (came) return {};
  ::poll(nullptr, 0, 1);
  return Fail(ErrorCode::kUnsupported, "The sandbox gets no network: slirp4netns says: " + ReadAtOnce(output.ours.get()),
              "Make /dev/net/tun usable (chmod 0666 /dev/net/tun), or run jobs without a network.");
}

// The end of the start: the runner says that it is there, or bubblewrap says why not.
Result<void> AwaitRunner(const Sandbox& sandbox) {
  const Instant deadline = BootNow() + kStartPatience;
  while (WaitReadable({sandbox.socket.get()}, deadline)) {
    const Result<Received> received = Receive(sandbox.socket.get());
    if (received.has_value() && received->message.saying == Saying::kReady) return {};
    if (!received.has_value() && received.error().code == ErrorCode::kNotFound) continue;
    break;
  }
  const std::string said = ReadAtOnce(sandbox.output.get());
  return Fail(ErrorCode::kUnsupported, "The sandbox does not start: " + (said.empty() ? "it says nothing." : said),
              "Look at `tuesday doctor`.");
}

}  // namespace

Result<Sandbox> StartSandbox(const SandboxPlan& plan) {
  TRY(const std::string bubblewrap, FindProgram(plan.bubblewrap, "bubblewrap"));
  TRY(const files::Fd filter, MakeFilter());
  TRY(auto messages, MakeMessagePair());
  TRY(supervise::OutputPipe output, supervise::MakeOutputPipe());
  TRY(Handshake handshake, Handshake::Make());
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) return std::unexpected(files::SystemError("cannot fork for", bubblewrap, errno));
  if (child == 0) {
    RunBubbleChild(plan, bubblewrap, parent, handshake, {messages.second.get(), filter.get(), output.child_end.get()});
  }
  handshake.theirs.Close();
  messages.second.Close();
  output.child_end.Close();
  Sandbox sandbox;
  sandbox.bubble = child;
  sandbox.socket = std::move(messages.first);
  sandbox.output = std::move(output.ours);
  ::fcntl(sandbox.socket.get(), F_SETFL, O_NONBLOCK);
  TRY(sandbox.service_listener, AwaitNamespaces(handshake, child));
  if (plan.outside) TRY_OK(StartNetwork(plan, sandbox));
  if (::send(handshake.ours.get(), "g", 1, MSG_NOSIGNAL) != 1) {
    return Fail(ErrorCode::kUnavailable, "The sandbox ended before it began.");
  }
  TRY_OK(AwaitRunner(sandbox));
  return sandbox;
}

Result<void> ProbeUserNamespaces() {
  TRY(Handshake handshake, Handshake::Make());
  const pid_t child = ::fork();
  if (child < 0) return std::unexpected(files::SystemError("cannot fork for", "a probe", errno));
  if (child == 0) {
    std::optional<supervise::UserIds> user;
    if (::geteuid() == 0) user = supervise::UserIds{65534, 65534};
    const Result<void> became = BecomeUser(user, ::getppid());
    const Result<void> entered = became.has_value() ? EnterNamespaces() : became;
    if (!entered.has_value()) handshake.TellFailure(entered.error());
    static_cast<void>(Send(handshake.theirs.get(), {Saying::kReady, 0, 0}));
    ::_exit(0);
  }
  handshake.theirs.Close();
  const Result<files::Fd> entered = AwaitNamespaces(handshake, child);
  ::waitpid(child, nullptr, 0);
  if (!entered.has_value()) return std::unexpected(entered.error());
  return {};
}

}  // namespace tuesday::sandbox
