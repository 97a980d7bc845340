// SPDX-License-Identifier: Apache-2.0
#include "app/cli/client/watch.h"

#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <thread>

#include "base/time.h"

namespace tuesday::cli {
namespace {

using Steady = std::chrono::steady_clock;

// A daemon that restarts is back within a second; one that is not back after this long is gone.
constexpr auto kReconnectMax = std::chrono::seconds(30);
constexpr auto kReconnectPause = std::chrono::milliseconds(200);

}  // namespace

Result<void> WatchRollout(const Globals& globals, const std::string& name, const std::string& timeout,
                          const std::function<bool(const Json&)>& take) {
  std::optional<Steady::time_point> deadline;
  if (!timeout.empty()) {
    TRY(const Duration limit, ParseGoDuration(timeout));
    deadline = Steady::now() + limit;
  }
  const Daemon daemon(globals);
  bool seen = false;
  bool enough = false;
  Steady::time_point lost_at = Steady::now();
  while (true) {
    const Result<void> watched = daemon.Watch(RolloutPath(globals, name, "/watch"), [&](const Json& rollout) {
      if (deadline.has_value() && Steady::now() > *deadline) return false;
      lost_at = Steady::now();
      seen = true;
      enough = rollout.At("name").is_null() ? enough : !take(rollout);
      return !enough;
    });
    if (enough) return {};
    if (deadline.has_value() && Steady::now() > *deadline) {
      return Fail(ErrorCode::kUnavailable, fmt::format("{} did not end within {}.", name, timeout),
                  "The rollout goes on; look with: tuesday rollout get " + name);
    }
    const bool final_error = !watched.has_value() && watched.error().code != ErrorCode::kUnavailable;
    if (final_error || (!seen && !watched.has_value()) || Steady::now() - lost_at > kReconnectMax) {
      return watched.has_value() ? Fail(ErrorCode::kUnavailable, "The daemon closed the connection.") : watched;
    }
    std::this_thread::sleep_for(kReconnectPause);
  }
}

}  // namespace tuesday::cli
