// SPDX-License-Identifier: Apache-2.0
// The daemon: where adapters meet the control loops. Owns everything that lives while it runs, in the order in which it must
// be destroyed.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace tuesday::server {

struct DaemonOptions {
  std::string state_folder;
  std::string program;  // Our own binary, for supervisors.
  std::string edge_listen = "127.0.0.1:8080";
  std::string edge_tls_listen = "127.0.0.1:8443";  // Empty: none.
  std::string api_listen;                          // "127.0.0.1:PORT"; empty: the unix socket only.
};

// "HOST:PORT" in two parts.
struct HostPort {
  std::string host;
  int port = 0;
};
Result<HostPort> ParseHostPort(const std::string& text);

// Serves until SIGTERM or SIGINT. Services go on running when it returns.
Result<void> RunDaemon(const DaemonOptions& options);

}  // namespace tuesday::server
