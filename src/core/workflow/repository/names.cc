// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/repository/names.h"

#include <fmt/format.h>

#include <algorithm>

namespace tuesday::workflow {
namespace {

constexpr std::string_view kFor = "refs/for/";

bool IsAlphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

}  // namespace

Result<void> CheckRepositoryName(std::string_view name) {
  const bool fits = !name.empty() && name.size() <= kRepositoryNameMax && IsAlphanumeric(name.front()) &&
                    IsAlphanumeric(name.back()) && !name.ends_with(".git") && name.find("..") == std::string_view::npos &&
                    std::ranges::all_of(name, [](char c) { return IsAlphanumeric(c) || c == '-' || c == '_' || c == '.'; });
  if (fits) return {};
  return Fail(ErrorCode::kInvalid, fmt::format("\"{}\" is no name for a repository.", name),
              fmt::format("Small letters, digits, `-`, `_` and `.`, at most {} of them, and no \".git\" at the end.",
                          kRepositoryNameMax));
}

std::optional<ReviewTarget> ReviewTargetOf(std::string_view ref, const Refs& refs) {
  if (!ref.starts_with(kFor)) return std::nullopt;
  const std::string_view rest = ref.substr(kFor.size());
  for (std::size_t end = rest.size(); end != std::string_view::npos && end > 0; end = rest.rfind('/', end - 1)) {
    const std::string branch(rest.substr(0, end));
    if (!refs.contains("refs/heads/" + branch)) continue;
    return ReviewTarget{branch, std::string(end < rest.size() ? rest.substr(end + 1) : std::string_view())};
  }
  return std::nullopt;
}

}  // namespace tuesday::workflow
