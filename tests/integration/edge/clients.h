// SPDX-License-Identifier: Apache-2.0
// Clients of the edge that speak more than plain requests: TLS and a WebSocket.
#pragma once

#include <string>

#include "adapters/files/fd.h"
#include "load.h"

namespace tuesday::testing {

struct TlsAnswer {
  Answer answer;
  std::string certificate_pem;  // Of the other side.
  std::string common_name;
};

// One request over TLS; `host` is also the name that is asked for. The certificate is handed out, not judged.
TlsAnswer GetOverTls(int port, const std::string& host, const std::string& path);

// A connection to 127.0.0.1:`port` that was upgraded; not open when that was refused.
class WebSocket {
 public:
  WebSocket(int port, const std::string& host);

  bool is_open() const { return fd_.is_open(); }

  // Whether `text` comes back.
  bool Echoes(const std::string& text) const;

  // Waits at most ten seconds for the other side to end the connection.
  bool AwaitEnd() const;

 private:
  files::Fd fd_;
};

}  // namespace tuesday::testing
