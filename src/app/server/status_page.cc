// SPDX-License-Identifier: Apache-2.0
#include "app/server/status_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <tuple>

#include "app/server/rollout_json.h"

namespace tuesday::server {
namespace {

using control::RolloutView;
using rollout::PauseReason;
using rollout::Phase;

constexpr std::array<std::pair<std::string_view, Phase>, 4> kPhases = {{{"healthy", Phase::kHealthy},
                                                                        {"progressing", Phase::kProgressing},
                                                                        {"paused", Phase::kPaused},
                                                                        {"degraded", Phase::kDegraded}}};

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return lower;
}

bool WaitsForAPerson(const RolloutView& view) {
  if (view.status.phase != Phase::kPaused) return false;
  if (view.status.operator_paused || view.spec.paused || !view.status.attempt || !view.status.attempt->pause) return true;
  const rollout::Attempt& attempt = *view.status.attempt;
  if (attempt.pause->reason != PauseReason::kStep) return true;
  const auto& steps = view.spec.canary.steps;
  const auto index = static_cast<std::size_t>(attempt.step);
  const auto* pause = index < steps.size() ? std::get_if<rollout::Pause>(&steps[index]) : nullptr;
  return pause == nullptr || !pause->duration.has_value();
}

bool IsInFlight(const RolloutView& view) {
  if (!view.status.attempt.has_value()) return false;
  const rollout::Stage stage = view.status.attempt->stage;
  return stage != rollout::Stage::kDone && stage != rollout::Stage::kAborted;
}

bool HasDoubt(const RolloutView& view) {
  if (view.world.gate.has_value() && view.world.gate->finding.verdict == gate::Verdict::kFail) return true;
  return std::ranges::any_of(view.instances, [](const InstanceState& instance) {
    return !instance.ready && instance.phase == InstancePhase::kBackOff;
  });
}

// The newest attempt of all that was taken back.
Json LastRollback(const std::vector<RolloutView>& views) {
  const RolloutView* of = nullptr;
  const state::AttemptRecord* last = nullptr;
  for (const RolloutView& view : views) {
    for (const state::AttemptRecord& record : view.attempts) {
      const rollout::Ending ending = record.attempt.ending;
      const bool back = ending == rollout::Ending::kAborted || ending == rollout::Ending::kRolledBack;
      if (!back || !record.ended || (last != nullptr && *record.ended < *last->ended)) continue;
      of = &view;
      last = &record;
    }
  }
  if (last == nullptr) return {};
  return Json(
      Json::Object{{"at", WallText(*last->ended)},
                   {"namespace", of->name.ns.str()},
                   {"name", of->name.name},
                   {"message", fmt::format("{} rev {}: {}", of->name.name, last->revision_number, last->attempt.reason)}});
}

Json CountsJson(const std::vector<RolloutView>& views) {
  Json::Object counts{{"total", views.size()}};
  for (const auto& [word, phase] : kPhases) {
    counts[std::string(word)] =
        std::ranges::count_if(views, [phase](const RolloutView& view) { return view.status.phase == phase; });
  }
  counts["needs_person"] =
      std::ranges::count_if(views, [](const RolloutView& view) { return UrgencyOf(view) <= Urgency::kWaits; });
  return Json(std::move(counts));
}

}  // namespace

Result<StatusFilter> ReadStatusFilter(const std::string& phases, const std::string& limit) {
  StatusFilter filter;
  for (std::string_view rest = phases; !rest.empty();) {
    const std::size_t comma = rest.find(',');
    const std::string word = Lower(rest.substr(0, comma));
    rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    const auto* const found = std::ranges::find(kPhases, word, &std::pair<std::string_view, Phase>::first);
    if (found == kPhases.end()) {
      return Fail(ErrorCode::kInvalid, fmt::format("\"{}\" is no phase.", word), "Healthy, Progressing, Paused or Degraded.");
    }
    filter.phases.insert(found->second);
  }
  if (limit.empty()) return filter;
  const auto [end, error] = std::from_chars(limit.data(), limit.data() + limit.size(), filter.rows_max);
  if (error != std::errc() || end != limit.data() + limit.size() || filter.rows_max == 0 || filter.rows_max > kStatusRowsMax) {
    return Fail(ErrorCode::kInvalid, fmt::format("The limit \"{}\" is not a count from 1 to {}.", limit, kStatusRowsMax));
  }
  return filter;
}

Urgency UrgencyOf(const RolloutView& view) {
  if (view.status.phase == Phase::kDegraded || !view.trouble.empty()) return Urgency::kBroken;
  if (WaitsForAPerson(view)) return Urgency::kWaits;
  if (HasDoubt(view)) return Urgency::kDoubt;
  const bool moves = view.status.phase != Phase::kHealthy || IsInFlight(view) || view.spec.removal.has_value();
  return moves ? Urgency::kMoves : Urgency::kRests;
}

Json::Object StatusPage(const std::vector<RolloutView>& views, const StatusFilter& filter, const ClockJoin& join) {
  std::vector<std::pair<Urgency, const RolloutView*>> rows;
  for (const RolloutView& view : views) {
    if (!filter.phases.empty() && !filter.phases.contains(view.status.phase)) continue;
    rows.emplace_back(UrgencyOf(view), &view);
  }
  std::ranges::sort(rows, {}, [](const auto& row) { return std::tuple(row.first, row.second->name); });
  const std::size_t shown = std::min(rows.size(), filter.rows_max);
  Json::Array list;
  for (const auto& [urgency, view] : std::vector(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(shown))) {
    Json row = RolloutSummaryJson(*view, join);
    (*row.as_object())["needs_person"] = urgency <= Urgency::kWaits;
    list.push_back(std::move(row));
  }
  return {{"rollouts", std::move(list)},
          {"counts", CountsJson(views)},
          {"left_out", rows.size() - shown},
          {"last_rollback", LastRollback(views)}};
}

}  // namespace tuesday::server
