// SPDX-License-Identifier: Apache-2.0
// Lets old entries of the journal go without breaking its chain. The other side of a Store, for whoever looks after retention.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "ports/store.h"

namespace tuesday {

// Which entries may go. The walk ends at the first one that is young enough: numbers order entries, clocks may jump.
struct EntriesDrop {
  std::uint64_t after = 0;              // Numbers greater than this are looked at.
  WallTime before{};                    // Those told before then.
  std::set<std::string> attempts_kept;  // Entries of these stay however old they are.
  int look_at_max = 200;                // In one transaction, which holds up every other.
};

struct EntriesDropped {
  std::uint64_t count = 0;
  std::uint64_t first = 0;  // Of those that went; 0: none.
  std::uint64_t last = 0;
  std::uint64_t after = 0;  // Go on from here.
  bool is_done = false;     // Nothing is left to look at.
};

class JournalKeeper {
 public:
  virtual ~JournalKeeper() = default;

  // One step, in one transaction with the gaps that it leaves and the entry that tells of it; nothing is told of nothing. The
  // last entry of the journal never goes. May block.
  virtual Result<EntriesDropped> DropEntries(const EntriesDrop& drop,
                                             const std::function<NewEntry(const EntriesDropped&)>& tell) = 0;
};

}  // namespace tuesday
