// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/output/matchers.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "core/expression/value/text.h"
#include "core/workflow/output/matcher/matcher.h"

namespace tuesday::workflow {
namespace {

std::optional<AnnotationLevel> LevelOf(std::string_view severity) {
  if (severity.empty() || expression::SameText(severity, "error")) return AnnotationLevel::kError;
  if (expression::SameText(severity, "warning")) return AnnotationLevel::kWarning;
  if (expression::SameText(severity, "notice")) return AnnotationLevel::kNotice;
  return std::nullopt;
}

// Digits alone, as .NET's NumberStyles.None reads them.
std::optional<int> NumberOf(const std::optional<std::string>& text) {
  if (!text.has_value() || text->empty() || text->find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  int number = 0;
  const auto read = std::from_chars(text->data(), text->data() + text->size(), number);
  return read.ec == std::errc() ? std::optional(number) : std::nullopt;
}

// Nothing when the match has no message, or a severity that is none.
std::optional<MatchedProblem> ToProblem(const PartialMatch& match, const std::string& default_severity) {
  const std::string severity = match.severity.value_or("").empty() ? default_severity : *match.severity;
  const std::optional<AnnotationLevel> level = LevelOf(severity);
  if (!level.has_value() || expression::Trim(match.message.value_or("")).empty()) return std::nullopt;
  return MatchedProblem{.level = *level,
                        .message = *match.message,
                        .file = match.file.value_or(""),
                        .from_path = match.from_path.value_or(""),
                        .line = NumberOf(match.line),
                        .column = NumberOf(match.column),
                        .code = std::string(expression::Trim(match.code.value_or("")))};
}

using Lines = std::vector<std::shared_ptr<const PartialMatch>>;

void Clear(Lines& lines) { std::fill(lines.begin(), lines.end(), nullptr); }

// Goes from the last pattern to the first, so that a line moves each running match on by one pattern at most.
std::optional<PartialMatch> MatchOne(const Matcher& matcher, std::string_view line, Lines& lines) {
  const std::size_t last = matcher.patterns.size() - 1;
  for (std::size_t i = last + 1; i-- > 0;) {
    const std::shared_ptr<const PartialMatch> before = i > 0 ? lines[i - 1] : nullptr;
    if (i > 0 && before == nullptr) continue;
    std::optional<PartialMatch> match = matcher.patterns[i].Match(line, before.get());
    if (i < last) {
      lines[i] = match.has_value() ? std::make_shared<const PartialMatch>(*std::move(match)) : nullptr;
      continue;
    }
    if (match.has_value()) {
      Clear(lines);
      if (matcher.patterns[i].loop) lines[i - 1] = before;
      return match;
    }
    if (i > 0) lines[i - 1] = nullptr;
  }
  return std::nullopt;
}

int ProgramSize(const std::vector<std::shared_ptr<const Matcher>>& matchers) {
  int size = 0;
  for (const auto& matcher : matchers) {
    for (const MatcherPattern& pattern : matcher->patterns) size += pattern.ProgramSize();
  }
  return size;
}

}  // namespace

MatcherProgress::OfMatcher& MatcherProgress::Of(const std::shared_ptr<const Matcher>& matcher) {
  for (OfMatcher& each : matchers_) {
    if (each.matcher == matcher) return each;
  }
  matchers_.push_back({matcher, Lines(matcher->patterns.size() - 1)});
  return matchers_.back();
}

Result<void> Matchers::Add(std::string_view json) {
  TRY(const std::vector<std::shared_ptr<const Matcher>> added, ReadMatchers(json));
  std::vector<std::shared_ptr<const Matcher>> all = added;
  for (const auto& matcher : matchers_) {
    const auto same = [&matcher](const auto& each) { return expression::SameText(each->owner, matcher->owner); };
    if (std::none_of(added.begin(), added.end(), same)) all.push_back(matcher);
  }
  if (all.size() > kMatchersMax)
    return Fail(ErrorCode::kLimit, fmt::format("A job has at most {} problem matchers.", kMatchersMax));
  if (ProgramSize(all) > kMatcherProgramMax) {
    return Fail(ErrorCode::kLimit, "The regular expressions of the job's problem matchers are too large together.",
                "Use fewer repetitions with large counts, or remove matchers that are no longer needed.");
  }
  matchers_ = std::move(all);
  return {};
}

void Matchers::Remove(std::string_view owner) {
  std::erase_if(matchers_, [owner](const auto& matcher) { return expression::SameText(matcher->owner, owner); });
}

Result<std::vector<std::string>> Matchers::OwnersOf(std::string_view json) { return ReadOwners(json); }

std::optional<MatchedProblem> Matchers::Match(std::string_view line, MatcherProgress& progress) const {
  if (line.size() > kMatchedLineMax) return std::nullopt;
  std::erase_if(progress.matchers_, [this](const auto& each) {
    return std::find(matchers_.begin(), matchers_.end(), each.matcher) == matchers_.end();
  });
  for (const auto& matcher : matchers_) {
    const std::optional<PartialMatch> match = MatchOne(*matcher, line, progress.Of(matcher).lines);
    if (!match.has_value()) continue;
    for (MatcherProgress::OfMatcher& other : progress.matchers_) {
      if (other.matcher != matcher) Clear(other.lines);
    }
    std::optional<MatchedProblem> problem = ToProblem(*match, matcher->severity);
    if (problem.has_value()) return problem;
  }
  return std::nullopt;
}

std::vector<std::string> Matchers::Owners() const {
  std::vector<std::string> owners;
  for (const auto& matcher : matchers_) owners.push_back(matcher->owner);
  return owners;
}

}  // namespace tuesday::workflow
