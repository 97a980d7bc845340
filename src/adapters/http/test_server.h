// SPDX-License-Identifier: Apache-2.0
// For tests: a server whose loop runs on a thread of its own, and a client that writes and reads raw bytes.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <type_traits>

#include "adapters/http/server.h"

namespace tuesday::http {

class TestServer {
 public:
  explicit TestServer(Handler handler, ServerLimits limits = {}) {
    server_ = std::make_unique<HttpServer>(loop_, std::move(handler), limits);
    const Result<std::uint16_t> bound = server_->ListenTcp("api", "127.0.0.1", 0);
    EXPECT_TRUE(bound.has_value()) << bound.error().message;
    port = bound.value_or(0);
    EXPECT_NE(mkdtemp(folder_.data()), nullptr);
    socket_path = folder_ + "/sock";
    const Result<void> listening = server_->ListenUnix("admin", socket_path);
    EXPECT_TRUE(listening.has_value()) << listening.error().message;
    thread_ = std::jthread([this] { loop_.Run(); });
  }

  ~TestServer() {
    OnLoop([this] {
      server_.reset();
      return 0;
    });
    // What the server ended calls back once more.
    OnLoop([] { return 0; });
    loop_.Stop();
    thread_.join();
    rmdir(folder_.c_str());
  }

  void SetBodyPolicy(BodyPolicyOf policy_of, const std::string& folder) {
    OnLoop([&] { return server_->SetBodyPolicy(policy_of, folder), 0; });
  }

  // Calls `task` on the loop's thread and waits for its value.
  template <typename Task>
  std::invoke_result_t<Task> OnLoop(Task task) {
    auto promise = std::make_shared<std::promise<std::invoke_result_t<Task>>>();
    std::future<std::invoke_result_t<Task>> future = promise->get_future();
    loop_.Post([promise, task] { promise->set_value(task()); });
    return future.get();
  }

  // Waits until the counters are as wished; the test's own time limit ends it if they never are.
  template <typename Condition>
  void Await(Condition condition) {
    while (!OnLoop([&] { return condition(server_->counters()); })) std::this_thread::yield();
  }

  ServerCounters Counters() {
    return OnLoop([this] { return server_->counters(); });
  }

  Loop& loop() { return loop_; }
  std::string Url() const { return "http://127.0.0.1:" + std::to_string(port); }
  std::string UnixAddress() const { return "unix:" + socket_path; }

  std::uint16_t port = 0;
  std::string socket_path;

 private:
  Loop loop_;
  std::unique_ptr<HttpServer> server_;
  std::string folder_ = "/tmp/tuesday-http-XXXXXX";
  std::jthread thread_;
};

class RawClient {
 public:
  explicit RawClient(std::uint16_t port) : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  ~RawClient() { close(socket_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  void Write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  void EndWriting() { shutdown(socket_, SHUT_WR); }

  // Reads until `end` was seen, or until the server closes.
  std::string ReadUntil(std::string_view end) {
    std::string all;
    while (end.empty() || !all.contains(end)) {
      std::array<char, 4096> piece{};
      const ssize_t got = recv(socket_, piece.data(), piece.size(), 0);
      if (got <= 0) break;
      all.append(piece.data(), static_cast<std::size_t>(got));
    }
    return all;
  }
  std::string ReadAll() { return ReadUntil({}); }

 private:
  int socket_;
};

}  // namespace tuesday::http
