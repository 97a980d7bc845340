// SPDX-License-Identifier: Apache-2.0
#include "app/actions/artifact/names.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/workflow/glob/segment.h"

namespace tuesday::actions {
namespace {

constexpr std::string_view kNotInFiles = "\":<>|*?\r\n";
constexpr std::string_view kNotInNames = "\":<>|*?\r\n\\/";
constexpr std::size_t kAlternativesMax = 1'000;

std::string CharacterText(char c) {
  switch (c) {
    case '"': return "Double quote \"";
    case ':': return "Colon :";
    case '<': return "Less than <";
    case '>': return "Greater than >";
    case '|': return "Vertical bar |";
    case '*': return "Asterisk *";
    case '?': return "Question mark ?";
    case '\r': return "Carriage return \\r";
    case '\n': return "Line feed \\n";
    case '\\': return "Backslash \\";
    default: return "Forward slash /";
  }
}

Result<void> Check(std::string_view text, std::string_view refused, std::string_view what) {
  const std::size_t at = text.find_first_of(refused);
  if (at == std::string_view::npos) return {};
  return Fail(ErrorCode::kInvalid,
              fmt::format("{} is not valid: {}. Contains the following character: {}", what, text, CharacterText(text[at])),
              "Not every file system has such names; these characters are taken in none.");
}

// "a{b,c}d" as "abd" and "acd", the innermost braces first. Braces without a comma or an end are text.
void Expand(const std::string& pattern, std::vector<std::string>& out) {
  for (std::size_t close = pattern.find('}'); close != std::string::npos; close = pattern.find('}', close + 1)) {
    const std::size_t open = pattern.rfind('{', close);
    if (open == std::string::npos) continue;
    const std::string inside = pattern.substr(open + 1, close - open - 1);
    if (!inside.contains(',')) continue;
    for (std::size_t at = 0; at <= inside.size() && out.size() < kAlternativesMax;) {
      const std::size_t end = std::min(inside.find(',', at), inside.size());
      Expand(pattern.substr(0, open) + inside.substr(at, end - at) + pattern.substr(close + 1), out);
      at = end + 1;
    }
    return;
  }
  out.push_back(pattern);
}

}  // namespace

Result<void> CheckArtifactFile(std::string_view path) {
  return Check(path, kNotInFiles, "The path for one of the files in artifact");
}

Result<void> CheckNameOfArtifact(std::string_view name) {
  // Who downloads all artifacts gets a folder for each, of its name.
  if (name == "." || name == "..") return Fail(ErrorCode::kInvalid, fmt::format("The artifact name is not valid: {}.", name));
  return Check(name, kNotInNames, "The artifact name");
}

std::string ArtifactRoot(const Found& found, const std::vector<std::string>& files) {
  if (found.search_paths.size() > 1) return CommonFolder(found.search_paths);
  const std::string& searched = found.search_paths.front();
  if (files.size() != 1 || files.front() != searched) return searched;
  return searched.rfind('/') == 0 ? "/" : searched.substr(0, searched.rfind('/'));
}

std::string NameInArtifact(const std::string& path, const std::string& root) {
  std::string name = path.starts_with(root) ? path.substr(root.size()) : path;
  name.erase(0, name.find_first_not_of('/'));
  return name;
}

bool MatchesName(std::string_view pattern, std::string_view name) {
  if (pattern.starts_with('#')) return false;
  bool wanted = true;
  for (; pattern.starts_with('!'); pattern.remove_prefix(1)) wanted = !wanted;
  std::vector<std::string> alternatives;
  Expand(std::string(pattern), alternatives);
  const bool found = std::ranges::any_of(alternatives, [name](const std::string& one) {
    const bool hides = name.starts_with('.') && !one.starts_with('.');
    return !hides && workflow::GlobSegment(one).Matches(name);
  });
  return found == wanted;
}

}  // namespace tuesday::actions
