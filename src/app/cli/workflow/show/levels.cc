// SPDX-License-Identifier: Apache-2.0
#include "app/cli/workflow/show/levels.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "app/cli/render/table.h"
#include "core/expression/value/text.h"

namespace tuesday::cli {
namespace {

using workflow::Job;

std::string Repeated(std::string_view sign, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += sign;
  return out;
}

std::string NeedsOf(const Job& job) {
  std::vector<std::string> needs;
  for (const workflow::Token& need : job.needs) needs.push_back(need.text);
  return fmt::format("{}", fmt::join(needs, ", "));
}

// The three lines of one job's box.
std::vector<std::string> Box(const Job& job) {
  std::string title = job.id.text;
  if (job.strategy.has_value()) title += " ×";
  if (job.environment.has_value()) title += " ◆";
  if (job.call.has_value()) title += " → " + job.call->ref.text;
  const std::size_t width = ColumnsOf(title);
  return {"┌─" + Repeated("─", width) + "─┐", "│ " + title + " │", "└─" + Repeated("─", width) + "─┘"};
}

}  // namespace

std::vector<std::vector<const Job*>> LevelsOf(const std::vector<Job>& jobs) {
  std::map<std::string, std::size_t> level;  // By id in upper case.
  std::vector<std::vector<const Job*>> levels;
  // The reader has refused cycles, so that every round places at least one job.
  while (level.size() < jobs.size()) {
    const std::size_t before = level.size();
    for (const Job& job : jobs) {
      const std::string id = expression::UpperCase(job.id.text);
      if (level.contains(id)) continue;
      std::size_t at = 0;
      const bool ready = std::all_of(job.needs.begin(), job.needs.end(), [&](const workflow::Token& need) {
        const auto found = level.find(expression::UpperCase(need.text));
        if (found == level.end()) return false;
        at = std::max(at, found->second + 1);
        return true;
      });
      if (ready) level[id] = at;
    }
    if (level.size() == before) break;
  }
  for (const Job& job : jobs) {
    const std::size_t at = level[expression::UpperCase(job.id.text)];
    if (levels.size() <= at) levels.resize(at + 1);
    levels[at].push_back(&job);
  }
  return levels;
}

std::string DrawGraph(const std::vector<Job>& jobs) {
  std::string out;
  for (const auto& level : LevelsOf(jobs)) {
    if (!out.empty()) out += "    ↓\n";
    std::vector<std::string> lines(3);
    std::string notes;
    for (const Job* job : level) {
      const std::vector<std::string> box = Box(*job);
      for (std::size_t i = 0; i < lines.size(); ++i) lines[i] += (lines[i].empty() ? " " : "  ") + box[i];
      if (level.size() > 1 && !job->needs.empty()) notes += fmt::format("   {} needs {}\n", job->id.text, NeedsOf(*job));
    }
    for (const std::string& line : lines) out += line + "\n";
    out += notes;
  }
  return out;
}

std::string GraphAsMermaid(const std::vector<Job>& jobs) {
  std::string out = "graph TD\n";
  for (const Job& job : jobs) {
    out += fmt::format("  {}[\"{}\"]\n", job.id.text, job.id.text);
    for (const workflow::Token& need : job.needs) out += fmt::format("  {} --> {}\n", need.text, job.id.text);
  }
  return out;
}

std::string GraphAsDot(const std::vector<Job>& jobs, const std::string& title) {
  std::string out = fmt::format("digraph \"{}\" {{\n  node [shape=box];\n", title);
  for (const Job& job : jobs) {
    out += fmt::format("  \"{}\";\n", job.id.text);
    for (const workflow::Token& need : job.needs) out += fmt::format("  \"{}\" -> \"{}\";\n", need.text, job.id.text);
  }
  return out + "}\n";
}

}  // namespace tuesday::cli
