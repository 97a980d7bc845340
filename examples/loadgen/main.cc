// SPDX-License-Identifier: Apache-2.0
// A load generator for 127.0.0.1: keep-alive connections, a fixed rate or as fast as answers come, one JSON line each
// second and one at the end. A process of its own, so that its count of failures does not depend on what it measures.
//   example_loadgen --port=8080 --host=api.default.localhost --rate=1000 --connections=20 --seconds=30
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace loadgen {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kConnectionsMax = 4096;
constexpr double kSecondsMax = 86400;
constexpr auto kRequestTimeout = std::chrono::seconds(30);
constexpr std::size_t kBacklogMax = 100'000;  // Requests that are due and have no free connection.

volatile sig_atomic_t g_ended = 0;

struct Settings {
  int port = 8080;
  std::string host = "localhost";
  std::string path = "/";
  double rate = 0;  // Requests a second; 0: as fast as answers come.
  int connections = 16;
  double seconds = 10;
};

struct Tally {
  std::uint64_t sent = 0;
  std::uint64_t ok = 0;                            // 2xx and 3xx.
  std::uint64_t failed = 0;                        // Every other status, and no answer.
  std::map<std::string, std::uint64_t> by_status;  // "200", "503", "refused", "cut", "timeout".
  std::map<std::string, std::uint64_t> by_version;
  std::map<std::string, std::uint64_t> failed_by_version;  // "": without the header.
  std::vector<std::uint32_t> micros;
};

struct Connection {
  int fd = -1;
  bool connecting = false;
  bool busy = false;
  Clock::time_point began;
  std::string input;
};

class Generator {
 public:
  explicit Generator(Settings settings)
      : settings_(std::move(settings)), connections_(static_cast<std::size_t>(settings_.connections)) {
    request_ = "GET " + settings_.path + " HTTP/1.1\r\nHost: " + settings_.host + "\r\nUser-Agent: example-loadgen\r\n\r\n";
  }
  int Run();

 private:
  void Fire(Clock::time_point now);
  void Begin(std::size_t index, Clock::time_point due);
  void Open(std::size_t index);
  void SendOn(std::size_t index);
  void OnEvent(std::size_t index, std::uint32_t events);
  bool TakeAnswer(Connection& connection);
  void End(std::size_t index, const std::string& status, const std::string& version);
  void Cut(std::size_t index, const char* why);
  void CutLate(Clock::time_point now);
  void Print(const Tally& tally, double seconds, const char* kind);

  Settings settings_;
  std::string request_;
  int epoll_ = -1;
  std::vector<Connection> connections_;
  std::vector<std::size_t> idle_;
  std::deque<Clock::time_point> backlog_;
  Clock::time_point begin_;
  Clock::time_point end_;
  std::uint64_t fired_ = 0;
  std::uint64_t dropped_ = 0;
  Tally second_;
  Tally total_;
};

void Generator::Open(std::size_t index) {
  Connection& connection = connections_[index];
  connection.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int on = 1;
  ::setsockopt(connection.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(settings_.port));
  const int connected = ::connect(connection.fd, reinterpret_cast<sockaddr*>(&address), sizeof address);
  connection.connecting = connected != 0;
  epoll_event event{.events = EPOLLIN | (connection.connecting ? EPOLLOUT : 0u), .data = {.u64 = index}};
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.fd, &event);
  if (connected != 0 && errno != EINPROGRESS) Cut(index, "refused");
}

void Generator::Begin(std::size_t index, Clock::time_point due) {
  Connection& connection = connections_[index];
  connection.busy = true;
  // From when it was due: a stall counts for all that waited in it.
  connection.began = due;
  ++second_.sent;
  if (connection.fd < 0) Open(index);
  if (connection.busy && connection.fd >= 0 && !connection.connecting) SendOn(index);
}

void Generator::SendOn(std::size_t index) {
  const ssize_t sent = ::send(connections_[index].fd, request_.data(), request_.size(), MSG_NOSIGNAL);
  // A request is far smaller than a socket's buffer.
  if (sent != static_cast<ssize_t>(request_.size())) Cut(index, "cut");
}

void Generator::Cut(std::size_t index, const char* why) {
  Connection& connection = connections_[index];
  ::close(connection.fd);
  connection.fd = -1;
  connection.connecting = false;
  connection.input.clear();
  if (connection.busy) End(index, why, "");
}

