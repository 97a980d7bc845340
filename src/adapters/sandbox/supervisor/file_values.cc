// SPDX-License-Identifier: Apache-2.0
#include "adapters/sandbox/supervisor/file_values.h"

#include <algorithm>

#include "core/workflow/output/text.h"

namespace tuesday::sandbox {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

// `name=value` or `name<<END`, lines, `END`.
Result<Pairs> ReadPairs(const std::string& text) {
  Pairs pairs;
  const std::vector<std::string_view> lines = workflow::SplitLines(text);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string_view line = lines[i];
    if (line.empty()) continue;
    const std::size_t equals = line.find('=');
    const std::size_t arrows = line.find("<<");
    if (equals < arrows && equals > 0) {
      pairs.emplace_back(line.substr(0, equals), line.substr(equals + 1));
      continue;
    }
    if (arrows == std::string_view::npos || arrows == 0) {
      return Fail(ErrorCode::kInvalid, "Invalid format '" + std::string(line) + "'");
    }
    const std::string_view end = line.substr(arrows + 2);
    std::string value;
    std::size_t last = i + 1;
    for (; last < lines.size() && lines[last] != end; ++last) value.append(last == i + 1 ? "" : "\n").append(lines[last]);
    if (last == lines.size()) {
      return Fail(ErrorCode::kInvalid, "Invalid value. Matching delimiter not found '" + std::string(end) + "'");
    }
    pairs.emplace_back(line.substr(0, arrows), std::move(value));
    i = last;
  }
  return pairs;
}

class Reader {
 public:
  Reader(const StepFiles& step_files, StepReport& report) : files_(step_files), report_(report) {}

  std::string Text(const char* variable) {
    Result<std::string> text = files_.Read(variable);
    if (text.has_value()) return workflow::RepairUtf8(*text);
    Problem(variable, text.error());
    return {};
  }

  Pairs PairsOf(const char* variable) {
    Result<Pairs> pairs = ReadPairs(Text(variable));
    if (pairs.has_value()) return *std::move(pairs);
    Problem(variable, pairs.error());
    return {};
  }

  void Problem(const std::string& variable, const Error& error) {
    if (report_.problem.empty()) report_.problem = "Unable to process file command '" + variable + "': " + error.message;
  }

 private:
  const StepFiles& files_;
  StepReport& report_;
};

}  // namespace

void MergePairs(Pairs more, Pairs& pairs) {
  for (auto& pair : more) {
    const auto known = std::ranges::find(pairs, pair.first, &Pairs::value_type::first);
    if (known != pairs.end()) {
      known->second = std::move(pair.second);
    } else {
      pairs.push_back(std::move(pair));
    }
  }
}

void AddFileValues(const StepFiles& step_files, const workflow::Masks& masks, StepReport& report) {
  Reader reader(step_files, report);
  MergePairs(reader.PairsOf("GITHUB_OUTPUT"), report.outputs);
  MergePairs(reader.PairsOf("GITHUB_ENV"), report.environment);
  MergePairs(reader.PairsOf("GITHUB_STATE"), report.state);
  const std::string path = reader.Text("GITHUB_PATH");
  for (const std::string_view line : workflow::SplitLines(path)) {
    if (!line.empty()) report.path.emplace_back(line);
  }
  const std::string summary = reader.Text("GITHUB_STEP_SUMMARY");
  for (std::size_t begin = 0; begin < summary.size();) {
    const std::size_t end = std::min(summary.find('\n', begin), summary.size() - 1);
    const bool has_end = summary[end] == '\n';
    report.summary += masks.Mask(std::string_view(summary).substr(begin, end - begin + (has_end ? 0 : 1)));
    if (has_end) report.summary += '\n';
    begin = end + 1;
  }
}

}  // namespace tuesday::sandbox
