// SPDX-License-Identifier: Apache-2.0
// Starts one sandbox: users, namespaces and network around bubblewrap, our runner within. Only from a process with one thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "adapters/files/fd.h"
#include "adapters/sandbox/bubble/arguments.h"
#include "adapters/sandbox/bubble/network.h"
#include "adapters/supervise/spawn.h"

namespace tuesday::sandbox {

struct SandboxPlan {
  std::vector<Bind> binds;                 // `source` is a path of the machine; may be one that only we can reach.
  std::string program;                     // Ours, on the machine.
  std::vector<std::string> runner_words;   // The runner's arguments after the program.
  std::optional<supervise::UserIds> user;  // As root: whom everything runs as.
  std::vector<std::string> groups;         // cgroup folders to join.
  std::optional<OutsideNetwork> outside;   // Nothing: loopback only.
  std::vector<std::string> own_addresses;  // Made unreachable.
  int service_port = 0;                    // 0: nobody listens.
  std::uint64_t file_bytes_max = 0;        // Of one file.
  std::string bubblewrap = "bwrap";
  std::string slirp = "slirp4netns";
};

// Closing `network_exit` ends slirp4netns. Both processes are children of ours; they and all within die with us.
struct Sandbox {
  pid_t bubble = 0;
  pid_t network = 0;  // 0: none.
  files::Fd socket;   // To the runner; does not wait.
  files::Fd output;   // What bubblewrap and the runner complain of.
  files::Fd service_listener;
  files::Fd network_exit;
};

// Returns when the runner is ready. kUnsupported where the machine lacks what a sandbox needs, with the mend.
Result<Sandbox> StartSandbox(const SandboxPlan& plan);

// Whether sandboxes can be made here, in words for `tuesday doctor`; the error has the mend.
Result<void> ProbeUserNamespaces();

}  // namespace tuesday::sandbox
