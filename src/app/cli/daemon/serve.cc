// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdio>
#include <filesystem>

#include "adapters/haproxy/supervisor/supervisor.h"
#include "adapters/process/instance/supervisor.h"
#include "adapters/supervise/spawn.h"
#include "app/cli/commands.h"
#include "app/server/daemon.h"

namespace tuesday::cli {

int RunServe(const Globals& globals, const ServeOptions& options) {
  spdlog::set_default_logger(spdlog::stderr_logger_mt("tuesday"));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
  // Supervisors outlive our working folder: every path that they get is absolute.
  const std::string state = std::filesystem::absolute(StateDirOf(globals)).lexically_normal().string();
  const Result<void> served = server::RunDaemon({.state_folder = state,
                                                 .program = supervise::OwnProgram(),
                                                 .edge_listen = options.edge_listen,
                                                 .edge_tls_listen = options.edge_tls_listen,
                                                 .api_listen = options.api_listen});
  return served.has_value() ? kExitPass : ReportError(served.error(), globals);
}

int RunSupervise(const std::string& kind, const std::string& folder, const std::vector<std::string>&) {
  Result<void> done;
  if (kind == "instance") {
    done = process::RunInstanceSupervisor(folder);
  } else if (kind == "edge") {
    haproxy::EdgeSupervisorOptions options;
    options.folder = folder;
    done = haproxy::RunEdgeSupervisor(options);
  } else {
    done = Fail(ErrorCode::kInvalid, fmt::format("\"{}\" is neither instance nor edge.", kind));
  }
  return done.has_value() ? kExitPass : ReportError(done.error(), Globals());
}

}  // namespace tuesday::cli
