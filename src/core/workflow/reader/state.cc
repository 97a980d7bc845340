// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/reader/state.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/expression/value/text.h"

namespace tuesday::workflow {
namespace {

constexpr std::size_t kObjectBytes = 24;
constexpr std::size_t kTextBytes = 26;

std::size_t TextBytes(std::string_view text) { return kTextBytes + 2 * expression::Utf16Length(text); }

// The first so many characters; a character is never cut in two.
std::string Shorten(std::string text, std::size_t characters_max) {
  if (text.size() <= characters_max || expression::Utf16Length(text) <= characters_max) return text;
  std::size_t at = 0;
  for (std::size_t count = 0; count < characters_max; ++count) at += expression::CharacterAt(text, at).bytes;
  return text.substr(0, at) + "[...]";
}

}  // namespace

std::string LineColumn(Place at) { return fmt::format("(Line: {}, Col: {})", at.line, at.column); }

void ReadState::Add(Place at, std::string message) {
  if (problems_.size() >= kProblemsMax) return;
  std::string text = message;
  if (at.file > 0) text = FileName(at.file) + (at.line > 0 ? " " + LineColumn(at) : "") + ": " + message;
  problems_.push_back({at, std::move(message), Shorten(std::move(text), kProblemTextMax)});
}

void ReadState::PrefixWithCaller(Place ref) {
  const std::string& caller = FileName(ref.file);
  for (WorkflowProblem& problem : problems_) {
    if (problem.text.starts_with(caller)) continue;
    problem.text = fmt::format("In {} {}: Error from called workflow {}", caller, LineColumn(ref), problem.text);
  }
}

Result<int> ReadState::FileId(const std::string& name) {
  const auto found =
      std::find_if(files_.begin(), files_.end(), [&](const auto& each) { return expression::SameText(each, name); });
  if (found != files_.end()) return static_cast<int>(found - files_.begin()) + 1;
  files_.push_back(name);
  TRY_OK(AddBytes(TextBytes(name)));
  return static_cast<int>(files_.size());
}

Result<void> ReadState::CountFile(const std::string& name) {
  counted_.insert(expression::UpperCase(name));
  if (options_.files_max <= 0 || static_cast<int>(counted_.size()) <= options_.files_max) return {};
  return Fail(ErrorCode::kLimit, fmt::format("The maximum file count of {} has been exceeded", options_.files_max));
}

Result<void> ReadState::CountJob() {
  ++jobs_;
  if (options_.jobs_max <= 0 || jobs_ <= options_.jobs_max) return {};
  return Fail(ErrorCode::kLimit, fmt::format("The workflow may not contain more than {} jobs", options_.jobs_max));
}

Result<void> ReadState::AddToken(const Token& token) {
  const bool text = token.Is(TokenKind::kString) || token.Is(TokenKind::kExpression);
  return AddBytes(kObjectBytes + (text ? TextBytes(token.text) : 0));
}

Result<void> ReadState::AddBytes(std::size_t bytes) {
  bytes_ += bytes;
  if (bytes_ <= options_.result_bytes_max) return {};
  return Fail(ErrorCode::kLimit, "Maximum object size exceeded");
}

Result<void> ReadState::Enter() {
  if (depth_++ < options_.depth_max) return {};
  return Fail(ErrorCode::kLimit, "Maximum object depth exceeded");
}

}  // namespace tuesday::workflow
