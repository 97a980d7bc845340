// SPDX-License-Identifier: Apache-2.0
// The CLI's way to the daemon: one blocking request at a time over its unix socket or TLS, and event streams.
// Not thread-safe; blocks up to its deadline.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "adapters/http/events.h"
#include "adapters/http/message.h"
#include "base/result.h"
#include "base/time.h"

namespace tuesday::http {

inline constexpr std::size_t kAnswerBytesMax = 64 << 20;
inline constexpr std::size_t kEventBytesMax = 4 << 20;

struct ClientRequest {
  std::string method = "GET";
  std::string target;  // "/v1/...?query", already encoded (EncodeUrlPart).
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

// How a daemon that is elsewhere is trusted, and how we are known to it.
struct ClientTrust {
  std::string ca_file;  // PEM: who vouches for the daemon; empty: whom the system trusts.
  std::string token;    // Sent in TLS only.
};

// Whether a stream's reader wants more.
enum class Reading { kGoOn, kStop };

class HttpClient {
 public:
  // `address` is "unix:/path/to/sock", "https://HOST:PORT", or "http://127.0.0.1:PORT". A token is refused for the last.
  static Result<HttpClient> To(const std::string& address, ClientTrust trust = {});

  HttpClient(HttpClient&&) noexcept;
  HttpClient& operator=(HttpClient&&) noexcept;
  ~HttpClient();

  // The answer, whatever its status. kUnavailable when the daemon is not there or does not answer within `deadline`.
  Result<HttpResponse> Send(const ClientRequest& request, Duration deadline);

  // Gives each event to `take` until it says stop, or the server ends the stream (both are success). `quiet_max` is the longest
  // time without any byte (the server sends comments). An answer that is no stream comes back as Send's would: the caller sees
  // its status; of a stream the response is the header with an empty body.
  Result<HttpResponse> Stream(const ClientRequest& request, Duration quiet_max,
                              const std::function<Reading(const ServerEvent&)>& take);

 private:
  struct Impl;
  explicit HttpClient(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tuesday::http
