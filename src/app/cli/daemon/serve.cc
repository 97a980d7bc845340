// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "adapters/haproxy/supervisor/supervisor.h"
#include "adapters/process/containers/enter.h"
#include "adapters/process/jobs/job_supervisor.h"
#include "adapters/process/supervisor/supervisor.h"
#include "adapters/sandbox/inside/runner.h"
#include "adapters/sandbox/inside/terminal.h"
#include "adapters/sandbox/supervisor/place_supervisor.h"
#include "adapters/supervise/spawn.h"
#include "app/cli/commands.h"
#include "app/server/daemon/daemon.h"
#include "app/server/daemon/log.h"

namespace tuesday::cli {

namespace {

constexpr std::size_t kConfigBytesMax = 1 << 20;

// The file, and over it what the command line says.
Result<config::Config> ReadSettings(const std::string& file, const ServeOptions& options) {
  config::Config config;
  if (!file.empty()) {
    TRY(const std::string text, ReadInput(file, kConfigBytesMax));
    TRY(config, config::ReadConfig(text, file));
  }
  config.edge_listen = options.edge_listen.value_or(config.edge_listen);
  config.edge_tls_listen = options.edge_tls_listen.value_or(config.edge_tls_listen);
  config.metrics_listen = options.metrics_listen.value_or(config.metrics_listen);
  if (options.log_format.has_value())
    config.log_format = *options.log_format == "json" ? config::LogFormat::kJson : config::LogFormat::kText;
  return config;
}

}  // namespace

int RunServe(const Globals& globals, const ServeOptions& options) {
  std::string file = options.config_file;
  if (file.empty() && std::filesystem::exists(kConfigFile)) file = kConfigFile;
  if (!file.empty()) file = std::filesystem::absolute(file).lexically_normal().string();
  const Result<config::Config> config = ReadSettings(file, options);
  if (!config.has_value()) return ReportError(config.error(), globals);
  // Supervisors of places have our environment, and speak to the engine.
  if (!config->containers_socket.empty()) ::setenv("TUESDAY_CONTAINERS_SOCKET", config->containers_socket.c_str(), 1);
  server::SetLog(config->log_level, config->log_format);
  // Supervisors outlive our working folder: every path that they get is absolute.
  const std::string state = std::filesystem::absolute(StateDirOf(globals)).lexically_normal().string();
  const Result<void> served = server::RunDaemon({.state_folder = state,
                                                 .program = supervise::OwnProgram(),
                                                 .config = *config,
                                                 .config_file = file,
                                                 .read_again = [file, options] { return ReadSettings(file, options); }});
  return served.has_value() ? kExitPass : ReportError(served.error(), globals);
}

int RunSupervise(const std::string& kind, const std::string& folder, const std::vector<std::string>& more) {
  Result<void> done;
  if (kind == "instance") {
    done = process::RunInstanceSupervisor(folder);
  } else if (kind == "job") {
    done = process::RunJobSupervisor(folder);
  } else if (kind == "place") {
    done = sandbox::RunPlaceSupervisor(folder);
  } else if (kind == "inside") {
    std::vector<std::string> words = {folder};
    words.insert(words.end(), more.begin(), more.end());
    done = sandbox::RunInside(words);
  } else if (kind == "terminal") {
    done = sandbox::RunTerminal(folder, more.empty() ? "" : more.front());
  } else if (kind == "enter") {
    std::vector<std::string> words = {folder};
    words.insert(words.end(), more.begin(), more.end());
    const Result<int> code = process::RunEnter(words);
    return code.has_value() ? *code : ReportError(code.error(), Globals());
  } else if (kind == "edge") {
    haproxy::EdgeSupervisorOptions options;
    options.folder = folder;
    done = haproxy::RunEdgeSupervisor(options);
  } else {
    done = Fail(ErrorCode::kInvalid,
                fmt::format("\"{}\" is none of instance, job, place, inside, terminal, enter and edge.", kind));
  }
  return done.has_value() ? kExitPass : ReportError(done.error(), Globals());
}

}  // namespace tuesday::cli
