// SPDX-License-Identifier: Apache-2.0
// What hooks of a hosted repository decide while git takes a push. They run as programs of their own, below git, in the
// repository's folder; who pushes is told by whoever began git.
#pragma once

#include <iosfwd>
#include <string>

#include "base/result.h"

namespace tuesday::git {

// Variables that say who pushes. Without them it is somebody with the rights to write the folder itself.
inline constexpr const char* kPusherVariable = "TUESDAY_PUSHER";
inline constexpr const char* kTrustVariable = "TUESDAY_PUSHER_TRUSTED";  // "1": may move branches, and begins runs.

struct Pusher {
  std::string name;
  bool is_trusted = false;
};
Pusher PusherOfEnvironment();

// Reads "<before> <after> <ref>" lines. kDenied names every ref that may not be pushed.
Result<void> PreReceive(std::istream& in, const Pusher& pusher);

// Makes changes of pushes to "refs/for/…" and tells git which refs they became (gitformat of githooks, proc-receive).
Result<void> ProcReceive(const std::string& folder, const Pusher& pusher, std::istream& in, std::ostream& out);

}  // namespace tuesday::git
