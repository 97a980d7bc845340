// SPDX-License-Identifier: Apache-2.0
#include "control/metrics/recorder.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

namespace tuesday::control {

namespace {

// Answers of the edge itself, for want of a server: they count for the revision that was chosen.
constexpr std::string_view kEdgeInstance = "edge";

// Of an instance's process, in the order of SampleProcess.
constexpr std::array<std::string_view, 4> kProcessMetrics = {"kube_pod_container_status_restarts_total", "up",
                                                             "container_cpu_usage_seconds_total",
                                                             "container_memory_working_set_bytes"};

// Dropping looks at every series, and what is dropped a minute late does no harm.
constexpr std::int64_t kDropEveryMs = 60 * 1'000;

// What one call on the loop does at most, where the rest can be put off.
constexpr std::size_t kOwnersAtOnceMax = 2;
constexpr std::size_t kNewOwnerCost = 2;        // Who is new has labels to be made and series to be opened.
constexpr std::size_t kNewOwnersAtOnceMax = 4;  // Then the next look at the instances goes on.
constexpr std::size_t kDroppedAtOnceMax = 4'000;

std::int64_t Count(Duration duration) { return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count(); }

}  // namespace

Recorder::Recorder(metrics::SeriesStore& store, ClockJoin join, Persist persist, RecorderSettings settings)
    : store_(store), join_(join), persist_(std::move(persist)), settings_(settings) {}

void Recorder::Resume() {
  const std::vector<metrics::LabelMatcher> ours = {
      {metrics::MatchOp::kRegex, std::string(metrics::kNameLabel),
       "http_requests_total|http_request_duration_seconds_.*|http_response_first_byte_seconds_.*"}};
  const Result<std::vector<metrics::Series>> series = store_.Snapshot()->Select(ours, INT64_MIN, INT64_MAX);
  if (!series) return;
  counters_ = CountersFrom(*series);
  for (const metrics::Series& one : *series) {
    if (!one.samples.empty()) sampled_ms_ = std::max(sampled_ms_.value_or(INT64_MIN), one.samples.back().t);
  }
}

void Recorder::OnRollout(const JudgedRollout& rollout) {
  Known& known = known_[rollout.name];
  const std::optional<rollout::Attempt>& attempt = rollout.status.attempt;
  known.in_flight = attempt && attempt->stage != rollout::Stage::kDone && attempt->stage != rollout::Stage::kAborted;
  if (attempt) known.attempts[attempt->revision] = {attempt->id, Milliseconds(attempt->started_at)};
  for (const rollout::RevisionState& revision : rollout.status.revisions) {
    if (revision.slot >= 0) known.slots[revision.slot] = revision.id;
  }
  // Of a revision that is neither kept nor running nobody will count anything.
  std::erase_if(known.attempts, [&](const auto& item) {
    return std::ranges::find(rollout.status.revisions, item.first, &rollout::RevisionState::id) ==
               rollout.status.revisions.end() &&
           std::ranges::find(rollout.instances, item.first, &InstanceState::revision) == rollout.instances.end();
  });
}

void Recorder::Forget(const RolloutName& rollout) { known_.erase(rollout); }

Owner Recorder::OwnerOf(const RolloutName& rollout, const RevisionId& revision, std::string instance) const {
  Owner owner{rollout, revision, std::move(instance), AttemptId("none")};
  const auto known = known_.find(rollout);
  if (known == known_.end()) return owner;
  const auto attempt = known->second.attempts.find(revision);
  if (attempt != known->second.attempts.end()) owner.attempt = attempt->second.attempt;
  return owner;
}

std::int64_t Recorder::BeganMs(const Owner& owner) const {
  const auto known = known_.find(owner.rollout);
  if (known == known_.end()) return INT64_MIN;
  const auto attempt = known->second.attempts.find(owner.revision);
  return attempt == known->second.attempts.end() ? INT64_MIN : attempt->second.began_ms;
}

Counters& Recorder::CountersOf(const Owner& owner, std::int64_t now_ms) {
  const auto [found, is_new] = counters_.try_emplace(owner);
  if (!is_new) return found->second;
  // The first sample is 0, and it comes before everything that is counted: an increase is seen from the first request on.
  for (const int status : kZeroStatuses) found->second.by_status[status] = 0;
  // Not before the attempt, where nobody would see it.
  const std::int64_t before = std::max(sampled_ms_.value_or(now_ms - 1), now_ms - Count(SampleInterval()));
  const std::int64_t zero_ms = std::min(now_ms, std::max(before, BeganMs(owner)));
  for (const Point& point : PointsOf(owner, found->second)) Append(point.labels, zero_ms, point.value);
  return found->second;
}

void Recorder::OnBatch(const EdgeBatch& batch, Instant now) {
  const std::int64_t now_ms = Milliseconds(now);
  loss_.OnBatch(batch, now_ms);
  std::map<InstanceId, RevisionId> revision_of;
  for (const InstanceState& instance : instances_) revision_of[instance.id] = instance.revision;
  for (const RequestTally& tally : batch.tallies) {
    const auto known = known_.find(tally.rollout);
    if (known == known_.end()) continue;
    const auto instance = revision_of.find(tally.instance);
    RevisionId revision;
    if (instance != revision_of.end()) {
      revision = instance->second;
    } else if (const auto slot = known->second.slots.find(tally.slot); slot != known->second.slots.end()) {
      revision = slot->second;
    } else {
      continue;
    }
    const std::string name = tally.instance.empty() ? std::string(kEdgeInstance) : tally.instance.str();
    CountersOf(OwnerOf(tally.rollout, revision, name), now_ms).Add(tally);
  }
}

void Recorder::OnEdge(const EdgeSeen& seen, Instant now) {
  loss_.OnEdge(seen, Milliseconds(now));
  requests_.OnEdge(seen, Milliseconds(now));
  open_.clear();
  for (const auto& [rollout, servers] : seen.servers) {
    for (const ServerSeen& server : servers) open_[server.instance] += server.open + server.queued;
  }
}

void Recorder::OnInstances(const std::vector<InstanceState>& instances, Instant now) {
  const std::int64_t now_ms = Milliseconds(now);
  instances_ = instances;
  living_.clear();
  for (std::size_t i = 0; i < instances_.size(); ++i) {
    living_[instances_[i].rollout].push_back({instances_[i].id, instances_[i].revision, i});
  }
  std::size_t left = settings_.later == nullptr ? SIZE_MAX : kNewOwnersAtOnceMax;
  for (const InstanceState& instance : instances_) {
    const Owner owner = OwnerOf(instance.rollout, instance.revision, instance.id.str());
    if (counters_.contains(owner)) continue;
    if (left-- == 0) break;
    CountersOf(owner, now_ms);
  }
  if (!goes_on_) Sample(now_ms);
}

Duration Recorder::SampleInterval() const {
  const bool in_flight = std::ranges::any_of(known_, [](const auto& item) { return item.second.in_flight; });
  return in_flight ? settings_.interval_in_flight : settings_.interval;
}

bool Recorder::Exists(const Owner& owner) const {
  if (owner.instance == kEdgeInstance) {
    // The edge's own answers go on counting for the attempt that is the revision's last.
    const auto known = known_.find(owner.rollout);
    if (known == known_.end()) return false;
    const auto attempt = known->second.attempts.find(owner.revision);
    if (attempt != known->second.attempts.end()) return attempt->second.attempt == owner.attempt;
    return std::ranges::any_of(known->second.slots, [&](const auto& slot) { return slot.second == owner.revision; });
  }
  return LivingOf(owner) != nullptr;
}

const Recorder::Living* Recorder::LivingOf(const Owner& owner) const {
  const auto living = living_.find(owner.rollout);
  if (living == living_.end()) return nullptr;
  const auto found = std::ranges::find_if(living->second, [&](const Living& one) { return one.id.str() == owner.instance; });
  return found == living->second.end() ? nullptr : &*found;
}

bool Recorder::IsDue(const Owner& owner, std::int64_t now_ms) const {
  const auto written = written_.find(owner);
  if (written == written_.end() || written->second.sampled_ms == INT64_MIN) return true;
  const auto known = known_.find(owner.rollout);
  const bool in_flight = known != known_.end() && known->second.in_flight;
  return now_ms - written->second.sampled_ms >= Count(in_flight ? settings_.interval_in_flight : settings_.interval);
}

void Recorder::SampleOwner(const Owner& owner, Counters& counters, std::int64_t now_ms) {
  const auto written = written_.find(owner);
  const std::int64_t last = written == written_.end() ? INT64_MIN : written->second.sampled_ms;
  const std::set<int> unsampled = std::exchange(counters.unsampled, {});
  if (last != INT64_MIN || sampled_ms_) {
    for (const int status : unsampled) {
      Counters zero;
      zero.by_status[status] = 0;
      Append(PointsOf(owner, zero).front().labels, last != INT64_MIN ? last : *sampled_ms_, 0);
    }
  }
  if (!Exists(owner)) return;
  SampleRequests(owner, counters, now_ms);
  // What an instance did in an attempt that is over is told apart; its process is that of the present one.
  const Living* living = LivingOf(owner);
  if (living == nullptr) return;
  const InstanceState& instance = instances_[living->index];
  if (OwnerOf(instance.rollout, instance.revision, owner.instance) == owner) SampleProcess(owner, instance, now_ms);
}

// In turns, so that with hundreds of instances no call holds the loop.
void Recorder::Sample(std::int64_t now_ms) {
  do {
    SampleSome(now_ms);
  } while (next_ && settings_.later == nullptr);
  goes_on_ = next_.has_value();
  if (goes_on_) return settings_.later([this, now_ms] { Sample(now_ms); });
  DropOld(now_ms);
  if (persist_ && !batch_.series.empty()) persist_(std::exchange(batch_, {}));
  batch_.series.clear();
}

// Whoever is due, until the turn's share is used up.
void Recorder::SampleSome(std::int64_t now_ms) {
  std::size_t left = kOwnersAtOnceMax;
  if (!next_) round_left_ = counters_.size();
  auto item = next_ ? counters_.lower_bound(*next_) : counters_.begin();
  next_.reset();
  for (; round_left_ > 0 && !counters_.empty(); --round_left_) {
    if (item == counters_.end()) item = counters_.begin();
    auto& [owner, counters] = *item;
    const bool exists = Exists(owner);
    if (exists && !IsDue(owner, now_ms)) {
      ++item;
      continue;
    }
    const std::size_t cost = written_.contains(owner) ? 1 : kNewOwnerCost;
    if (left < cost) {
      next_ = owner;
      break;
    }
    left -= cost;
    SampleOwner(owner, counters, now_ms);
    if (exists) {
      ++item;
      continue;
    }
    // Who is gone writes no more; the last samples stay until the retention takes them.
    written_.erase(owner);
    item = counters_.erase(item);
  }
  if (left != kOwnersAtOnceMax) sampled_ms_ = now_ms;
}

void Recorder::DropOld(std::int64_t now_ms) {
  if (!is_dropping_ && now_ms - dropped_ms_ < std::min(kDropEveryMs, Count(settings_.retention))) return;
  if (!is_dropping_) dropped_ms_ = now_ms;
  is_dropping_ = !store_.DropBefore(now_ms - Count(settings_.retention), kDroppedAtOnceMax);
}

void Recorder::SampleRequests(const Owner& owner, const Counters& counters, std::int64_t now_ms) {
  Written& written = written_[owner];
  if (written.requests.empty() || written.statuses != counters.by_status.size()) {
    written.statuses = counters.by_status.size();
    written.requests.clear();
    for (const Point& point : PointsOf(owner, counters)) written.requests.push_back(CellOf(point.labels));
  }
  written.sampled_ms = now_ms;
  ValuesOf(counters, values_);
  for (std::size_t i = 0; i < values_.size(); ++i) Append(written.requests[i], now_ms, values_[i]);
}

void Recorder::SampleProcess(const Owner& owner, const InstanceState& instance, std::int64_t now_ms) {
  std::vector<Cell>& cells = written_[owner].process;
  if (cells.empty()) {
    for (const std::string_view metric : kProcessMetrics) cells.push_back(CellOf(LabelsOf(owner, metric)));
  }
  Append(cells[0], now_ms, instance.restarts);
  Append(cells[1], now_ms, instance.ready ? 1 : 0);
  Append(cells[2], now_ms, instance.cpu_seconds);
  Append(cells[3], now_ms, static_cast<double>(instance.memory_bytes));
  const auto open = open_.find(instance.id);
  if (open != open_.end()) Append(LabelsOf(owner, "tuesday_open_requests"), now_ms, static_cast<double>(open->second));
}

void Recorder::Append(Cell& cell, std::int64_t t_ms, double value) {
  Result<void> appended = store_.Append(cell.series, {t_ms, value});
  if (!appended && appended.error().code == ErrorCode::kNotFound) {
    cell.series = store_.Open(cell.labels);
    appended = store_.Append(cell.series, {t_ms, value});
  }
  // A sample that is not newer than the last of its series was written before a restart; it is the same one.
  if (appended && persist_) batch_.series.push_back({cell.labels, {{t_ms, value}}});
}

void Recorder::Append(const metrics::Labels& labels, std::int64_t t_ms, double value) {
  Cell cell = CellOf(labels);
  Append(cell, t_ms, value);
}

std::optional<gate::HangingSeen> Recorder::HangingOf(const RolloutName& rollout, const RevisionId& canary,
                                                     const RevisionId& stable, std::int64_t from_ms) const {
  std::set<InstanceId> canaries;
  std::set<InstanceId> stables;
  if (const auto living = living_.find(rollout); living != living_.end()) {
    for (const Living& instance : living->second) {
      if (instance.revision == canary) canaries.insert(instance.id);
      if (instance.revision == stable) stables.insert(instance.id);
    }
  }
  HistogramTally durations;
  for (auto at = FirstOf(rollout, stable); at != counters_.end(); ++at) {
    const auto& [owner, counters] = *at;
    if (owner.rollout != rollout || owner.revision != stable) break;
    for (std::size_t i = 0; i < durations.buckets.size(); ++i) durations.buckets[i] += counters.duration.buckets[i];
  }
  const auto p99 = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(QuantileOf(durations, 0.99)));
  const Duration cut_off = std::clamp(4 * p99, kCutOffMin, kCutOffMax);
  const auto canary_flow = requests_.FlowOf(canaries, from_ms, Count(cut_off));
  const auto stable_flow = requests_.FlowOf(stables, from_ms, Count(cut_off));
  if (!canary_flow || !stable_flow) return std::nullopt;
  return gate::HangingSeen{canary_flow->begun, canary_flow->ended, stable_flow->begun, stable_flow->ended, cut_off};
}

std::uint64_t Recorder::RequestsOf(const RolloutName& rollout, const RevisionId& revision, const AttemptId& attempt) const {
  std::uint64_t requests = 0;
  for (auto at = FirstOf(rollout, revision); at != counters_.end(); ++at) {
    const auto& [owner, counters] = *at;
    if (owner.rollout != rollout || owner.revision != revision) break;
    if (owner.attempt == attempt) requests += counters.Requests();
  }
  return requests;
}

}  // namespace tuesday::control
