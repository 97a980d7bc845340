// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/lint/report.h"

#include <fmt/format.h>

#include <algorithm>

namespace tuesday::workflow::lint {

std::vector<Finding> Report::Take() {
  std::stable_sort(findings_.begin(), findings_.end(), [](const Finding& a, const Finding& b) { return a.at < b.at; });
  // An alias shows the same place again and again.
  std::vector<Finding> once;
  std::size_t place = 0;  // Where the findings of the current place begin.
  for (Finding& finding : findings_) {
    if (!once.empty() && once.back().at != finding.at) place = once.size();
    const auto from = once.begin() + static_cast<std::ptrdiff_t>(place);
    if (std::find(from, once.end(), finding) == once.end()) once.push_back(std::move(finding));
  }
  findings_ = std::move(once);
  return std::move(findings_);
}

std::string Quoted(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += fmt::format("{}\"{}\"", out.empty() ? "" : ", ", word);
  return out;
}

}  // namespace tuesday::workflow::lint
