// SPDX-License-Identifier: Apache-2.0
#include "adapters/haproxy/feed.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <list>
#include <vector>

#include "adapters/haproxy/supervisor/log_socket.h"
#include "adapters/supervise/poll_loop.h"
#include "adapters/supervise/spawn.h"

namespace tuesday::haproxy {
namespace {

constexpr Duration kBatchEvery = std::chrono::seconds(1);
// While lines come they are left to gather: a reader that is woken for each costs as much as HAProxy's writing it. Not for
// longer: a socket that is full makes HAProxy try again at every line (25 ms: 0.79 of the throughput without a log, 4 ms:
// 0.84).
constexpr Duration kGatherFor = std::chrono::milliseconds(4);
constexpr std::size_t kReadBytes = 256 << 10;
constexpr std::size_t kPartialLineBytesMax = 4096;
constexpr std::size_t kConnectionsMax = 32;  // One for each HAProxy process that still has requests.

// One HAProxy process' stream.
struct Stream {
  files::Fd fd;
  std::int64_t process = 0;  // HAProxy's pid.
  std::string partial;       // The beginning of a line whose end has not come.
  bool spoke = false;        // Something came: it is no holder of the socket that only looked who listens.
  bool skipping = false;     // Inside a line that is too long.
  bool quiet = true;         // Nothing came at the last look.
};

// Only HAProxy may tell what was served: ourselves, root, or the user that HAProxy was given.
bool IsHaproxy(const ucred& peer) {
  if (peer.uid == 0 || peer.uid == ::geteuid()) return true;
  for (const char* name : {"tuesday", "haproxy"}) {
    if (const auto user = supervise::FindUser(name); user && user->uid == peer.uid) return true;
  }
  return false;
}

void TakeText(std::string_view text, Stream& stream, Tally& tally) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) {
      if (!stream.skipping) stream.partial.append(text);
      if (stream.partial.size() > kPartialLineBytesMax) {
        stream.partial.clear();
        stream.skipping = true;
      }
      return;
    }
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (stream.skipping) {
      tally.AddUnreadable();
      stream.skipping = false;
    } else if (stream.partial.empty()) {
      tally.AddLine(line, stream.process);
    } else {
      stream.partial.append(line);
      tally.AddLine(stream.partial, stream.process);
      stream.partial.clear();
    }
  }
}

// False when the stream has ended.
bool ReadStream(Stream& stream, std::string& buffer, Tally& tally) {
  const ssize_t got = ::recv(stream.fd.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  stream.quiet = got <= 0;
  if (got > 0) {
    // What came before this stream, to us or to a daemon before us, may be lost.
    if (!stream.spoke) tally.MarkReconnected();
    stream.spoke = true;
    TakeText(std::string_view(buffer).substr(0, static_cast<std::size_t>(got)), stream, tally);
    return true;
  }
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return true;
  if (!stream.partial.empty() || stream.skipping) tally.AddUnreadable();
  if (stream.spoke) tally.MarkReconnected();
  return false;
}

void AcceptStream(int listener, std::list<Stream>& streams) {
  files::Fd fd(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  ucred peer{};
  socklen_t size = sizeof peer;
  if (!fd.is_open() || streams.size() >= kConnectionsMax) return;
  if (::getsockopt(fd.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || !IsHaproxy(peer)) return;
  streams.push_back({.fd = std::move(fd), .process = peer.pid, .partial = {}});
}

}  // namespace

Result<std::unique_ptr<HaproxyFeed>> HaproxyFeed::Listen(const std::string& socket_path, AskFailed ask_failed) {
  TRY(files::Fd listener, ShareLogSocket(socket_path, LogHolder::kFeed));
  files::Fd wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  return std::unique_ptr<HaproxyFeed>(new HaproxyFeed(std::move(listener), std::move(wake), std::move(ask_failed)));
}

HaproxyFeed::~HaproxyFeed() { Stop(); }

void HaproxyFeed::Start(std::function<void(EdgeBatch)> take) {
  take_ = std::move(take);
  thread_ = std::thread([this] { Run(); });
}

void HaproxyFeed::Stop() {
  if (!thread_.joinable()) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t ignored = ::write(wake_.get(), &one, sizeof one);
  thread_.join();
}

void HaproxyFeed::Run() {
  Tally tally;
  std::list<Stream> streams;
  std::string buffer(kReadBytes, '\0');
  std::vector<pollfd> polls;
  Instant next = supervise::BootNow() + kBatchEvery;
  while (true) {
    polls = {{wake_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}};
    Duration wait = next - supervise::BootNow();
    for (const Stream& stream : streams) {
      if (stream.quiet)
        polls.push_back({stream.fd.get(), POLLIN, 0});
      else
        wait = std::min(wait, kGatherFor);
    }
    const int wait_ms = wait <= Duration::zero() ? 0 : static_cast<int>(wait / std::chrono::milliseconds(1)) + 1;
    ::poll(polls.data(), polls.size(), wait_ms);
    if (polls[0].revents != 0) return;
    std::erase_if(streams, [&](Stream& stream) { return !ReadStream(stream, buffer, tally); });
    if (polls[1].revents != 0) AcceptStream(listener_.get(), streams);
    if (supervise::BootNow() < next) continue;
    next += kBatchEvery;
    if (ask_failed_) {
      if (const Result<FailedSeen> failed = ask_failed_(); failed) tally.AddFailed(*failed);
    }
    take_(tally.Take(std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now())));
  }
}

}  // namespace tuesday::haproxy
