// SPDX-License-Identifier: Apache-2.0
// The edge's listening sockets, held by the supervisor so that connections queue while HAProxy restarts. One thread.
#pragma once

#include <map>
#include <vector>

#include "adapters/files/fd.h"
#include "adapters/haproxy/edge/edge.h"
#include "adapters/haproxy/supervisor/runtime.h"
#include "base/result.h"

namespace tuesday::haproxy {

class Listeners {
 public:
  // Opens what is missing. An address in use is asked for from the HAProxy at `running`, which has it when a supervisor died.
  Result<void> Hold(const std::vector<Listener>& wanted, const RuntimeApi& running);

  // Closes what is not wanted any more.
  void Keep(const std::vector<Listener>& wanted);

  // Number in HAProxy -> descriptor here, in the order of `wanted`.
  std::map<int, int> Descriptors(const std::vector<Listener>& wanted) const;

 private:
  std::map<Listener, files::Fd> held_;
};

}  // namespace tuesday::haproxy
