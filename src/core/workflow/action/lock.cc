// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/action/lock.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace tuesday::workflow {
namespace {

constexpr std::string_view kHead =
    "# Which content each action was: owner/repo@ref, commit, digest. Written by `tuesday actions lock`.\n";
constexpr std::string_view kUnknown = "-";
constexpr std::size_t kDigestCharacters = 7 + 64;

std::vector<std::string> WordsOf(std::string_view line) {
  std::vector<std::string> words;
  while (!line.empty()) {
    const std::size_t end = std::min(line.find_first_of(" \t\r"), line.size());
    if (end > 0) words.emplace_back(line.substr(0, end));
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return words;
}

}  // namespace

Result<ActionLock> ReadLock(std::string_view text) {
  ActionLock lock;
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::vector<std::string> words = WordsOf(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (words.empty() || words.front().starts_with('#')) continue;
    const auto wrong = [&](std::string_view why) {
      return Fail(ErrorCode::kInvalid, fmt::format("{}:{}: {}", kLockPath, number, why), "Write it anew: tuesday actions lock");
    };
    const bool is_line = words.size() == 3 && words[0].contains('@') && words[2].starts_with("sha256:");
    if (!is_line || words[2].size() != kDigestCharacters) return wrong("a line is owner/repo@ref, a commit or -, and sha256:…");
    const LockedAction action{words[1] == kUnknown ? "" : words[1], words[2]};
    if (!lock.emplace(words[0], action).second) return wrong(words[0] + " stands here twice");
  }
  return lock;
}

std::string PrintLock(const ActionLock& lock) {
  std::string text(kHead);
  for (const auto& [name, action] : lock)
    text += fmt::format("{} {} {}\n", name, action.commit.empty() ? kUnknown : action.commit, action.digest);
  return text;
}

}  // namespace tuesday::workflow
