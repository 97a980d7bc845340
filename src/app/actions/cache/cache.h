// SPDX-License-Identifier: Apache-2.0
// The run's cache, for actions: restored and saved with the sentences of the original. Blocks.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace tuesday::actions {

// `paths` are patterns of files and folders as they are written in the workflow: their text is a part of an entry's version.
struct CacheRequest {
  std::vector<std::string> paths;
  std::string key;
  std::vector<std::string> restore_keys;  // Where to look when nothing has the key: entries whose key begins so, in order.
};

enum class Restore { kFiles, kLookUpOnly };

// The key of the entry that was found, empty when there is none. What fails on the way is told as a warning and counts as none;
// an error is a request that cannot be one.
Result<std::string> RestoreCache(const CacheRequest& request, Restore restore);

enum class Saved { kYes, kNo };

// Stores what the paths mean under the key. kNo when somebody has stored it already, or when it failed, which was told. An
// error is a request that cannot be one, also when none of the paths exists.
Result<Saved> SaveCache(const CacheRequest& request);

// Whether a found key is the one that was asked for; large and small letters are one.
bool IsSameKey(const std::string& wanted, const std::string& found);

}  // namespace tuesday::actions
