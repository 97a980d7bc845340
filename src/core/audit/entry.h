// SPDX-License-Identifier: Apache-2.0
// What a decision has to tell. Control adds number, time, object and the hash of the entry before; see docs/formats/journal.md.
#pragma once

#include <string>

#include "base/json.h"

namespace tuesday::audit {

// `kind` is a stable dotted word ("rollout.aborted"), `message` a sentence for people, `data` the numbers behind it.
// Samples and other bulk go to the blob store; `data` names their digest. At most 16 KiB as canonical JSON.
struct Entry {
  std::string kind;
  std::string message;
  Json::Object data;

  friend bool operator==(const Entry&, const Entry&) = default;
};

}  // namespace tuesday::audit
