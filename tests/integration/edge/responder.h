// SPDX-License-Identifier: Apache-2.0
// A small HTTP server that answers with its own name: what the edge's tests put behind HAProxy. Runs as a process of its own,
// so that it can be killed.
#pragma once

#include <string>

namespace tuesday::testing {

// Serves 127.0.0.1:`port` until it is killed. A path that begins with /slow is answered after 300 ms, /hang never, /sick with
// 503. A request to upgrade is granted; from then on everything comes back as it was sent.
[[noreturn]] void RunResponder(int port, const std::string& name);

}  // namespace tuesday::testing
