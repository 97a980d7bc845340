// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/output/file_commands.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/expression/value/text.h"
#include "core/workflow/output/text.h"

namespace tuesday::workflow {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kHeredoc = "<<";
// Node would load code of the step's choice into every action that comes later.
constexpr std::string_view kBlockedVariable = "NODE_OPTIONS";

using Pair = std::pair<std::string, std::string>;

std::unexpected<Error> Wrong(std::string message) { return Fail(ErrorCode::kInvalid, std::move(message)); }

Result<std::string> Checked(std::string_view text) {
  if (text.size() > kFileCommandBytesMax)
    return Fail(ErrorCode::kLimit, fmt::format("The file is larger than {} bytes.", kFileCommandBytesMax));
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  return RepairUtf8(text);
}

class PairReader {
 public:
  explicit PairReader(std::string_view text) : text_(text) {}

  Result<std::vector<Pair>> Read() {
    std::vector<Pair> pairs;
    while (at_ < text_.size()) {
      const std::string_view line = TakeLine().text;
      if (line.empty()) continue;
      if (pairs.size() == kFileCommandPairsMax)
        return Fail(ErrorCode::kLimit, fmt::format("More than {} values in one file.", kFileCommandPairsMax));
      TRY(Pair pair, ReadPair(line));
      pairs.push_back(std::move(pair));
    }
    return pairs;
  }

 private:
  struct Line {
    std::string_view text;
    bool ended = false;
  };

  Line TakeLine() {
    const std::size_t end = text_.find('\n', at_);
    const bool ended = end != std::string_view::npos;
    const Line line{text_.substr(at_, ended ? end - at_ : std::string_view::npos), ended};
    at_ = ended ? end + 1 : text_.size();
    return line;
  }

  Result<Pair> ReadPair(std::string_view line) {
    const std::size_t equals = line.find('=');
    const std::size_t heredoc = line.find(kHeredoc);
    if (equals == std::string_view::npos && heredoc == std::string_view::npos)
      return Wrong(fmt::format("Invalid format '{}'", line));
    if (heredoc < equals) return ReadHeredoc(line, heredoc);
    if (equals == 0) return Wrong(fmt::format("Invalid format '{}'. Name must not be empty", line));
    return Pair(line.substr(0, equals), line.substr(equals + 1));
  }

  Result<Pair> ReadHeredoc(std::string_view line, std::size_t heredoc) {
    const std::string_view name = line.substr(0, heredoc);
    const std::string_view delimiter = line.substr(heredoc + kHeredoc.size());
    if (name.empty() || delimiter.empty()) {
      return Wrong(fmt::format("Invalid format '{}'. Name must not be empty and delimiter must not be empty", line));
    }
    const std::size_t begin = at_;
    std::size_t end = at_;
    while (true) {
      if (at_ >= text_.size()) return Wrong(fmt::format("Invalid value. Matching delimiter not found '{}'", delimiter));
      const Line next = TakeLine();
      if (next.text == delimiter) break;
      if (!next.ended) return Wrong("Invalid value. EOF marker missing new line.");
      end = at_ - 1;
    }
    return Pair(name, text_.substr(begin, end - begin));
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

Result<std::vector<Pair>> ReadPairs(std::string_view text) {
  TRY(const std::string checked, Checked(text));
  return PairReader(checked).Read();
}

Result<EnvironmentPairs> ReadEnvironment(std::string_view text) {
  TRY(std::vector<Pair> pairs, ReadPairs(text));
  EnvironmentPairs environment;
  for (Pair& pair : pairs) {
    if (expression::SameText(pair.first, kBlockedVariable)) {
      environment.refused.push_back(
          fmt::format("Can't store {} output parameter using '$GITHUB_ENV' command.", kBlockedVariable));
    } else {
      environment.pairs.push_back(std::move(pair));
    }
  }
  return environment;
}

Result<std::vector<std::string>> ReadPaths(std::string_view text) {
  TRY(const std::string checked, Checked(text));
  std::vector<std::string> paths;
  for (const std::string_view line : SplitLines(checked)) {
    if (line.empty()) continue;
    std::erase(paths, line);
    if (paths.size() == kFileCommandPairsMax)
      return Fail(ErrorCode::kLimit, fmt::format("More than {} paths in one file.", kFileCommandPairsMax));
    paths.emplace_back(line);
  }
  return paths;
}

Result<std::string> CheckSummary(std::string_view text, const Masks& masks) {
  if (text.size() > kSummaryBytesMax) {
    return Fail(ErrorCode::kLimit,
                fmt::format("$GITHUB_STEP_SUMMARY upload aborted, supports content up to a size of {}k, got {}k.",
                            kSummaryBytesMax / 1024, text.size() / 1024));
  }
  if (text.empty()) return std::string();
  std::string summary;
  const std::string repaired = RepairUtf8(text);
  for (const std::string_view line : SplitLines(repaired)) {
    summary += masks.Mask(line);
    summary += '\n';
  }
  return summary;
}

std::string FileCommandFailure(std::string_view name) {
  return fmt::format("Unable to process file command '{}' successfully.", name);
}

}  // namespace tuesday::workflow