void Generator::End(std::size_t index, const std::string& status, const std::string& version) {
  Connection& connection = connections_[index];
  connection.busy = false;
  idle_.push_back(index);
  const bool ok = status[0] == '2' || status[0] == '3';
  ++(ok ? second_.ok : second_.failed);
  ++second_.by_status[status];
  ++second_.by_version[version];
  if (!ok) ++second_.failed_by_version[version];
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - connection.began).count();
  second_.micros.push_back(static_cast<std::uint32_t>(std::min<long>(micros, UINT32_MAX)));
}

std::string_view HeaderOf(std::string_view head, std::string_view name) {
  for (std::size_t at = head.find("\r\n"); at != head.npos; at = head.find("\r\n", at + 2)) {
    const std::string_view line = head.substr(at + 2);
    if (line.size() > name.size() && line[name.size()] == ':' && ::strncasecmp(line.data(), name.data(), name.size()) == 0) {
      std::string_view value = line.substr(name.size() + 1);
      value = value.substr(0, value.find("\r\n"));
      while (value.starts_with(' ')) value.remove_prefix(1);
      return value;
    }
  }
  return {};
}

// Whether a whole answer was there. Answers carry a Content-Length, as those of the edge and of the service do.
bool Generator::TakeAnswer(Connection& connection) {
  const std::size_t end = connection.input.find("\r\n\r\n");
  if (end == std::string::npos) return false;
  const std::string_view head(connection.input.data(), end + 2);
  const std::string_view length = HeaderOf(head, "content-length");
  const std::size_t whole = end + 4 + static_cast<std::size_t>(std::atol(std::string(length).c_str()));
  if (!length.empty() && connection.input.size() < whole) return false;
  const std::string status(head.size() > 12 ? head.substr(9, 3) : "bad");
  const std::string version(HeaderOf(head, "x-version"));
  // Without a length (an error page of the edge) the end of the connection ends the answer.
  const bool closes = length.empty() || HeaderOf(head, "connection") == "close";
  const auto index = static_cast<std::size_t>(&connection - connections_.data());
  connection.input.clear();
  if (closes) {
    ::close(connection.fd);
    connection.fd = -1;
  }
  End(index, status, version);
  return true;
}

void Generator::OnEvent(std::size_t index, std::uint32_t events) {
  Connection& connection = connections_[index];
  if (connection.fd < 0) return;
  if (connection.connecting) {
    int failure = 0;
    socklen_t size = sizeof failure;
    ::getsockopt(connection.fd, SOL_SOCKET, SO_ERROR, &failure, &size);
    if (failure != 0) return Cut(index, "refused");
    if ((events & EPOLLOUT) == 0) return;
    connection.connecting = false;
    epoll_event event{.events = EPOLLIN, .data = {.u64 = index}};
    ::epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.fd, &event);
    return SendOn(index);
  }
  char buffer[16384];
  const ssize_t got = ::recv(connection.fd, buffer, sizeof buffer, 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  // The other side may close an idle connection: no request is in it, and the next one opens another.
  if (got <= 0) return Cut(index, "cut");
  if (!connection.busy) return;
  connection.input.append(buffer, static_cast<std::size_t>(got));
  TakeAnswer(connection);
}

void Generator::CutLate(Clock::time_point now) {
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    if (connections_[i].busy && now - connections_[i].began > kRequestTimeout) Cut(i, "timeout");
  }
}

void Generator::Fire(Clock::time_point now) {
  if (settings_.rate <= 0) {
    while (!idle_.empty()) {
      const std::size_t index = idle_.back();
      idle_.pop_back();
      Begin(index, now);
      // Nobody there: not a busy loop of refusals.
      if (connections_[index].fd < 0) break;
    }
    return;
  }
  const auto due = static_cast<std::uint64_t>(std::chrono::duration<double>(now - begin_).count() * settings_.rate);
  for (; fired_ < due; ++fired_) {
    if (backlog_.size() >= kBacklogMax) {
      ++dropped_;
      continue;
    }
    backlog_.push_back(begin_ + std::chrono::duration_cast<Clock::duration>(
                                    std::chrono::duration<double>(static_cast<double>(fired_ + 1) / settings_.rate)));
  }
  while (!backlog_.empty() && !idle_.empty()) {
    const std::size_t index = idle_.back();
    idle_.pop_back();
    const auto when = backlog_.front();
    backlog_.pop_front();
    Begin(index, when);
  }
}

void PrintCounts(const char* name, const std::map<std::string, std::uint64_t>& counts) {
  std::printf(",\"%s\":{", name);
  const char* comma = "";
  for (const auto& [key, count] : counts) {
    std::printf("%s\"%s\":%llu", comma, key.c_str(), static_cast<unsigned long long>(count));
    comma = ",";
  }
  std::printf("}");
}

