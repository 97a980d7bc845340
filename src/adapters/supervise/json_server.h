// SPDX-License-Identifier: Apache-2.0
// JSON lines over a unix stream socket: one request a line, one answer a line. The server runs on a PollLoop, serves many
// clients and trusts none: lines, clients and waiting times are bounded. Answers follow `docs/formats/instances.md`:
// {"ok": true, ...} or {"error": {"code", "message", "hint"}}.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "adapters/files/fd.h"
#include "adapters/supervise/poll_loop.h"
#include "base/json.h"
#include "base/result.h"

namespace tuesday::supervise {

// The protocol that we speak, and the oldest one that we still answer: a supervisor is never restarted by an upgrade.
constexpr int kProtocol = 1;
constexpr int kProtocolOldest = 1;

constexpr std::size_t kLineBytesMax = 4 << 20;
constexpr std::size_t kClientsMax = 64;
// A client that keeps half a line or does not read its answers for this long is cut.
constexpr Duration kStalledClientTime = std::chrono::seconds(10);

// The members {"ok": true, "protocol": N} of every good answer.
Json::Object OkAnswer();
Json ErrorAnswer(const Error& error);
// Of the member `error` of such an answer.
Error ErrorFromAnswer(const Json& error);

class JsonServer {
 public:
  // Called with each request; the answer is sent at once. A request whose protocol we do not speak never gets here.
  using Handler = std::function<Json(const Json& request)>;

  // Sends the answer of one request. Called once, at any time on the loop's thread; nothing happens when its client is gone.
  using Reply = std::function<void(const Json& answer)>;
  using LaterHandler = std::function<void(const Json& request, Reply reply)>;

  // Listens at `socket_path` (mode 0600) and serves as long as the server lives. A dead socket file is replaced.
  static Result<std::unique_ptr<JsonServer>> Listen(PollLoop& loop, const std::string& socket_path, Handler handler);

  // The same for answers that take a while. A client's next request waits for the answer to the one before.
  static Result<std::unique_ptr<JsonServer>> ListenLater(PollLoop& loop, const std::string& socket_path, LaterHandler handler);

  JsonServer(const JsonServer&) = delete;
  JsonServer& operator=(const JsonServer&) = delete;
  ~JsonServer();

 private:
  struct Client {
    files::Fd fd;
    std::string input;
    std::size_t scanned = 0;  // Bytes of `input` that hold no end of line.
    std::string output;
    bool ending = false;
    bool waiting = false;      // For an answer.
    std::uint64_t serial = 0;  // A descriptor's number can be used again.
    PollLoop::TimerId stalled = 0;
  };

  JsonServer(PollLoop& loop, files::Fd listener, LaterHandler handler);
  void Accept();
  void Serve(int fd, short revents);
  void Read(Client& client);
  void AnswerLines(Client& client);
  void Answer(Client& client, std::string_view line);
  Reply ReplyTo(const Client& client);
  void Settle(Client& client);
  void Write(Client& client);
  void Rearm(Client& client);
  void Drop(int fd);

  PollLoop& loop_;
  files::Fd listener_;
  LaterHandler handler_;
  std::map<int, Client> clients_;
  std::uint64_t serial_ = 0;
  int answering_ = -1;             // The client whose lines are read just now.
  std::shared_ptr<bool> is_here_;  // For replies that come after us.
};

// Sends one request and waits for its answer. `request`'s "protocol" is set here. An error answer becomes the error;
// nobody there, or no answer within `timeout`, is kUnavailable.
Result<Json> Call(const std::string& socket_path, Json::Object request, Duration timeout);

}  // namespace tuesday::supervise
