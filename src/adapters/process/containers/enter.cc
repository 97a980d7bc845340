// SPDX-License-Identifier: Apache-2.0
#include "adapters/process/containers/enter.h"

#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "adapters/containers/engine.h"
#include "adapters/files/fd.h"
#include "adapters/supervise/spawn.h"

namespace tuesday::process {
namespace {

constexpr Duration kSendPatience = std::chrono::seconds(30);
constexpr int kLookAgainMs = 10;
constexpr int kLooksMax = 500;

volatile sig_atomic_t size_changed = 0;

bool IsNull(int fd) {
  struct stat facts{};
  return ::fstat(fd, &facts) != 0 || (S_ISCHR(facts.st_mode) && facts.st_rdev == ::makedev(1, 3));
}

// Keys go through as they are while it lives.
class RawTerminal {
 public:
  explicit RawTerminal(bool is_wanted) : is_raw_(is_wanted && ::tcgetattr(STDIN_FILENO, &before_) == 0) {
    if (!is_raw_) return;
    termios raw = before_;
    ::cfmakeraw(&raw);
    ::tcsetattr(STDIN_FILENO, TCSANOW, &raw);
  }
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;
  ~RawTerminal() {
    if (is_raw_) ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  }

 private:
  termios before_{};
  bool is_raw_ = false;
};

void WriteOut(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
}

// Ends the command when we are killed before it is over (a probe that took too long): the engine would let it run on.
class Watcher {
 public:
  Watcher(const containers::Engine& engine, const std::string& exec) {
    int ends[2];
    if (::pipe(ends) != 0) return;
    const pid_t child = ::fork();
    if (child == 0) {
      ::close(ends[1]);
      ::setsid();  // Who kills us kills our group.
      for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::close(fd);
      char byte = 0;
      if (::read(ends[0], &byte, 1) == 0) {
        if (const auto pid = engine.PidOf(exec); pid.has_value() && *pid > 1) ::kill(static_cast<pid_t>(*pid), SIGKILL);
      }
      ::_exit(0);
    }
    ::close(ends[0]);
    alarm_ = files::Fd(ends[1]);
  }
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;
  ~Watcher() {
    if (alarm_.is_open()) (void)!::write(alarm_.get(), "x", 1);
  }

 private:
  files::Fd alarm_;
};

class Session {
 public:
  Session(containers::Engine engine, containers::Engine::Running running, bool has_terminal, bool has_input)
      : engine_(std::move(engine)), running_(std::move(running)), has_terminal_(has_terminal), reads_(has_input) {}

  Result<int> Run() {
    if (has_terminal_) Resize();
    while (!running_.stream.ended()) {
      TRY_OK(TakeOutput());
      if (running_.stream.ended()) break;
      pollfd polled[] = {{running_.stream.fd(), POLLIN, 0}, {reads_ ? STDIN_FILENO : -1, POLLIN, 0}};
      ::poll(polled, 2, -1);
      if (std::exchange(size_changed, 0) != 0) Resize();
      if (polled[1].revents != 0) TRY_OK(TakeInput());
    }
    return Exit();
  }

 private:
  Result<void> TakeOutput() {
    const std::string came = running_.stream.Read();
    if (has_terminal_) {
      WriteOut(came);
      return {};
    }
    TRY(const std::string text, frames_.Feed(came));
    WriteOut(text);
    return {};
  }

  Result<void> TakeInput() {
    char bytes[4096];
    const ssize_t got = ::read(STDIN_FILENO, bytes, sizeof bytes);
    if (got > 0) return running_.stream.Send(std::string_view(bytes, static_cast<std::size_t>(got)), kSendPatience);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) return {};
    reads_ = false;
    running_.stream.EndSending();
    return {};
  }

  void Resize() {
    winsize size{};
    if (::ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0) {
      static_cast<void>(engine_.ResizeTerminal(running_.id, size.ws_row, size.ws_col));
    }
  }

  // Its output has ended; the engine may need a moment to say how it did.
  Result<int> Exit() {
    for (int look = 0; look < kLooksMax; ++look) {
      TRY(const std::optional<int> code, engine_.ExitOf(running_.id));
      if (code.has_value()) return *code;
      ::poll(nullptr, 0, kLookAgainMs);
    }
    return Fail(ErrorCode::kUnavailable, "The container engine does not say how the command ended.");
  }

  containers::Engine engine_;
  containers::Engine::Running running_;
  containers::LogFrames frames_;
  bool has_terminal_;
  bool reads_;
};

}  // namespace

std::vector<std::string> EnterWords(const std::string& socket, const std::string& container) {
  return {supervise::OwnProgram(), "supervise", "enter", socket, container, "--"};
}

Result<int> RunEnter(const std::vector<std::string>& words) {
  const bool has_dashes = words.size() > 2 && words[2] == "--";
  containers::Engine::Command command;
  if (words.size() > 2) command.words.assign(words.begin() + (has_dashes ? 3 : 2), words.end());
  if (command.words.empty()) return Fail(ErrorCode::kInvalid, "There is no command to run in the container.");
  ::signal(SIGPIPE, SIG_IGN);
  command.has_terminal = ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
  command.has_input = !IsNull(STDIN_FILENO);
  if (const char* term = ::getenv("TERM"); term != nullptr && command.has_terminal) {
    command.environment.push_back(std::string("TERM=") + term);
  }
  const containers::Engine engine(words[0]);
  TRY(containers::Engine::Running running, engine.Exec(words[1], command));
  struct sigaction changed{};
  changed.sa_handler = [](int) { size_changed = 1; };
  ::sigaction(SIGWINCH, &changed, nullptr);
  const Watcher watcher(engine, running.id);
  const RawTerminal raw(command.has_terminal);
  return Session(engine, std::move(running), command.has_terminal, command.has_input).Run();
}

}  // namespace tuesday::process
