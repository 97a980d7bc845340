// SPDX-License-Identifier: Apache-2.0
// The everyday verbs as functions: each takes its options as a value and returns an exit code.
#pragma once

#include <string>
#include <vector>

#include "app/cli/client/session.h"

namespace tuesday::cli {

struct RollbackOptions {
  std::string name;
  std::string reason;
};
// Through the daemon, or, where none answers, at the edge itself.
int RunRollback(const Globals& globals, const RollbackOptions& options);

// Which instances of a rollout; at most one member is set, none: all.
struct Selection {
  bool canary = false;
  bool stable = false;
  int revision = 0;
  std::string instance;
};

struct LogsOptions {
  std::string name;
  Selection selection;
  bool follow = false;
  std::string since;  // A Go duration, or RFC 3339.
  int tail = -1;      // -1: all that is kept.
};
int RunLogs(const Globals& globals, const LogsOptions& options);

struct ExecOptions {
  std::string name;
  Selection selection;
  std::vector<std::string> command;
};
// Becomes the command; returns only when that is not possible.
int RunExec(const Globals& globals, const ExecOptions& options);

struct DeployOptions {
  std::string image;    // A reference, or dir:, file:, oci: or a folder.
  std::string service;  // The rollout; empty: the one that has this image, or the only one.
  bool wait = false;
  std::string timeout;
};
int RunDeploy(const Globals& globals, const DeployOptions& options);

struct InitOptions {
  std::string image;  // A reference, or a folder.
  std::string name;
  std::string host;
  std::string health_path;
  int port = 0;
  std::string folder = ".";  // Where the manifests go.
};
// Asks on a terminal for what was not given.
int RunInit(const Globals& globals, const InitOptions& options);

struct SecretOptions {
  std::string name;
  std::string key;
};
// The value comes from standard input, or from a terminal that does not show it.
int RunSecretSet(const Globals& globals, const SecretOptions& options);
int RunSecretList(const Globals& globals);
int RunSecretRemove(const Globals& globals, const SecretOptions& options);

}  // namespace tuesday::cli
