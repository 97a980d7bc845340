// SPDX-License-Identifier: Apache-2.0
#include "app/server/retention/artifact_retention.h"

#include <spdlog/spdlog.h>

#include <utility>

namespace tuesday::server {

void ArtifactRetention::Keep(Duration keep) {
  const Duration before = std::exchange(keep_, keep);
  if (before == keep) return;
  if (before == Duration()) return LookForEver();
  Look();
}

void ArtifactRetention::LookForEver() {
  Look();
  executor_.At(clock_.Now() + kArtifactsInterval, [this] { LookForEver(); });
}

void ArtifactRetention::Look() {
  if (std::exchange(is_looking_, true)) return;
  const WallTime before = clock_.Wall() - std::chrono::duration_cast<WallTime::duration>(keep_);
  fleet_.LetArtifactsGo(before, also_needed_(), [this](Result<control::ArtifactsLetGo> result) {
    is_looking_ = false;
    if (!result.has_value() && result.error().code == ErrorCode::kUnavailable) {
      // What runs was not seen yet.
      return executor_.At(clock_.Now() + kArtifactsRetry, [this] { Look(); });
    }
    if (!result.has_value()) return spdlog::warn("artifacts: {}", ErrorText(result.error()));
    if (result->bindings + result->artifacts == 0) return;
    spdlog::info("artifacts: {} and {} image bindings were let go ({} bytes)", result->artifacts, result->bindings,
                 result->bytes);
    changed_();
    if (!result->is_all) Look();
  });
}

}  // namespace tuesday::server
