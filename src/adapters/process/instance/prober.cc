// SPDX-License-Identifier: Apache-2.0
#include "adapters/process/instance/prober.h"

#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "adapters/supervise/process.h"

namespace tuesday::process {
namespace {

constexpr Duration kEagerPeriod = std::chrono::milliseconds(100);
constexpr Duration kPeriodMin = std::chrono::milliseconds(10);
constexpr std::size_t kStatusLineBytes = 12;  // "HTTP/1.1 200"
constexpr std::size_t kRestBytesMax = 10 << 10;

std::string HttpRequest(const manifest::HttpGet& get, std::uint16_t port) {
  std::string request = "GET " + (get.path.empty() ? "/" : get.path) + " HTTP/1.1\r\n";
  bool has_host = false;
  for (const auto& [name, value] : get.headers) {
    request += name + ": " + value + "\r\n";
    has_host = has_host || ::strcasecmp(name.c_str(), "host") == 0;
  }
  if (!has_host) request += "Host: 127.0.0.1:" + std::to_string(port) + "\r\n";
  return request + "User-Agent: tuesday-probe\r\nConnection: close\r\n\r\n";
}

// 0 when the text is no status line.
int StatusOf(const std::string& answer) {
  int status = 0;
  if (answer.size() < kStatusLineBytes || !answer.starts_with("HTTP/1.") || answer[8] != ' ') return 0;
  std::from_chars(answer.data() + 9, answer.data() + kStatusLineBytes, status);
  return status;
}

std::uint16_t PortOf(const std::string& text, std::uint16_t fallback) {
  std::uint16_t port = fallback;
  std::from_chars(text.data(), text.data() + text.size(), port);
  return port;
}

}  // namespace

Prober::Prober(supervise::PollLoop& loop, manifest::Probe probe, std::uint16_t port, supervise::SpawnPlan exec, Eager eager,
               Callbacks callbacks)
    : loop_(loop),
      probe_(std::move(probe)),
      port_(port),
      exec_(std::move(exec)),
      eager_(eager),
      callbacks_(std::move(callbacks)) {
  next_ = loop_.After(probe_.initial_delay, [this] { Begin(); });
}

Prober::~Prober() {
  loop_.Cancel(next_);
  Abandon();
  CloseRest();
}

void Prober::Abandon() {
  loop_.Cancel(timeout_);
  timeout_ = 0;
  if (socket_.is_open()) {
    loop_.Unwatch(socket_.get());
    socket_.Close();
  }
  if (child_.pid != 0) supervise::KillGroupOf(child_);
  child_ = {};
}

void Prober::Begin() {
  CloseRest();
  began_ = supervise::BootNow();
  timeout_ = loop_.At(began_ + probe_.timeout, [this] { FailWith("no answer within " + DurationText(probe_.timeout)); });
  if (const auto* http = std::get_if<manifest::HttpGet>(&probe_.action)) {
    BeginConnect(http->port, HttpRequest(*http, PortOf(http->port, port_)));
  } else if (const auto* tcp = std::get_if<manifest::TcpSocket>(&probe_.action)) {
    BeginConnect(tcp->port, "");
  } else {
    BeginExec(std::get<manifest::ExecCommand>(probe_.action).command);
  }
}

void Prober::BeginConnect(const std::string& port, std::string request) {
  request_ = std::move(request);
  answer_.clear();
  socket_ = files::Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(PortOf(port, port_));
  const int connected = ::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  if (connected != 0 && errno != EINPROGRESS) return FailWith(std::string("connect: ") + std::strerror(errno));
  loop_.Watch(socket_.get(), POLLOUT, [this](short) { OnConnected(); });
}

void Prober::OnConnected() {
  int failure = 0;
  socklen_t size = sizeof failure;
  ::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &failure, &size);
  if (failure != 0) return FailWith(std::string("connect: ") + std::strerror(failure));
  if (request_.empty()) return Succeed();
  // A probe's request fits into any socket's buffer.
  const ssize_t sent = ::send(socket_.get(), request_.data(), request_.size(), MSG_NOSIGNAL);
  if (sent != static_cast<ssize_t>(request_.size())) return FailWith("the connection was cut");
  loop_.Watch(socket_.get(), POLLIN, [this](short) { OnReadable(); });
}

void Prober::OnReadable() {
  char buffer[512];
  const ssize_t got = ::recv(socket_.get(), buffer, sizeof buffer, 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got > 0) answer_.append(buffer, static_cast<std::size_t>(got));
  if (got > 0 && answer_.size() < kStatusLineBytes) return;
  const int status = StatusOf(answer_);
  if (got > 0 && status != 0) KeepForRest();
  if (status == 0) return FailWith("the answer is no HTTP");
  if (status < 200 || status >= 400) return FailWith("status " + std::to_string(status));
  Succeed();
}

// The status decides at once. The rest is read all the same: a connection that is closed over unread bytes is reset, and a
// server in the middle of writing would have a broken connection in its log for each probe.
void Prober::KeepForRest() {
  loop_.Unwatch(socket_.get());
  rest_ = std::move(socket_);
  rest_bytes_ = 0;
  loop_.Watch(rest_.get(), POLLIN, [this](short) { OnRest(); });
}

void Prober::OnRest() {
  char buffer[4096];
  const ssize_t got = ::recv(rest_.get(), buffer, sizeof buffer, 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  rest_bytes_ += got > 0 ? static_cast<std::size_t>(got) : 0;
  if (got <= 0 || rest_bytes_ > kRestBytesMax) CloseRest();
}

void Prober::CloseRest() {
  if (!rest_.is_open()) return;
  loop_.Unwatch(rest_.get());
  rest_.Close();
}

void Prober::BeginExec(const std::vector<std::string>& command) {
  if (command.empty()) return FailWith("the probe has no command");
  supervise::SpawnPlan plan = exec_;
  plan.argv.insert(plan.argv.end(), command.begin(), command.end());
  const auto child = supervise::Spawn(plan);
  if (!child.has_value()) return FailWith(child.error().message);
  child_ = *child;
}

bool Prober::TakeEnd(pid_t pid, int wait_status) {
  if (child_.pid == 0 || pid != child_.pid) return false;
  // Whatever the command left behind is not to stay.
  supervise::KillGroupOf(child_);
  child_ = {};
  if (WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0) {
    Succeed();
  } else {
    FailWith("the command ended with " + supervise::ExitText(wait_status));
  }
  return true;
}

Duration Prober::NextDelay() const {
  Duration period = std::max(probe_.period, kPeriodMin);
  const bool quick = eager_ == Eager::kYes && health_ != Health::kHealthy && probe_.success_threshold <= 1;
  if (quick) period = std::min(period, kEagerPeriod);
  return period;
}

void Prober::Finish(std::optional<std::string> failure) {
  Abandon();
  successes_ = failure.has_value() ? 0 : successes_ + 1;
  failures_ = failure.has_value() ? failures_ + 1 : 0;
  const Health before = health_;
  if (successes_ >= probe_.success_threshold && successes_ > 0) health_ = Health::kHealthy;
  if (failures_ >= probe_.failure_threshold && failures_ > 0) health_ = Health::kUnhealthy;
  next_ = loop_.At(std::max(began_ + NextDelay(), supervise::BootNow()), [this] { Begin(); });
  if (failure.has_value()) callbacks_.failed(*failure);
  if (health_ != before) {
    // A copy: the owner may end this prober in the call.
    const auto changed = callbacks_.changed;
    changed(health_);
  }
}

}  // namespace tuesday::process
