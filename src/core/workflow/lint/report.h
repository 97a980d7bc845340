// SPDX-License-Identifier: Apache-2.0
// Collects what the rules have to say about one file. An internal header of this folder.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/source.h"
#include "core/workflow/lint/tree.h"
#include "core/workflow/lint/words.h"

namespace tuesday::workflow::lint {

inline constexpr std::size_t kFindingsMax = 1'000;  // Of one file; the rest is dropped.

class Report {
 public:
  explicit Report(std::string file) : file_(std::move(file)) {}

  void Add(const Node& at, std::string_view rule, std::string message, Severity severity = Severity::kError) {
    AddAt(at.line, at.column, rule, std::move(message), severity);
  }

  void AddAt(int line, int column, std::string_view rule, std::string message, Severity severity = Severity::kError) {
    if (findings_.size() >= kFindingsMax) return;
    findings_.push_back({{file_, line, column}, severity, std::string(rule), std::move(message), ""});
  }

  // By place, and in the order in which they came where that is the same; nothing twice.
  std::vector<Finding> Take();

 private:
  std::string file_;
  std::vector<Finding> findings_;
};

}  // namespace tuesday::workflow::lint
