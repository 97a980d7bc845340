// SPDX-License-Identifier: Apache-2.0
// A journal entry for tests that need some entry.
#pragma once

#include <chrono>
#include <string>

#include "ports/store.h"

namespace tuesday::testing {

inline NewEntry EntryAbout(const std::string& name, const std::string& attempt, const std::string& message) {
  NewEntry entry;
  entry.at = WallTime(std::chrono::milliseconds(1'795'442'400'123));
  entry.object = {Namespace("default"), "Rollout", name};
  entry.attempt = attempt;
  entry.entry = {"test.happened", message, {{"n", 1}}};
  return entry;
}

}  // namespace tuesday::testing
