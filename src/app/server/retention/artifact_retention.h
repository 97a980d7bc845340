// SPDX-License-Identifier: Apache-2.0
// Lets artifacts and image bindings go that nothing needs, each hour. Loop thread only.
#pragma once

#include <functional>
#include <set>
#include <string>

#include "control/fleet.h"
#include "ports/clock.h"

namespace tuesday::server {

inline constexpr Duration kArtifactsInterval = std::chrono::hours(1);  // How often artifacts are looked at.
inline constexpr Duration kArtifactsRetry = std::chrono::seconds(10);  // Until what runs is known.

class ArtifactRetention {
 public:
  // `also_needed`: digests beside those that the fleet knows. `changed` is called when something went.
  ArtifactRetention(control::Fleet& fleet, control::Executor& executor, const Clock& clock,
                    std::function<std::set<std::string>()> also_needed, std::function<void()> changed)
      : fleet_(fleet), executor_(executor), clock_(clock), also_needed_(std::move(also_needed)), changed_(std::move(changed)) {}

  // From now on; looks at once when that is something else than before.
  void Keep(Duration keep);

 private:
  void Look();
  void LookForEver();

  control::Fleet& fleet_;
  control::Executor& executor_;
  const Clock& clock_;
  std::function<std::set<std::string>()> also_needed_;
  std::function<void()> changed_;
  Duration keep_{};
  bool is_looking_ = false;
};

}  // namespace tuesday::server
