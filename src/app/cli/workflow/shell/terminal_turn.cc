// SPDX-License-Identifier: Apache-2.0
#include "app/cli/workflow/shell/terminal_turn.h"

namespace tuesday::cli {

void TerminalTurn::Told(const Change& change) {
  if (change.kind == ChangeKind::kStepBegan && change.ordinal > 0) {
    const std::scoped_lock lock(mutex_);
    names_[{place_of_(change.leg), change.ordinal}] = {change.leg, change.name};
  }
  TellOrKeep([this, change] { watcher_.Told(change); });
}

void TerminalTurn::Logged(const std::string& leg, int ordinal, std::string_view line) {
  TellOrKeep([this, leg, ordinal, text = std::string(line)] { watcher_.Logged(leg, ordinal, text); });
}

void TerminalTurn::TellOrKeep(std::function<void()> tell) {
  const std::scoped_lock lock(mutex_);
  if (is_held_) {
    kept_.push_back(std::move(tell));
  } else {
    tell();
  }
}

void TerminalTurn::Hold() {
  const std::scoped_lock lock(mutex_);
  is_held_ = true;
}

void TerminalTurn::LetGo() {
  const std::scoped_lock lock(mutex_);
  is_held_ = false;
  for (const std::function<void()>& tell : std::exchange(kept_, {})) tell();
}

std::optional<TerminalTurn::StepName> TerminalTurn::NameOf(const PlaceId& place, int ordinal) {
  const std::scoped_lock lock(mutex_);
  const auto found = names_.find({place, ordinal});
  return found == names_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace tuesday::cli
