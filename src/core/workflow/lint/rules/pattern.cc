// SPDX-License-Identifier: Apache-2.0
// Rule `glob`: filter patterns that cannot mean what was wanted.
#include <fmt/format.h>

#include "core/workflow/lint/rules/rules.h"

namespace tuesday::workflow::lint {
namespace {

class PatternChecker {
 public:
  PatternChecker(std::string_view pattern, PatternOf of) : pattern_(pattern), of_(of) {}

  std::vector<PatternProblem> Check() {
    if (pattern_.empty()) {
      Add(0, "glob pattern cannot be empty");
      return std::move(problems_);
    }
    if (of_ == PatternOf::kPath) CheckPath();
    if (!problems_.empty()) return std::move(problems_);
    if (pattern_ == "!") {
      Add(1, "unexpected EOF while checking '!': at least one character must follow !");
      return std::move(problems_);
    }
    if (pattern_[0] == '!') at_ = 1;
    if (of_ == PatternOf::kRef && pattern_.substr(at_).starts_with('/')) Refuse("ref name must not start with /", at_ + 1);
    while (at_ < pattern_.size()) Step();
    if (of_ == PatternOf::kRef && (pattern_.ends_with('/') || pattern_.ends_with('.'))) {
      Refuse("ref name must not end with / and .", pattern_.size());
    }
    return std::move(problems_);
  }

 private:
  void Add(std::size_t column, std::string message) { problems_.push_back({static_cast<int>(column), std::move(message)}); }
  void Refuse(std::string_view why, std::size_t column) { Add(column, fmt::format("the pattern is not valid: {}", why)); }

  void CheckPath() {
    if (pattern_.front() == ' ' || pattern_.back() == ' ' || pattern_.back() == '\n') {
      Add(0, "leading and trailing spaces are not allowed in glob path");
      return;
    }
    const std::string_view path = pattern_.substr(pattern_[0] == '!' ? 1 : 0);
    if (path == "." || path == ".." || path.starts_with("./") || path.starts_with("../")) {
      Add(1, "'.' and '..' are not allowed in glob path");
    }
  }

  void Step() {
    const char c = pattern_[at_++];
    const bool repeatable = repeatable_;
    repeatable_ = true;
    switch (c) {
      case '\\': Escape(); return;
      case '?':
      case '+':
        if (!repeatable)
          Refuse(fmt::format("'{}' repeats nothing: the preceding character must not be special character", c), at_);
        repeatable_ = false;
        return;
      case '*': repeatable_ = false; return;
      case '[': Set(); return;
      case '\r':
        if (at_ < pattern_.size() && pattern_[at_] == '\n') {
          ++at_;
          Newline("\\n");
        } else {
          Newline("\\r");
        }
        return;
      case '\n': Newline("\\n"); return;
      case ' ':
      case '\t':
      case '~':
      case '^':
      case ':':
        if (of_ == PatternOf::kRef) Refuse("ref name cannot contain spaces, ~, ^, :, [, ?, *", at_);
        return;
      default: return;
    }
  }

  void Newline(std::string_view name) { Add(0, fmt::format("the pattern is not valid: '{}' cannot be part of it", name)); }

  void Escape() {
    if (at_ >= pattern_.size()) return;
    const char escaped = pattern_[at_++];
    const bool special = escaped == '[' || escaped == '?' || escaped == '*';
    if (of_ == PatternOf::kRef && special) Refuse("ref name cannot contain spaces, ~, ^, :, [, ?, *", at_);
  }

  void Set() {
    if (at_ < pattern_.size() && pattern_[at_] == ']') {
      ++at_;
      Refuse("character match must not be empty", at_);
      return;
    }
    std::size_t count = 0;
    while (at_ < pattern_.size()) {
      const char first = pattern_[at_++];
      if (first == ']') {
        if (count == 1) Refuse("character match with single character is useless. simply use x instead of [x]", at_);
        return;
      }
      ++count;
      if (at_ >= pattern_.size() || pattern_[at_] != '-') continue;
      ++at_;
      if (at_ >= pattern_.size()) break;
      const char last = pattern_[at_++];
      if (last == ']') {
        Refuse("end of range is missing", at_);
        return;
      }
      if (first > last) Refuse("the range is in the wrong order", at_);
      count += 2;
    }
    Refuse("missing ]", at_);
  }

  std::string_view pattern_;
  PatternOf of_;
  std::size_t at_ = 0;
  bool repeatable_ = false;
  std::vector<PatternProblem> problems_;
};

}  // namespace

std::vector<PatternProblem> CheckPattern(std::string_view pattern, PatternOf of) { return PatternChecker(pattern, of).Check(); }

void CheckPatterns(const WorkflowNode& workflow, Report& report) {
  for (const EventDefinition& event : workflow.events) {
    for (const auto& [name, filter] : event.filters) {
      if (name == "types" || name == "workflows") continue;
      const PatternOf of = name.starts_with("paths") ? PatternOf::kPath : PatternOf::kRef;
      for (const Node* pattern : filter.second) {
        for (const PatternProblem& problem : CheckPattern(pattern->value, of)) {
          const int quote = pattern->IsQuoted() ? 1 : 0;
          const int column = problem.column == 0 ? pattern->column : pattern->column + quote + problem.column - 1;
          report.AddAt(pattern->line, column, "glob", problem.message);
        }
      }
    }
  }
}

}  // namespace tuesday::workflow::lint
