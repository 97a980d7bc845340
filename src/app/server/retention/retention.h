// SPDX-License-Identifier: Apache-2.0
// Lets old entries of the journal go, and the samples that only they named. Each step is one transaction; what was interrupted
// anywhere is done by the next look.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "adapters/files/folder_blob_store.h"
#include "control/fleet.h"
#include "ports/clock.h"
#include "ports/journal_keeper.h"

namespace tuesday::server {

inline constexpr Duration kRetentionInterval = std::chrono::hours(1);   // How often the journal is looked at.
inline constexpr Duration kBlobSettledAfter = std::chrono::hours(1);    // Its entry is there by then, or never comes.
inline constexpr std::string_view kJournalDropped = "journal.dropped";  // The entry that tells of it.

// Attempts whose entries stay however old they are: the newest of each rollout, and the last one of each revision that it keeps
// for a way back.
std::set<std::string> AttemptsKept(const std::vector<control::RolloutView>& rollouts);

struct LetGo {
  std::uint64_t entries = 0;
  files::Swept blobs;
};

// Where to let go from; all must outlive the call.
struct Archive {
  JournalKeeper& keeper;
  Store& store;
  files::FolderBlobStore& blobs;
};
enum class Sweep { kIfSomethingWent, kAlways };

// Blocks for as long as it takes. `now` is the wall time.
Result<LetGo> LetOldGo(const Archive& archive, WallTime now, Duration keep, std::set<std::string> attempts_kept, Sweep sweep);

// Does that each hour, away from the loop. Loop thread only.
class Retention {
 public:
  Retention(Archive archive, const control::Fleet& fleet, control::Executor& executor, const Clock& clock)
      : archive_(archive), fleet_(fleet), executor_(executor), clock_(clock) {}

  // From now on; looks at once when that is something else than before.
  void Keep(Duration keep);

 private:
  void Look();
  void LookForEver();

  Archive archive_;
  const control::Fleet& fleet_;
  control::Executor& executor_;
  const Clock& clock_;
  Duration keep_{};
  bool is_looking_ = false;
  bool has_swept_ = false;
};

}  // namespace tuesday::server
