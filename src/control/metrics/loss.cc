// SPDX-License-Identifier: Apache-2.0
#include "control/metrics/loss.h"

#include <algorithm>

namespace tuesday::control {

namespace {

constexpr int kTicksToCome = 2;
constexpr std::size_t kGapsMax = 256;
constexpr std::size_t kTicketsMax = 64;

// A server that an answer left out comes back with its count; one that is gone for so long begins at 0 if it ever does.
constexpr std::int64_t kGoneAfterMs = 10 * 60 * 1'000;

}  // namespace

void LossAccount::OnEdge(const EdgeSeen& seen, std::int64_t now_ms) {
  const bool is_new = !began_ || seen.process != process_;
  if (is_new) {
    began_ = true;
    process_ = seen.process;
    totals_.clear();
    tickets_.clear();
    counted_ = 0;
    logged_ = 0;
    even_at_ms_ = now_ms;
  }
  std::int64_t open = 0;
  for (const auto& [rollout, servers] : seen.servers) {
    auto& totals = totals_[rollout];
    for (const ServerSeen& server : servers) {
      // A server that is new to a process that was seen before has begun at 0.
      const auto [known, unknown] = totals.try_emplace({server.slot, server.instance});
      const std::int64_t before = unknown ? (is_new ? server.total : 0) : known->second.requests;
      // Less than before: a backup entry of it left the edge with its share of the count. What is left has been counted.
      counted_ += std::max<std::int64_t>(0, server.total - before);
      known->second = {server.total, now_ms};
      open += server.open;
    }
  }
  ForgetGone(now_ms);
  if (tickets_.size() < kTicketsMax) tickets_.push_back({now_ms, counted_ - open, 0});
}

void LossAccount::ForgetGone(std::int64_t now_ms) {
  if (now_ms - forgot_ms_ < kGoneAfterMs / 10) return;
  forgot_ms_ = now_ms;
  for (auto& [rollout, totals] : totals_) {
    std::erase_if(totals, [&](const auto& item) { return now_ms - item.second.seen_ms > kGoneAfterMs; });
  }
  std::erase_if(totals_, [](const auto& item) { return item.second.empty(); });
}

void LossAccount::OnBatch(const EdgeBatch& batch, std::int64_t now_ms) {
  for (const RequestTally& tally : batch.tallies) {
    if (tally.instance.empty()) continue;
    for (const auto& [status, count] : tally.by_status) logged_ += static_cast<std::int64_t>(count);
  }
  if (batch.unreadable > 0) AddGap({even_at_ms_, now_ms, static_cast<std::int64_t>(batch.unreadable)});
  if (batch.reconnected && had_batch_) AddGap({even_at_ms_, now_ms, 0});
  had_batch_ = true;
  for (Ticket& ticket : tickets_) ++ticket.ticks;
  while (!tickets_.empty() && tickets_.front().ticks >= kTicksToCome) {
    const Ticket ticket = tickets_.front();
    tickets_.pop_front();
    const std::int64_t lost = ticket.ended - logged_;
    if (lost > 0) {
      AddGap({even_at_ms_, ticket.at_ms, lost});
      logged_ += lost;
    }
    even_at_ms_ = ticket.at_ms;
  }
}

void LossAccount::AddGap(Gap gap) {
  gaps_.push_back(gap);
  if (gaps_.size() > kGapsMax) gaps_.pop_front();
}

bool LossAccount::Overlaps(std::int64_t from_ms, std::int64_t to_ms) const {
  return std::ranges::any_of(gaps_, [&](const Gap& gap) { return gap.from_ms < to_ms && from_ms < gap.to_ms; });
}

}  // namespace tuesday::control
