// SPDX-License-Identifier: Apache-2.0
// The listening end of HAProxy's log, held by the daemon's feed, which accepts, and by the supervisor, which does not. Without
// the second holder a dead daemon would make HAProxy connect in a tight loop: with it, one connection waits with its lines in
// it.
#pragma once

#include <string>

#include "adapters/files/fd.h"
#include "base/result.h"

namespace tuesday::haproxy {

enum class LogHolder { kFeed, kSupervisor };

// The socket that listens at `path`: the one that another holder has, or a new one (mode 0600, given to HAProxy's user) where
// nobody listens. As the feed, a socket that may not be taken is replaced; as the supervisor that is kDenied.
Result<files::Fd> ShareLogSocket(const std::string& path, LogHolder holder);

}  // namespace tuesday::haproxy
