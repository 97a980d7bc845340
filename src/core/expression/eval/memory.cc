// SPDX-License-Identifier: Apache-2.0
#include "core/expression/eval/memory.h"

#include "core/expression/value/text.h"

namespace tuesday::expression {
namespace {

constexpr std::size_t kTextBytes = 26;

}  // namespace

std::size_t TextBytes(std::string_view text) { return kTextBytes + 2 * Utf16Length(text); }

std::size_t ValueBytes(const Value& value) {
  const std::string* text = value.as_string();
  return text == nullptr ? kObjectBytes : TextBytes(*text);
}

Problem TooMuchMemory(const Node& node) {
  return {ProblemKind::kEvaluation,
          "The maximum allowed memory size was exceeded while evaluating the following expression: " + PrintExpression(node),
          node.offset};
}

Outcome<void> ByteCount::Add(std::size_t bytes) {
  bytes_ += bytes;
  if (bytes_ > bytes_max_) return std::unexpected(TooMuchMemory(node_));
  return {};
}

Outcome<void> DepthCount::Add(std::size_t depth, std::size_t bytes, Below below) {
  while (below == Below::kReleased && depths_.size() > depth + 1) {
    total_ -= depths_.back();
    depths_.pop_back();
  }
  if (depths_.size() <= depth) depths_.resize(depth + 1, 0);
  depths_[depth] += bytes;
  total_ += bytes;
  if (total_ > bytes_max_) return std::unexpected(TooMuchMemory(root_));
  return {};
}

}  // namespace tuesday::expression
