// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/repository/refs.h"

#include <fmt/format.h>

#include <charconv>

#include "core/workflow/event/facts.h"

namespace tuesday::workflow {
namespace {

constexpr std::string_view kPull = "refs/pull/";
constexpr std::string_view kHead = "/head";

}  // namespace

std::optional<std::string> CompleteRef(const Refs& refs, const std::string& ref) {
  for (const std::string& name : {ref, "refs/heads/" + ref, "refs/tags/" + ref}) {
    if (name.starts_with("refs/") && refs.contains(name)) return name;
  }
  return std::nullopt;
}

int ChangeOf(std::string_view ref) {
  if (!ref.starts_with(kPull) || !ref.ends_with(kHead)) return 0;
  const std::string_view number = ref.substr(kPull.size(), ref.size() - kPull.size() - kHead.size());
  int change = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), change);
  return error == std::errc() && end == number.data() + number.size() && change > 0 ? change : 0;
}

std::string HeadRefOf(int change) { return fmt::format("refs/pull/{}/head", change); }
std::string MergeRefOf(int change) { return fmt::format("refs/pull/{}/merge", change); }

bool IsWatched(std::string_view ref) {
  return ref.starts_with("refs/heads/") || ref.starts_with("refs/tags/") || ChangeOf(ref) > 0;
}

std::vector<RefUpdate> UpdatesBetween(const Refs& known, const Refs& actual) {
  std::vector<RefUpdate> updates;
  for (const auto& [ref, commit] : actual) {
    const auto before = known.find(ref);
    if (!IsWatched(ref) || (before != known.end() && before->second == commit)) continue;
    updates.push_back({ref, before == known.end() ? kNoCommit : before->second, commit});
  }
  for (const auto& [ref, commit] : known) {
    if (IsWatched(ref) && !actual.contains(ref)) updates.push_back({ref, commit, kNoCommit});
  }
  return updates;
}

}  // namespace tuesday::workflow
