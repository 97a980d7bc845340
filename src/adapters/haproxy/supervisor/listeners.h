// SPDX-License-Identifier: Apache-2.0
// The edge's listening sockets, held by the supervisor so that connections queue while HAProxy restarts. One thread.
#pragma once

#include <sys/types.h>

#include <map>
#include <vector>

#include "adapters/files/fd.h"
#include "adapters/haproxy/edge/edge.h"
#include "base/result.h"

namespace tuesday::haproxy {

class Listeners {
 public:
  // Opens what is missing. An address in use is taken from `running`, the HAProxy that a dead supervisor has left (0: none):
  // both then hold one socket. kConflict when somebody else has it, or we may not look into that process.
  Result<void> Hold(const std::vector<Listener>& wanted, pid_t running);

  // Closes what is not wanted any more.
  void Keep(const std::vector<Listener>& wanted);

  // Number in HAProxy -> descriptor here, in the order of `wanted`.
  std::map<int, int> Descriptors(const std::vector<Listener>& wanted) const;

 private:
  std::map<Listener, files::Fd> held_;
};

}  // namespace tuesday::haproxy
