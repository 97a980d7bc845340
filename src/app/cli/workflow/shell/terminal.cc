// SPDX-License-Identifier: Apache-2.0
#include "app/cli/workflow/shell/terminal.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <string_view>

namespace tuesday::cli {
namespace {

constexpr int kAskEveryMs = 100;

// Nullopt at the end, and when the other side is gone.
enum class Got { kBytes, kNothing, kEnd };

Got ReadSome(int from, std::string& bytes) {
  std::array<char, 16384> buffer;
  const ssize_t got = ::read(from, buffer.data(), buffer.size());
  if (got > 0) {
    bytes.assign(buffer.data(), static_cast<std::size_t>(got));
    return Got::kBytes;
  }
  // EIO: nobody holds the far end any more.
  return got < 0 && (errno == EINTR || errno == EAGAIN) ? Got::kNothing : Got::kEnd;
}

void WriteAll(int to, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(to, bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) return;
    if (written > 0) bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

// Whoever runs there is told of a change by the kernel.
void CopySize(int other) {
  winsize here{};
  winsize there{};
  if (::ioctl(STDIN_FILENO, TIOCGWINSZ, &here) != 0 || ::ioctl(other, TIOCGWINSZ, &there) != 0) return;
  if (here.ws_row != there.ws_row || here.ws_col != there.ws_col) ::ioctl(other, TIOCSWINSZ, &here);
}

}  // namespace

bool HasTerminal() { return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1; }

RawInput::RawInput() {
  if (::tcgetattr(STDIN_FILENO, &before_) != 0) return;
  termios raw = before_;
  ::cfmakeraw(&raw);
  is_raw_ = ::tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0;
}

RawInput::~RawInput() {
  if (is_raw_) ::tcsetattr(STDIN_FILENO, TCSADRAIN, &before_);
}

void TieTerminals(int other, const std::function<bool()>& is_over) {
  using std::chrono::steady_clock;
  ::fcntl(other, F_SETFL, ::fcntl(other, F_GETFL) | O_NONBLOCK);
  std::string typed;  // Not taken by the other side yet; until then nothing more is read.
  std::string shown;
  auto asked = steady_clock::now();
  while (true) {
    CopySize(other);
    std::array<pollfd, 2> ends = {pollfd{other, static_cast<short>(typed.empty() ? POLLIN : POLLIN | POLLOUT), 0},
                                  pollfd{typed.empty() ? STDIN_FILENO : -1, POLLIN, 0}};
    ::poll(ends.data(), ends.size(), kAskEveryMs);
    if ((ends[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
      const Got got = ReadSome(other, shown);
      if (got == Got::kEnd) return;
      if (got == Got::kBytes) WriteAll(STDOUT_FILENO, shown);
    }
    if ((ends[0].revents & POLLOUT) != 0) {
      const ssize_t written = ::write(other, typed.data(), typed.size());
      if (written > 0) typed.erase(0, static_cast<std::size_t>(written));
    }
    if ((ends[1].revents & (POLLIN | POLLHUP | POLLERR)) != 0 && ReadSome(STDIN_FILENO, typed) == Got::kEnd) return;
    if (steady_clock::now() - asked < std::chrono::milliseconds(kAskEveryMs)) continue;
    asked = steady_clock::now();
    if (is_over()) return;
  }
}

}  // namespace tuesday::cli
