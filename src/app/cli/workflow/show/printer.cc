// SPDX-License-Identifier: Apache-2.0
#include "app/cli/workflow/show/printer.h"

#include <fmt/format.h>

#include <iostream>

#include "app/cli/render/table.h"
#include "core/workflow/progress/first_error.h"

namespace tuesday::cli {
namespace {

using workflow::Change;
using workflow::ChangeKind;
using workflow::RunResult;

constexpr int kRed = 31;
constexpr int kGreen = 32;
constexpr int kYellow = 33;
constexpr int kGrey = 90;

void AddJobs(const workflow::GraphState& graph, const std::string& prefix, Table& table) {
  for (const workflow::JobState& job : graph.jobs) {
    if (job.legs.empty())
      table.Add({std::string(SignOf(job.result).first), prefix + job.id, "", ResultText(job.result), job.reason});
    for (const workflow::LegState& leg : job.legs) {
      const std::string took = leg.began == WallTime{} ? "" : Printer::TookText(Duration(leg.ended - leg.began));
      table.Add({std::string(SignOf(leg.result).first), leg.key, took, ResultText(leg.result), leg.reason});
      for (const workflow::GraphState& called : leg.called) AddJobs(called, leg.key + ".", table);
    }
  }
}

}  // namespace

std::pair<std::string_view, int> SignOf(RunResult result) {
  switch (result) {
    case RunResult::kSuccess: return {"✓", kGreen};
    case RunResult::kFailure: return {"✗", kRed};
    case RunResult::kCancelled: return {"■", kYellow};
    case RunResult::kSkipped:
    case RunResult::kNone: break;
  }
  return {"–", kGrey};
}

std::string Printer::TookText(Duration took) {
  const double seconds = std::chrono::duration<double>(took).count();
  if (seconds < 1) return fmt::format("{}ms", static_cast<int>(seconds * 1000 + 0.5));
  if (seconds < 60) return fmt::format("{:.1f}s", seconds);
  return fmt::format("{}m{:02}s", static_cast<int>(seconds) / 60, static_cast<int>(seconds) % 60);
}

std::string Printer::Name(const std::string& leg) const {
  std::string name = leg;
  for (std::size_t width = ColumnsOf(name); width < name_width_; ++width) name += ' ';
  return Painted(name, kGrey);
}

std::string Printer::Painted(std::string_view text, int code) const {
  return colour_ == Colour::kNever ? std::string(text) : fmt::format("\033[{}m{}\033[0m", code, text);
}

void Printer::Print(const std::string& line) { std::cout << line << std::endl; }

void Printer::Told(const workflow::Change& change) {
  const std::lock_guard lock(mutex_);
  const std::string indent(static_cast<std::size_t>(change.depth) * 2, ' ');
  const auto [sign, code] = SignOf(change.result);
  switch (change.kind) {
    case ChangeKind::kJobBegan:
    case ChangeKind::kRunEnded: return;
    case ChangeKind::kStepBegan: return Print(fmt::format("{} {}▸ {}", Name(change.leg), indent, change.name));
    case ChangeKind::kStepEnded: {
      const bool skipped = change.result == RunResult::kSkipped;
      const std::string tail = (change.reason.empty() ? "" : (skipped ? ", skipped: " : ": ") + change.reason) +
                               (change.may_fail ? " (it may fail)" : "");
      return Print(fmt::format("{} {}{} {}{}{}", Name(change.leg), indent, Painted(sign, code), change.name,
                               skipped ? "" : "  " + TookText(change.took), tail));
    }
    case ChangeKind::kJobEnded:
      return Print(fmt::format("{} {} job {}{}", Name(change.leg), Painted(sign, code), ResultText(change.result),
                               change.reason.empty() ? "" : ": " + change.reason));
  }
}

void Printer::Logged(const std::string& leg, int, std::string_view line) {
  const std::lock_guard lock(mutex_);
  const std::string_view text = workflow::WithoutTime(line);
  if (first_error_.empty() && text.starts_with("##[error]")) first_error_ = fmt::format("{}: {}", leg, text.substr(9));
  Print(fmt::format("{} │ {}", Name(leg), text));
}

std::string Printer::Summary(const workflow::RunState& state) const {
  Table table({"", "JOB", "TOOK", "RESULT", "WHY"});
  AddJobs(state.graph, "", table);
  std::string text = "\n" + table.Text();
  if (!first_error_.empty()) text += "\nfirst error  " + first_error_ + "\n";
  const auto [sign, code] = SignOf(state.result);
  return text + fmt::format("\n{} run {}{} in {}\n", Painted(sign, code), ResultText(state.result),
                            state.reason.empty() ? "" : " (" + state.reason + ")",
                            TookText(Duration(state.ended - state.began)));
}

}  // namespace tuesday::cli
