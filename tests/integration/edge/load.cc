// SPDX-License-Identifier: Apache-2.0
#include "load.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "adapters/supervise/poll_loop.h"
#include "base/check.h"

namespace tuesday::testing {
namespace {

constexpr timeval kPatience{10, 0};

sockaddr_in LoopbackAddress(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// Reads one answer with a Content-Length, or to the end of the connection. Status 0 when it was cut.
Answer ReadAnswer(int fd) {
  std::string text;
  std::array<char, 4096> buffer;
  while (true) {
    const std::size_t head = text.find("\r\n\r\n");
    if (head != std::string::npos) {
      const std::size_t at =
          text.find("ontent-length: ") == std::string::npos ? text.find("ontent-Length: ") : text.find("ontent-length: ");
      const std::size_t length = at == std::string::npos ? 0 : static_cast<std::size_t>(std::atoi(text.c_str() + at + 15));
      if (text.size() >= head + 4 + length) {
        return {std::atoi(text.c_str() + 9), text.substr(0, head), text.substr(head + 4, length)};
      }
    }
    const ssize_t got = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (got <= 0) return {};
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

std::string RequestText(const std::string& host, const std::string& path, const std::string& more) {
  return "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n" + more + "\r\n";
}

}  // namespace

files::Fd Connect(int port) {
  files::Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
  const sockaddr_in address = LoopbackAddress(port);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return {};
  return fd;
}

std::int64_t LoadCounts::Failed() const {
  std::int64_t sum = cut + refused;
  for (const auto& [status, count] : other_status) sum += count;
  return sum;
}

std::int64_t LoadCounts::Answered() const {
  std::int64_t sum = 0;
  for (const auto& [name, count] : answered_by) sum += count;
  return sum;
}

Load::Load(int port, int connections, std::string host, std::string path) : port_(port), request_(RequestText(host, path, "")) {
  for (int i = 0; i < connections; ++i) threads_.emplace_back([this] { Run(); });
}

LoadCounts Load::Stop() {
  stopped_ = true;
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  return counts_;
}

void Load::Run() {
  LoadCounts mine;
  files::Fd fd;
  while (!stopped_) {
    if (!fd.is_open()) fd = Connect(port_);
    ++mine.sent;
    ++sent_;
    const Instant began = supervise::BootNow();
    if (!fd.is_open()) {
      ++mine.refused;
      mine.last_failed = began;
      continue;
    }
    Answer answer;
    if (::send(fd.get(), request_.data(), request_.size(), MSG_NOSIGNAL) >= 0) answer = ReadAnswer(fd.get());
    if (answer.status != 200) mine.last_failed = began;
    if (answer.status == 200) {
      ++mine.answered_by[answer.body];
    } else if (answer.status == 0) {
      ++mine.cut;
    } else {
      ++mine.other_status[answer.status];
    }
    if (answer.status == 0 || answer.head.find("onnection: close") != std::string::npos) fd.Close();
  }
  const std::lock_guard lock(mutex_);
  counts_.sent += mine.sent;
  counts_.cut += mine.cut;
  counts_.refused += mine.refused;
  counts_.last_failed = std::max(counts_.last_failed, mine.last_failed);
  for (const auto& [name, count] : mine.answered_by) counts_.answered_by[name] += count;
  for (const auto& [status, count] : mine.other_status) counts_.other_status[status] += count;
}

Answer Get(int port, const std::string& host, const std::string& path, const std::string& header) {
  const files::Fd fd = Connect(port);
  if (!fd.is_open()) return {};
  const std::string request = RequestText(host, path, header + "Connection: close\r\n");
  if (::send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0) return {};
  return ReadAnswer(fd.get());
}

int FreePort() {
  const files::Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = LoopbackAddress(0);
  socklen_t size = sizeof address;
  CHECK(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), size) == 0, "no port is free");
  ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

}  // namespace tuesday::testing
