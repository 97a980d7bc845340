// SPDX-License-Identifier: Apache-2.0
// Asks addresses of others: metrics servers and web endpoints of analyses. Each call is one whole exchange.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace tuesday {

struct WebRequest {
  std::string method = "GET";
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  Duration timeout = std::chrono::seconds(10);  // Of the whole exchange, its redirects included.
  bool insecure = false;                        // Any certificate is taken.
};

struct WebAnswer {
  int status = 0;
  std::string body;
};

inline constexpr std::size_t kWebAnswerBytesMax = 1 << 20;
inline constexpr int kWebRedirectsMax = 5;

// Thread-safe. Nothing that it is given is logged.
class Web {
 public:
  virtual ~Web() = default;

  // Blocks up to the timeout. The answer, whatever its status; redirects are followed within one host and port only, so that
  // headers go to nobody else. kUnavailable when nobody answers in time, kLimit for a longer answer, kDenied for an address
  // that is not asked (link-local ones: there a cloud keeps its credentials) and for a certificate that is not trusted.
  virtual Result<WebAnswer> Ask(const WebRequest& request) = 0;
};

}  // namespace tuesday
