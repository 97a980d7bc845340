// SPDX-License-Identifier: Apache-2.0
// Requests and responses as plain values: what handlers and the client see of HTTP. Pure.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace tuesday::http {

// The process at the other end of a unix socket, as the kernel vouches for it (SO_PEERCRED).
struct Peer {
  uid_t uid = 0;
  gid_t gid = 0;
  pid_t pid = 0;
};

class SpooledBody;  // spooled_body.h

using QueryMap = std::multimap<std::string, std::string>;

struct HttpRequest {
  std::string method;                          // "GET"
  std::string path;                            // Decoded: "/v1/namespaces/default/rollouts/api".
  QueryMap query;                              // Decoded; a name may come several times.
  std::map<std::string, std::string> headers;  // Names in lower case; of repeated ones the last.
  std::string body;
  std::shared_ptr<const SpooledBody> spooled;  // Instead of `body`, when the server's policy says so (server.h).
  std::optional<Peer> peer;                    // Unix sockets only.
  std::string listener;                        // The name of the listener that it came in by: "admin", "api".
  std::string remote;                          // The numeric address of the client, without its port; empty on a unix socket.

  // The first value, or an empty text.
  std::string Query(const std::string& name) const;
  std::string Header(const std::string& lower_case_name) const;
};

// Bytes of a file, as the body of a response. The file is not changed while it is sent.
struct FilePart {
  std::string path;
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
};

struct HttpResponse {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::optional<FilePart> file = std::nullopt;  // Sent piece by piece instead of `body`; of the server's answers only.

  // The first value of a header, its name in any case, or an empty text.
  std::string Header(std::string_view name) const;
};

// "a=1&b=x%20y", also the body of a form. kInvalid for a broken percent sign.
Result<QueryMap> ParseQuery(std::string_view text);

// A request's target, "/path?query", into the request. kInvalid when it is not an absolute path, or is one that two readers may
// take for different places: empty, "." and ".." parts, an encoded slash, control characters.
Result<void> ParseTarget(std::string_view target, HttpRequest& request);

// Percent-encodes everything but letters, digits, "-", ".", "_" and "~".
std::string EncodeUrlPart(std::string_view text);

std::string LowerCase(std::string_view text);

}  // namespace tuesday::http
