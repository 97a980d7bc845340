// SPDX-License-Identifier: Apache-2.0
// A run as lines for people: who speaks, what it does, what it prints.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "app/cli/workflow/show/run_watcher.h"
#include "core/workflow/run/state.h"

namespace tuesday::cli {

enum class Colour { kNever, kTerminal };

// Lines of jobs stand behind their names, padded to `name_width`. Timestamps of the log are taken off.
class Printer : public RunWatcher {
 public:
  Printer(Colour colour, std::size_t name_width) : colour_(colour), name_width_(name_width) {}

  void Told(const workflow::Change& change) override;
  void Logged(const std::string& leg, int ordinal, std::string_view line) override;

  // The jobs with their results, and the first line of an error.
  std::string Summary(const workflow::RunState& state) const;

  // "12ms", "1.2s", "3m04s"
  static std::string TookText(Duration took);

 private:
  std::string Name(const std::string& leg) const;
  std::string Painted(std::string_view text, int code) const;
  void Print(const std::string& line);

  const Colour colour_;
  const std::size_t name_width_;
  std::mutex mutex_;
  std::string first_error_;
};

// "✓", "✗", "–" or "■", with its colour's number.
std::pair<std::string_view, int> SignOf(workflow::RunResult result);

}  // namespace tuesday::cli
