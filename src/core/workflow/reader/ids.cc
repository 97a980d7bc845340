// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/reader/ids.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/expression/value/text.h"
#include "core/workflow/read.h"

namespace tuesday::workflow {
namespace {

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
constexpr int kAttemptsMax = 999;

bool MayBeIn(char c) { return IsLetter(c) || IsDigit(c) || c == '_' || c == '-'; }

}  // namespace

std::optional<std::string> IdBuilder::AddKnown(std::string_view id) {
  // GitHub's keyword rule is the same: a letter or "_" first, then also digits and "-".
  if (!expression::IsKeyword(id) || id.size() >= kIdLengthMax) {
    return fmt::format(
        "The identifier '{}' is invalid. IDs may only contain alphanumeric characters, '_', and '-'. IDs must start with a "
        "letter or "
        "'_' and and must be less than {} characters.",
        id, kIdLengthMax);
  }
  if (id.starts_with("__")) return fmt::format("The identifier '{}' is invalid. IDs starting with '__' are reserved.", id);
  if (!known_.insert(expression::UpperCase(id)).second) {
    return fmt::format("The identifier '{}' may not be used more than once within the same scope.", id);
  }
  return std::nullopt;
}

void IdBuilder::Append(std::string_view part) {
  if (part.empty()) return;
  if (!name_.empty()) {
    name_ += '_';
  } else if (IsDigit(part.front()) || part.front() == '-') {
    name_ += '_';
  }
  for (std::size_t at = 0; at < part.size();) {
    const std::size_t bytes = expression::CharacterAt(part, at).bytes;
    name_ += bytes == 1 && MayBeIn(part[at]) ? part[at] : '_';
    at += bytes;
  }
}

Result<std::string> IdBuilder::Build(ReservedPrefix prefix, std::size_t length_max) {
  std::string original = name_.empty() ? "job" : std::exchange(name_, {});
  if (prefix == ReservedPrefix::kRefused && original.starts_with("__")) {
    original = "_" + original.substr(std::min(original.find_first_not_of('_'), original.size()));
  }
  for (int attempt = 1; attempt <= kAttemptsMax; ++attempt) {
    const bool bare = prefix == ReservedPrefix::kRefused && original == "_";
    const std::string suffix = attempt == 1 ? "" : fmt::format("{}{}", bare ? "" : "_", attempt);
    const std::string candidate = original.substr(0, length_max - suffix.size()) + suffix;
    if (known_.insert(expression::UpperCase(candidate)).second) return candidate;
  }
  return Fail(ErrorCode::kLimit, "Unable to create a unique name");
}

}  // namespace tuesday::workflow
