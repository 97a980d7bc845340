// SPDX-License-Identifier: Apache-2.0
#include "app/cli/workflow/shell/held_places.h"

#include <utility>

namespace tuesday::cli {

Result<void> HeldPlaces::Start(const PlaceId& place, const StepOrder& step) {
  {
    const std::scoped_lock lock(mutex_);
    held_[place].orders[step.id] = step;
  }
  return places_.Start(place, step);
}

Result<void> HeldPlaces::Signal(const PlaceId& place, const std::string& step, StepSignal signal) {
  bool is_asked = false;
  {
    const std::scoped_lock lock(mutex_);
    Held& held = held_[place];
    held.signalled.insert(step);
    is_asked = held.asking == step;
  }
  if (is_asked) give_up_(place);
  return places_.Signal(place, step, signal);
}

Result<void> HeldPlaces::Close(const PlaceId& place) {
  give_up_(place);
  return places_.Close(place);
}

Result<PlaceView> HeldPlaces::Look(const PlaceId& place, int seen, Duration patience) {
  int seen_inside = 0;
  bool has_news = false;
  {
    const std::scoped_lock lock(mutex_);
    const Held& held = held_[place];
    seen_inside = held.seen;
    has_news = std::cmp_less(seen, held.reports.size());
  }
  TRY(PlaceView view, places_.Look(place, seen_inside, has_news ? Duration::zero() : patience));
  TakeReports(place, std::exchange(view.reports, {}));
  std::erase_if(view.running, [](const std::string& id) { return id.ends_with(".shell"); });
  const std::scoped_lock lock(mutex_);
  const Held& held = held_[place];
  for (std::size_t i = static_cast<std::size_t>(seen); i < held.reports.size(); ++i) view.reports.push_back(held.reports[i]);
  return view;
}

bool HeldPlaces::IsAsked(const Held& held, const StepReport& report) const {
  const bool failed = report.end == StepEnd::kTimedOut ||
                      (report.end == StepEnd::kExited && (report.exit_code != 0 || !report.problem.empty()));
  const auto order = held.orders.find(report.id);
  // What is done with containers has no place of its own to stand in.
  return failed && order != held.orders.end() && !order->second.containers && !held.signalled.contains(report.id);
}

void HeldPlaces::TakeReports(const PlaceId& place, std::vector<StepReport> reports) {
  for (StepReport& report : reports) {
    StepOrder order;
    bool is_asked = false;
    {
      const std::scoped_lock lock(mutex_);
      Held& held = held_[place];
      ++held.seen;
      if (report.ordinal >= kShellOrdinals) continue;
      is_asked = IsAsked(held, report);
      if (is_asked) {
        order = held.orders.at(report.id);
        held.asking = report.id;
      }
    }
    if (is_asked) report = ask_(place, order, report);
    const std::scoped_lock lock(mutex_);
    Held& held = held_[place];
    held.asking.clear();
    held.orders.erase(report.id);
    held.reports.push_back(std::move(report));
  }
}

}  // namespace tuesday::cli
