// SPDX-License-Identifier: Apache-2.0
// A small HTTP/1.1 service whose faults can be set: errors, slowness, crashes, hanging. One thread on epoll, keep-alive,
// pipelining. GET /health answers 200 without any fault. Used by the demo, the end-to-end tests and the benchmarks.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <map>
#include <memory>
#include <queue>
#include <random>
#include <thread>
#include <unordered_map>
#include <vector>

#include "service/counters.h"
#include "service/settings.h"

namespace example {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kHeaderBytesMax = 65536;
constexpr std::size_t kBodyBytesMax = 16 << 20;
constexpr auto kDrainTime = std::chrono::seconds(25);

struct Connection {
  int fd = -1;
  std::uint64_t serial = 0;
  std::string input;
  std::string output;
  bool busy = false;     // A request is being answered; the next one waits.
  bool counted = false;  // Its request is in the counters.
  bool close_after = false;
  bool wants_write = false;
};

struct Due {
  Clock::time_point when;
  int fd;
  std::uint64_t serial;
  int status;
  bool operator<(const Due& other) const { return when > other.when; }
};

// The first process of a container is spared the signals that it sends to itself, and not a fault.
[[noreturn]] void Crash() {
  ::raise(SIGSEGV);
  __builtin_trap();
}

class Service {
 public:
  explicit Service(Settings settings) : settings_(std::move(settings)), counters_(settings_.counters) {}

  int Run();

 private:
  bool Listen();
  void Accept();
  void OnEvent(int fd, std::uint32_t events);
  void Read(Connection& connection);
  void TakeRequests(Connection& connection);
  // The bytes of the first request, 0 while it is not whole, -1 when it is none.
  long RequestBytes(const Connection& connection) const;
  void Begin(Connection& connection, std::string_view head);
  void Answer(Connection& connection, int status);
  void Write(Connection& connection);
  void Drop(int fd);
  void AnswerDue();
  int WaitMs() const;
  double Uniform() { return std::uniform_real_distribution<double>(0, 1)(random_); }
  Clock::duration Latency();

  Settings settings_;
  Counters counters_;
  std::mt19937_64 random_{std::random_device{}()};
  int epoll_ = -1;
  int listener_ = -1;
  int signals_ = -1;
  std::uint64_t serial_ = 0;
  std::unordered_map<int, std::unique_ptr<Connection>> connections_;
  std::priority_queue<Due> due_;
  Clock::time_point crash_at_ = Clock::time_point::max();
  Clock::time_point drain_until_ = Clock::time_point::max();
  std::size_t open_requests_ = 0;
};

bool Service::Listen() {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int on = 1;
  ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(settings_.listen == "any" ? INADDR_ANY : INADDR_LOOPBACK);
  address.sin_port = htons(settings_.port);
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || ::listen(listener_, 4096) != 0) {
    std::fprintf(stderr, "cannot listen on 127.0.0.1:%d: %s\n", settings_.port, std::strerror(errno));
    return false;
  }
  return true;
}

int Service::Run() {
  std::this_thread::sleep_for(std::chrono::duration<double, std::milli>(settings_.startup_delay_ms));
  if (!Listen()) return 1;
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGTERM);
  ::sigaddset(&set, SIGINT);
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  signals_ = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  for (const int fd : {listener_, signals_}) {
    epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }
  if (settings_.crash_after_s > 0) {
    crash_at_ =
        Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(settings_.crash_after_s));
  }
  std::printf("%s listens on 127.0.0.1:%d\n", settings_.version.c_str(), settings_.port);
  std::fflush(stdout);
  epoll_event events[256];
  for (;;) {
    const int count = ::epoll_wait(epoll_, events, 256, WaitMs());
    for (int i = 0; i < count; ++i) OnEvent(events[i].data.fd, events[i].events);
    AnswerDue();
    const auto now = Clock::now();
    if (now >= crash_at_) {
      std::fprintf(stderr, "crash as told after %.1f s\n", settings_.crash_after_s);
      Crash();
    }
    const bool draining = drain_until_ != Clock::time_point::max();
    if (draining && (open_requests_ == 0 || now >= drain_until_)) return 0;
  }
}

int Service::WaitMs() const {
  auto next = std::min(crash_at_, drain_until_);
  if (!due_.empty()) next = std::min(next, due_.top().when);
  if (next == Clock::time_point::max()) return -1;
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(next - Clock::now()).count();
  return static_cast<int>(std::clamp<long long>(wait, 0, 1000));
}

void Service::OnEvent(int fd, std::uint32_t events) {
  if (fd == listener_) return Accept();
  if (fd == signals_) {
    // New connections are refused; requests under way are answered.
    ::close(listener_);
    listener_ = -2;
    signalfd_siginfo signal{};
    while (::read(signals_, &signal, sizeof signal) > 0) continue;
    drain_until_ = Clock::now() + kDrainTime;
    return;
  }
  const auto found = connections_.find(fd);
  if (found == connections_.end()) return;
  Connection& connection = *found->second;
  if ((events & EPOLLOUT) != 0) Write(connection);
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0 && connections_.contains(fd)) Read(connection);
}

void Service::Accept() {
  for (;;) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return;
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
    auto connection = std::make_unique<Connection>();
    connection->fd = fd;
    connection->serial = ++serial_;
    connections_[fd] = std::move(connection);
  }
}

