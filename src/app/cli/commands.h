// SPDX-License-Identifier: Apache-2.0
// The commands as functions: each takes its options as a value and returns an exit code.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/cli/client/session.h"

namespace tuesday::cli {

struct ServeOptions {
  std::string state_dir;
  std::string config_file;  // Empty: kConfigFile when it is there.
  // What is given here goes before the file.
  std::optional<std::string> edge_listen;
  std::optional<std::string> edge_tls_listen;
  std::optional<std::string> metrics_listen;
  std::optional<std::string> log_format;
};
inline constexpr const char* kConfigFile = "/etc/tuesday/tuesday.yaml";
int RunServe(const Globals& globals, const ServeOptions& options);
int RunSupervise(const std::string& kind, const std::string& folder, const std::vector<std::string>& rest);
int RunDoctor(const Globals& globals);

struct ApplyOptions {
  std::vector<std::string> paths;
  std::string reason;
  bool wait = false;
  std::string timeout;  // A Go duration; empty: for as long as it takes.
};
int RunApply(const Globals& globals, const ApplyOptions& options);
struct DeleteOptions {
  std::vector<std::string> paths;
  std::vector<std::string> words;  // KIND NAME...
  std::string reason;
  bool wait = false;
  std::string timeout;  // A Go duration; empty: for as long as it takes.
};
int RunDelete(const Globals& globals, const DeleteOptions& options);
int RunPlan(const Globals& globals, const ApplyOptions& options);

int RunImageBind(const Globals& globals, const std::string& reference, const std::string& source, const std::string& reason);
int RunImageList(const Globals& globals);

struct GetOptions {
  std::string name;
  bool watch = false;
  std::string timeout;
};
int RunRolloutGet(const Globals& globals, const GetOptions& options);
int RunRolloutList(const Globals& globals, bool all_namespaces);
int RunRolloutStatus(const Globals& globals, const GetOptions& options);
int RunRolloutHistory(const Globals& globals, const std::string& name);

struct ActOptions {
  std::string name;
  std::string verb;  // As in the API: "promote", "promote-full", "abort", "retry", "pause", "resume",
                     // "restart".
  std::string reason;
};
int RunRolloutAct(const Globals& globals, const ActOptions& options);
// 0: to the revision before the present one.
int RunUndo(const Globals& globals, const std::string& name, int to_revision, const std::string& reason = {});
int RunSetImage(const Globals& globals, const std::string& name, const std::string& image, const std::string& reason = {});

struct StatusOptions {
  bool all_namespaces = false;
  std::vector<std::string> phases;  // Empty: all.
  int limit = 0;                    // Rows; 0: as many as the daemon gives by itself.
};
int RunStatus(const Globals& globals, const StatusOptions& options);
int RunWhy(const Globals& globals, const std::string& name);

struct AuditOptions {
  std::string rollout;
  std::uint64_t after = 0;
  int limit = 1000;
  bool verify = false;
};
int RunAuditLog(const Globals& globals, const AuditOptions& options);

struct QueryOptions {
  std::string expression;
  std::string time;  // RFC 3339 or seconds; empty: now.
};
int RunQuery(const Globals& globals, const QueryOptions& options);

int RunRulesCheck(const Globals& globals, const std::vector<std::string>& paths);
int RunRulesTest(const Globals& globals, const std::vector<std::string>& paths, const std::vector<std::string>& run);

struct SimulateOptions {
  std::vector<std::string> paths;
  std::string scenario;
  std::uint64_t seed = 1;
  int runs = 1;
  double rps = 200;
  double canary_errors_percent = 0;
  double stable_errors_percent = 0;
  double canary_latency_factor = 1;
};
int RunSimulate(const Globals& globals, const SimulateOptions& options);

}  // namespace tuesday::cli
