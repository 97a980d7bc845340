// SPDX-License-Identifier: Apache-2.0
// Conditions as tokens. Private to this folder.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace tuesday::condition {

struct Token {
  enum class Kind { kEnd, kNumber, kString, kName, kOperator };
  Kind kind = Kind::kEnd;
  std::string text;  // Of names and operators.
  Json value;        // Of numbers and strings.
  int column = 1;
};

// Ends with one kEnd token.
Result<std::vector<Token>> Tokenize(std::string_view text);

// The error for a place in a condition.
std::unexpected<Error> FailAt(int column, const std::string& message, std::string hint = {});

}  // namespace tuesday::condition
