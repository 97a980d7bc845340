// SPDX-License-Identifier: Apache-2.0
// Argo's success and failure conditions: expr-lang (v1.17) without its clock, over one value called `result`.
// Parsed and checked once when a template is loaded; evaluated for each measurement.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace tuesday::condition {

struct Node;

// A parsed condition. Cheap to copy; immutable.
class Condition {
 public:
  // Parses and checks: unknown functions and variables, wrong numbers of arguments, and conditions that can never be a bool are
  // errors of kind kInvalid that name the column.
  static Result<Condition> Parse(std::string_view text);

  // Evaluates with `result` bound. kInvalid when the value has another type or shape than the condition expects.
  Result<Json> Evaluate(const Json& result) const;

  // As Evaluate, and the outcome must be a bool.
  Result<bool> Holds(const Json& result) const;

  const std::string& text() const { return text_; }

 private:
  Condition(std::string text, std::shared_ptr<const Node> root) : text_(std::move(text)), root_(std::move(root)) {}

  std::string text_;
  std::shared_ptr<const Node> root_;
};

inline constexpr std::size_t kConditionBytesMax = 4096;
inline constexpr int kConditionDepthMax = 64;
inline constexpr int kEvaluationStepsMax = 1'000'000;
inline constexpr std::int64_t kEvaluationCopiesMax =
    2'000'000;  // Values that an evaluation may copy, those inside of others too.

}  // namespace tuesday::condition