void Service::Read(Connection& connection) {
  char buffer[16384];
  const ssize_t got = ::recv(connection.fd, buffer, sizeof buffer, 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) return Drop(connection.fd);
  connection.input.append(buffer, static_cast<std::size_t>(got));
  TakeRequests(connection);
}

long Service::RequestBytes(const Connection& connection) const {
  const std::size_t end = connection.input.find("\r\n\r\n");
  if (end == std::string::npos) return connection.input.size() > kHeaderBytesMax ? -1 : 0;
  std::size_t body = 0;
  const std::string_view head(connection.input.data(), end + 2);
  for (std::size_t at = head.find("\r\n"); at + 2 < head.size(); at = head.find("\r\n", at + 2)) {
    constexpr std::string_view kName = "content-length:";
    const std::string_view line = head.substr(at + 2);
    if (line.size() > kName.size() && ::strncasecmp(line.data(), kName.data(), kName.size()) == 0) {
      body = std::strtoul(line.data() + kName.size(), nullptr, 10);
    }
  }
  if (body > kBodyBytesMax) return -1;
  const std::size_t whole = end + 4 + body;
  return connection.input.size() >= whole ? static_cast<long>(whole) : 0;
}

void Service::TakeRequests(Connection& connection) {
  const int fd = connection.fd;
  while (!connection.busy) {
    const long bytes = RequestBytes(connection);
    if (bytes < 0) return Drop(fd);
    if (bytes == 0) return;
    const std::string request = connection.input.substr(0, static_cast<std::size_t>(bytes));
    connection.input.erase(0, static_cast<std::size_t>(bytes));
    Begin(connection, request);
    // The connection is gone when its answer could not be written.
    if (!connections_.contains(fd)) return;
  }
}

Clock::duration Service::Latency() {
  if (settings_.latency_ms <= 0) return {};
  double ms = settings_.latency_ms * std::exp(settings_.latency_spread * std::normal_distribution<double>()(random_));
  if (settings_.p99_factor != 1 && Uniform() < 0.02) ms = settings_.latency_ms * 2 * settings_.p99_factor;
  return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double, std::milli>(ms));
}

void Service::Begin(Connection& connection, std::string_view head) {
  connection.busy = true;
  connection.close_after = drain_until_ != Clock::time_point::max() || head.find("\r\nConnection: close") != head.npos ||
                           head.find("\r\nconnection: close") != head.npos;
  ++open_requests_;
  const std::size_t path = head.find(' ') + 1;
  connection.counted = head.substr(path, 7) != "/health";  // Checks are not requests: they go on while nobody asks.
  if (!connection.counted) return Answer(connection, 200);
  counters_.Begin();
  if (settings_.crash_rate > 0 && Uniform() < settings_.crash_rate) Crash();
  if (settings_.hang_rate > 0 && Uniform() < settings_.hang_rate) return;
  const int status = settings_.error_rate > 0 && Uniform() < settings_.error_rate ? 500 : 200;
  const auto latency = Latency();
  if (latency <= Clock::duration::zero()) return Answer(connection, status);
  due_.push({Clock::now() + latency, connection.fd, connection.serial, status});
}

void Service::AnswerDue() {
  while (!due_.empty() && due_.top().when <= Clock::now()) {
    const Due due = due_.top();
    due_.pop();
    const auto found = connections_.find(due.fd);
    if (found == connections_.end() || found->second->serial != due.serial) continue;
    Connection& connection = *found->second;
    Answer(connection, due.status);
    if (connections_.contains(due.fd)) TakeRequests(connection);
  }
}

void Service::Answer(Connection& connection, int status) {
  const std::string body = status == 200 ? "hello from " + settings_.version + "\n" : "an error as told\n";
  connection.output += "HTTP/1.1 " + std::to_string(status) + (status == 200 ? " OK" : " Internal Server Error") +
                       "\r\nContent-Type: text/plain\r\nX-Version: " + settings_.version +
                       "\r\nContent-Length: " + std::to_string(body.size()) +
                       (connection.close_after ? "\r\nConnection: close" : "") + "\r\n\r\n" + body;
  connection.busy = false;
  --open_requests_;
  if (connection.counted) counters_.End();
  Write(connection);
}

void Service::Write(Connection& connection) {
  while (!connection.output.empty()) {
    const ssize_t sent = ::send(connection.fd, connection.output.data(), connection.output.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno != EAGAIN) return Drop(connection.fd);
    if (sent < 0) break;
    connection.output.erase(0, static_cast<std::size_t>(sent));
  }
  if (connection.output.empty() && connection.close_after) return Drop(connection.fd);
  if (connection.wants_write == !connection.output.empty()) return;
  connection.wants_write = !connection.output.empty();
  epoll_event event{.events = EPOLLIN | (connection.wants_write ? EPOLLOUT : 0u), .data = {.fd = connection.fd}};
  ::epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.fd, &event);
}

void Service::Drop(int fd) {
  const auto found = connections_.find(fd);
  if (found->second->busy) {
    // The client went away: its request is no longer inside.
    --open_requests_;
    if (found->second->counted) counters_.End();
  }
  ::close(fd);
  connections_.erase(found);
}

}  // namespace
}  // namespace example

int main(int argc, char** argv) { return example::Service(example::ReadSettings(argc, argv)).Run(); }
