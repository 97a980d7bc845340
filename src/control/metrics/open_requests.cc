// SPDX-License-Identifier: Apache-2.0
#include "control/metrics/open_requests.h"

namespace tuesday::control {
namespace {

constexpr std::int64_t kSpacingMs = 1'000;
constexpr std::int64_t kKeptMs = 5 * 60 * 1'000;

}  // namespace

void OpenRequests::OnEdge(const EdgeSeen& seen, std::int64_t now_ms) {
  if (seen.process != process_) {
    process_ = seen.process;
    seconds_.clear();
  }
  if (!seconds_.empty() && now_ms - seconds_.back().at_ms < kSpacingMs) return;
  Second second{.at_ms = now_ms, .counts = {}};
  for (const auto& [rollout, servers] : seen.servers) {
    for (const ServerSeen& server : servers) {
      Count& count = second.counts[server.instance];
      count.begun += server.total;
      count.ended += server.total - server.open;
    }
  }
  seconds_.push_back(std::move(second));
  while (seconds_.front().at_ms < now_ms - kKeptMs) seconds_.pop_front();
}

std::optional<OpenRequests::Flow> OpenRequests::FlowOf(const std::set<InstanceId>& instances, std::int64_t from_ms,
                                                       std::int64_t cut_off_ms) const {
  const Second* base = nullptr;
  const Second* cut = nullptr;
  for (const Second& second : seconds_) {
    if (base == nullptr && second.at_ms >= from_ms) base = &second;
    if (second.at_ms <= seconds_.back().at_ms - cut_off_ms) cut = &second;
  }
  if (base == nullptr || cut == nullptr || cut->at_ms < base->at_ms) return std::nullopt;
  Flow flow;
  const auto count_of = [](const Second& second, const InstanceId& instance) {
    const auto found = second.counts.find(instance);
    return found == second.counts.end() ? Count() : found->second;
  };
  for (const InstanceId& instance : instances) {
    const Count before = count_of(*base, instance);
    const Count then = count_of(*cut, instance);
    const Count now = count_of(seconds_.back(), instance);
    // A server that was taken out of the edge begins at 0 when it comes back: of it nothing is known, and nothing is held
    // against it.
    if (then.begun < before.begun || now.begun < then.begun) continue;
    flow.begun += static_cast<double>(then.begun - before.begun);
    flow.ended += static_cast<double>(now.ended - before.ended);
  }
  return flow;
}

}  // namespace tuesday::control
