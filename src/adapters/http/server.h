// SPDX-License-Identifier: Apache-2.0
// The HTTP server: named listeners on unix sockets and on addresses, in the clear or in TLS, one handler for all of them.
// Lives on the Loop's thread: every call here, and every call of the handler, happens there. Must not outlive its Loop.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "adapters/http/events.h"
#include "adapters/http/loop.h"
#include "adapters/http/message.h"
#include "adapters/http/tls.h"
#include "base/result.h"
#include "base/time.h"

namespace tuesday::http {

struct ServerLimits {
  std::size_t header_bytes_max = 16 << 10;
  std::size_t body_bytes_max = 4 << 20;
  std::size_t connections_max = 512;
  std::size_t stream_bytes_max = 256 << 10;                 // Waiting for one client of a stream; beyond: it is dropped.
  Duration idle_time_max = std::chrono::seconds(60);        // Between requests.
  Duration request_time_max = std::chrono::seconds(10);     // From a request's first byte to its last.
  Duration answer_time_max = std::chrono::seconds(60);      // Until the handler answers; then 503.
  Duration write_time_max = std::chrono::seconds(30);       // For one response, or one piece of a stream.
  Duration keep_alive_interval = std::chrono::seconds(15);  // Of comments in a quiet stream.
};

// What one request may bring, said when its header has been read and its body has not.
struct BodyPolicy {
  std::uint64_t bytes_max = 4 << 20;                    // Beyond: 413.
  bool to_file = false;                                 // The body goes to HttpRequest::spooled and is never whole in memory.
  Duration body_time_max = std::chrono::seconds(10);    // From the end of the header to the last byte; then 408.
  Duration answer_time_max = std::chrono::seconds(60);  // Until the handler answers; then 503.
  std::optional<HttpResponse> refusal = std::nullopt;   // Answered at once; the body is not read.
};

// Asked with all of a request but its body, on the Loop's thread. Nullopt: as the server's limits say.
using BodyPolicyOf = std::function<std::optional<BodyPolicy>(const HttpRequest& head)>;

// What the server has seen since it began.
struct ServerCounters {
  std::uint64_t connections = 0;
  std::uint64_t requests = 0;
  std::uint64_t refused_connections = 0;   // Over connections_max.
  std::uint64_t bad_requests = 0;          // Malformed, or over a limit.
  std::uint64_t failed_handshakes = 0;     // Of TLS.
  std::uint64_t late_requests = 0;         // Over request_time_max.
  std::uint64_t late_answers = 0;          // Over answer_time_max.
  std::uint64_t dropped_slow_clients = 0;  // Over stream_bytes_max or write_time_max.
  std::uint64_t open_connections = 0;
};

// One client that listens to a stream of events.
class EventStream {
 public:
  virtual ~EventStream() = default;

  // Queues the event. False when the client is gone, or is dropped now because it reads too slowly.
  virtual bool Send(const ServerEvent& event) = 0;

  // Ends the stream once everything queued has left.
  virtual void Close() = 0;

  virtual bool open() const = 0;

  // Called once, when the stream ends for whatever reason. It may already have ended.
  virtual void OnClosed(std::function<void()> closed) = 0;
};

// The answer to one request, given now or later, once. If it is destroyed without an answer the client gets a 500.
class Responder {
 public:
  virtual ~Responder() = default;

  // An answer after the first, or to a client that is gone, is ignored.
  virtual void Send(HttpResponse response) = 0;

  // Answers with `text/event-stream`.
  virtual std::shared_ptr<EventStream> StartEvents() = 0;
};

using Handler = std::function<void(const HttpRequest& request, std::shared_ptr<Responder> responder)>;

class HttpServer {
 public:
  HttpServer(Loop& loop, Handler handler, ServerLimits limits = {});
  ~HttpServer();

  // Listens on a unix socket of mode 0660. A socket that nobody serves any more is replaced; kConflict when somebody does.
  Result<void> ListenUnix(const std::string& listener, const std::string& path);

  // Listens on a numeric address; returns the port, which is another than 0 when `port` was 0. kConflict when it is taken.
  Result<std::uint16_t> ListenTcp(const std::string& listener, const std::string& address, std::uint16_t port);

  // The same in TLS, as `identity` is at the time of each connection.
  Result<std::uint16_t> ListenTls(const std::string& listener, const std::string& address, std::uint16_t port,
                                  std::shared_ptr<const TlsIdentity> identity);

  // From the next connection on; what is open keeps its buffers and takes the new times.
  void SetLimits(const ServerLimits& limits);

  // From the next request on. Bodies that go to a file are in `spool_folder`, without names; they are written by a thread of
  // their own, a client waiting as long as its disk does. A full disk answers 507.
  void SetBodyPolicy(BodyPolicyOf policy_of, std::string spool_folder);

  // Ends listeners, connections and streams. Also done by the destructor.
  void Close();

  ServerCounters counters() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tuesday::http
