// SPDX-License-Identifier: Apache-2.0
// The daemon: where adapters meet the control loops. Owns everything that lives while it runs, in the order in which it must
// be destroyed.
#pragma once

#include <functional>
#include <string>

#include "app/config/config.h"
#include "base/result.h"

namespace tuesday::server {

struct DaemonOptions {
  std::string state_folder;
  std::string program;  // Our own binary, for supervisors.
  config::Config config;
  std::string config_file;                             // Empty: none was read.
  std::function<Result<config::Config>()> read_again;  // At SIGHUP: the file, and over it the command line.
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