void Generator::Print(const Tally& tally, double seconds, const char* kind) {
  std::vector<std::uint32_t> micros = tally.micros;
  std::sort(micros.begin(), micros.end());
  const auto quantile = [&](double share) {
    return micros.empty() ? 0 : micros[static_cast<std::size_t>(share * static_cast<double>(micros.size() - 1))];
  };
  std::printf("{\"kind\":\"%s\",\"seconds\":%.3f,\"sent\":%llu,\"ok\":%llu,\"failed\":%llu,\"rate\":%.1f", kind, seconds,
              static_cast<unsigned long long>(tally.sent), static_cast<unsigned long long>(tally.ok),
              static_cast<unsigned long long>(tally.failed), seconds > 0 ? static_cast<double>(tally.sent) / seconds : 0);
  PrintCounts("by_status", tally.by_status);
  PrintCounts("by_version", tally.by_version);
  PrintCounts("failed_by_version", tally.failed_by_version);
  std::printf(",\"micros_p50\":%u,\"micros_p99\":%u,\"micros_max\":%u,\"waiting\":%zu,\"dropped\":%llu}\n", quantile(0.5),
              quantile(0.99), quantile(1), backlog_.size(), static_cast<unsigned long long>(dropped_));
  std::fflush(stdout);
}

void Merge(Tally& total, Tally& part) {
  constexpr std::size_t kSamplesMax = 4 << 20;
  total.sent += part.sent;
  total.ok += part.ok;
  total.failed += part.failed;
  for (const auto& [key, count] : part.by_status) total.by_status[key] += count;
  for (const auto& [key, count] : part.by_version) total.by_version[key] += count;
  for (const auto& [key, count] : part.failed_by_version) total.failed_by_version[key] += count;
  const std::size_t room = kSamplesMax - total.micros.size();
  total.micros.insert(total.micros.end(), part.micros.begin(),
                      part.micros.begin() + static_cast<std::ptrdiff_t>(std::min(room, part.micros.size())));
  part = Tally{};
}

int Generator::Run() {
  epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  for (std::size_t i = connections_.size(); i > 0; --i) idle_.push_back(i - 1);
  begin_ = Clock::now();
  end_ = begin_ + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(settings_.seconds));
  auto next_print = begin_ + std::chrono::seconds(1);
  epoll_event events[256];
  for (;;) {
    const auto now = Clock::now();
    const bool over = g_ended != 0 || now >= end_;
    if (!over) Fire(now);
    if (over && (idle_.size() == connections_.size() || now >= end_ + kRequestTimeout)) break;
    const int wait_ms = settings_.rate > 0 || !idle_.empty() ? 1 : 100;
    const int count = ::epoll_wait(epoll_, events, 256, wait_ms);
    for (int i = 0; i < count; ++i) OnEvent(static_cast<std::size_t>(events[i].data.u64), events[i].events);
    if (Clock::now() < next_print) continue;
    CutLate(now);
    Print(second_, 1, "second");
    Merge(total_, second_);
    next_print += std::chrono::seconds(1);
  }
  Merge(total_, second_);
  Print(total_, std::chrono::duration<double>(std::min(Clock::now(), end_) - begin_).count(), "total");
  return total_.failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace loadgen

int main(int argc, char** argv) {
  loadgen::Settings settings;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    const std::size_t equals = argument.find('=');
    const std::string_view name = argument.substr(0, equals);
    const std::string value(equals == argument.npos ? "" : argument.substr(equals + 1));
    if (name == "--port") {
      settings.port = std::atoi(value.c_str());
    } else if (name == "--host") {
      settings.host = value;
    } else if (name == "--path") {
      settings.path = value;
    } else if (name == "--rate") {
      settings.rate = std::atof(value.c_str());
    } else if (name == "--connections") {
      settings.connections = std::clamp(std::atoi(value.c_str()), 1, loadgen::kConnectionsMax);
    } else if (name == "--seconds") {
      settings.seconds = std::clamp(std::atof(value.c_str()), 0.0, loadgen::kSecondsMax);
    } else {
      std::fprintf(stderr, "unknown: %s\nKnown: --port --host --path --rate --connections --seconds, each as --name=value\n",
                   argv[i]);
      return 64;
    }
  }
  struct sigaction on_end{};
  on_end.sa_handler = [](int) { loadgen::g_ended = 1; };
  ::sigaction(SIGINT, &on_end, nullptr);
  ::sigaction(SIGTERM, &on_end, nullptr);
  return loadgen::Generator(settings).Run();
}
