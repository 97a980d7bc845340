// SPDX-License-Identifier: Apache-2.0
// What instances have written, read in pieces: a first look back, and from there on what came since. May block.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/id.h"
#include "base/result.h"
#include "base/time.h"

namespace tuesday {

// With a cursor: what came after it. Without: the last `tail` lines of what came since `since`.
struct OutputAsk {
  std::optional<int> tail;
  std::optional<WallTime> since;  // To the second.
  std::string cursor;
};

struct OutputChunk {
  std::vector<std::string> lines;
  std::string cursor;  // For the next ask; empty: nothing can follow.
  bool cut = false;    // Lines before these were thrown away meanwhile.
  bool more = false;   // There is more to read at once.
};

// How a command gets into an instance: where, as whom, and with what around it.
struct InstanceRoom {
  std::map<std::string, std::string> environment;  // Complete; holds secrets.
  std::string working_folder;
  std::string user;                 // Empty: nobody else than the daemon.
  std::vector<std::string> groups;  // cgroup folders to enter.
  std::vector<std::string> enter;   // A program that takes the command in, before the command; the rest is then its own affair.
};

class InstanceOutput {
 public:
  virtual ~InstanceOutput() = default;

  // Whole lines only, at most a few megabytes. Also of an instance that is gone, while its last lines are kept; kNotFound
  // when they are not.
  virtual Result<OutputChunk> ReadOutput(const InstanceId& instance, const OutputAsk& ask) = 0;

  // kNotFound when there is no such instance, kConflict when nothing runs in it now.
  virtual Result<InstanceRoom> RoomOf(const InstanceId& instance) = 0;
};

}  // namespace tuesday
