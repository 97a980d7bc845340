// SPDX-License-Identifier: Apache-2.0
// One connection of the server: reads a request, waits for its answer, writes it, and begins again; or becomes a stream.
// Lives on the Loop's thread. Keeps itself alive while an operation is under way.
#pragma once

#include <map>
#include <memory>

#include "adapters/http/server.h"
#include "adapters/http/worker_pool.h"

namespace tuesday::http {

// A connection, seen from the server.
class Connection {
 public:
  virtual ~Connection() = default;
  virtual void Begin() = 0;
  virtual void Close() = 0;
};

// What the connections of one server have in common. Outlives the server while a connection is open.
struct SessionHub {
  Loop* loop = nullptr;
  Handler handler;
  ServerLimits limits;
  ServerCounters counters;
  BodyPolicyOf policy_of;               // May be empty.
  std::string spool_folder;             // Of bodies that go to files.
  std::unique_ptr<WorkerPool> spooler;  // Writes them; null until there is a policy, and again when the server ends.
  std::map<Connection*, std::weak_ptr<Connection>> open;
};

// Takes over the connected socket `descriptor` of the given address family. With `tls` its bytes are in TLS.
std::shared_ptr<Connection> MakeSession(std::shared_ptr<SessionHub> hub, std::string listener, int family, int descriptor,
                                        TlsSession tls);

}  // namespace tuesday::http
