// SPDX-License-Identifier: Apache-2.0
// Ids of jobs and steps, of matrix legs, and the names of those: unique without regard to case within their scope.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tuesday::workflow {

enum class ReservedPrefix { kAllowed, kRefused };

class IdBuilder {
 public:
  // Takes an id that a user gave; the message when it cannot be one.
  std::optional<std::string> AddKnown(std::string_view id);

  // Adds a part of the id that is being built. What an id cannot have becomes "_".
  void Append(std::string_view part);

  // The id of the parts since the last one, with "_2", "_3"… when it was there already; at most `length_max` long. "job"
  // without parts. Fails after 999 attempts.
  Result<std::string> Build(ReservedPrefix prefix, std::size_t length_max);

 private:
  std::set<std::string> known_;  // In upper case.
  std::string name_;
};

}  // namespace tuesday::workflow
