// SPDX-License-Identifier: Apache-2.0
#include "control/environments/environments.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "control/environments/members.h"

namespace tuesday::control {

using runs::EnvironmentRecord;
using runs::ReviewRecord;
using runs::RunSummary;
using workflow::LegRuling;

namespace {

std::string KeyOf(const std::string& repository, const std::string& name) {
  return repository + "/" + workflow::EnvironmentKey(name);
}

// The name is part of addresses, of keys, and of the names of Secrets.
bool IsName(const std::string& name) {
  constexpr std::size_t kLengthMax = 63;
  const auto is_plain = [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_'; };
  return !name.empty() && name.size() <= kLengthMax && std::ranges::all_of(name, is_plain);
}

bool IsTaken(const workflow::LegState& leg) { return leg.phase != workflow::LegPhase::kDone; }

}  // namespace

// The legs of one environment that want something of it.
struct Environments::Asking {
  std::string name;
  std::vector<workflow::EnvironmentLeg> legs;
};

Environments::Environments(EnvironmentsParts parts) : parts_(std::move(parts)), self_(std::make_shared<Environments*>(this)) {
  subscription_ = parts_.list.Subscribe([this](const std::string&) { Settle(); });
}

Environments::~Environments() { *self_ = nullptr; }

Result<void> Environments::Load() {
  TRY(const std::vector<Row> environments, parts_.store.List(runs::kEnvironmentTable, ""));
  for (const Row& row : environments) {
    TRY(environments_[row.key], runs::DecodeEnvironment(row.value));
  }
  TRY(const std::vector<Row> reviews, parts_.store.List(runs::kReviewTable, ""));
  for (const Row& row : reviews) {
    TRY(reviews_[row.key], runs::DecodeReview(row.value));
  }
  TRY(const std::vector<Row> deployments, parts_.store.List(runs::kDeploymentTable, ""));
  for (const Row& row : deployments) {
    TRY(deployments_[row.key], runs::DecodeDeployment(row.value));
  }
  for (const auto& [key, record] : deployments_) {
    if (!record.ended_at.has_value()) EndLeft(record);
  }
  Settle();
  return {};
}

std::map<std::string, Environments::Asking> Environments::Gather() const {
  std::map<std::string, Asking> all;
  for (const std::string& id : parts_.runs.Ids()) {
    const RunSummary* summary = parts_.list.Find(id.substr(0, id.find('.')));
    if (summary == nullptr || runs::RecordIdOf(*summary) != id) continue;
    for (const workflow::LegState* leg : EnvironmentLegs(*parts_.runs.Find(id))) {
      if (!IsTaken(*leg)) continue;
      Asking& asking = all[KeyOf(summary->repository, leg->environment_name)];
      asking.name = leg->environment_name;
      asking.legs.push_back(MemberOf(*summary, *leg));
    }
  }
  return all;
}

void Environments::Settle() {
  waits_.clear();
  for (const auto& [key, asking] : Gather()) Decide(key, asking);
  KeepDeployments();
}

workflow::EnvironmentNow Environments::NowOf(const std::string& key, const std::string& name) const {
  workflow::EnvironmentNow now{.name = name};
  if (const auto found = environments_.find(key); found != environments_.end()) now.rules = found->second.rules;
  for (const auto& [review_key, review] : reviews_) {
    if (workflow::EnvironmentKey(review.environment) != workflow::EnvironmentKey(name)) continue;
    now.reviews.push_back({.run = review.run,
                           .by = PersonOf(review.by),
                           .approves = review.approves,
                           .bypasses = review.bypasses,
                           .reason = review.reason});
  }
  for (auto it = deployments_.lower_bound(key + "/"); it != deployments_.end() && it->first.starts_with(key + "/"); ++it) {
    if (it->second.status != runs::DeploymentStatus::kSuccess) continue;
    now.released = std::max(now.released.value_or(0), NumberOf(it->second.run));
  }
  return now;
}

void Environments::Decide(const std::string& key, const Asking& asking) {
  workflow::EnvironmentNow now = NowOf(key, asking.name);
  const auto zone = parts_.zones.Find(now.rules.time_zone);
  if (zone.has_value()) now.zone = zone->get();
  // A zone that is gone since the rules were made closes the windows.
  const bool is_blind = !zone.has_value() && !now.rules.windows.empty();
  workflow::EnvironmentOutcome outcome = workflow::SettleEnvironment(now, asking.legs, parts_.clock.Wall());
  for (workflow::LegDecision& decision : outcome.legs) {
    if (decision.ruling == LegRuling::kGranted && is_blind) {
      decision.ruling = LegRuling::kWaits;
      decision.reasons = {ErrorText(zone.error())};
    }
    switch (decision.ruling) {
      case LegRuling::kWaits: waits_[decision.run][decision.leg] = decision.reasons; break;
      case LegRuling::kGranted: parts_.runs.LetIn(decision.run, decision.leg); break;
      case LegRuling::kSuperseded:
        parts_.runs.KeepOut(decision.run,
                            {decision.leg, workflow::RunResult::kCancelled, "superseded: " + decision.reasons.front()});
        break;
      case LegRuling::kRefused:
        parts_.runs.KeepOut(decision.run, {decision.leg, workflow::RunResult::kFailure, decision.reasons.front()});
        break;
    }
  }
  if (outcome.wake_at.has_value()) WakeAt(*outcome.wake_at);
}

void Environments::WakeAt(WallTime at) {
  if (wake_at_.has_value() && *wake_at_ <= at && *wake_at_ > parts_.clock.Wall()) return;
  wake_at_ = at;
  const Duration left = std::max<Duration>(Duration{}, at - parts_.clock.Wall());
  parts_.executor.At(parts_.clock.Now() + left, [self = self_, at] {
    if (*self == nullptr || (*self)->wake_at_ != at) return;
    (*self)->wake_at_.reset();
    (*self)->Settle();
  });
}

std::vector<EnvironmentRecord> Environments::List(const std::string& repository) const {
  std::vector<EnvironmentRecord> list;
  for (const auto& [key, record] : environments_) {
    if (record.repository == repository) list.push_back(record);
  }
  return list;
}

const EnvironmentRecord* Environments::Find(const std::string& repository, const std::string& name) const {
  const auto found = environments_.find(KeyOf(repository, name));
  return found == environments_.end() ? nullptr : &found->second;
}

std::map<std::string, std::vector<std::string>> Environments::WaitsOf(const std::string& record_id) const {
  const auto found = waits_.find(record_id);
  return found == waits_.end() ? std::map<std::string, std::vector<std::string>>() : found->second;
}

void Environments::Set(EnvironmentRecord wanted, Done<EnvironmentRecord> done) {
  if (!IsName(wanted.name)) {
    return done(Fail(ErrorCode::kInvalid, fmt::format("\"{}\" is no name of an environment with rules.", wanted.name),
                     "Letters, digits, \"-\" and \"_\", at most 63."));
  }
  std::vector<std::string> mistakes = workflow::MistakesIn(wanted.rules);
  if (const auto zone = parts_.zones.Find(wanted.rules.time_zone); !zone.has_value()) mistakes.push_back(zone.error().message);
  if (!mistakes.empty()) return done(Fail(ErrorCode::kInvalid, fmt::format("{}", fmt::join(mistakes, "\n"))));
  const EnvironmentRecord* before = Find(wanted.repository, wanted.name);
  if (before == nullptr && List(wanted.repository).size() >= kEnvironmentsMax)
    return done(Fail(ErrorCode::kLimit, fmt::format("{} has {} environments already.", wanted.repository, kEnvironmentsMax)));
  if (before != nullptr) wanted.rules.freeze = before->rules.freeze;
  const std::string message = fmt::format("{} set the rules of {}.", wanted.changed_by, wanted.name);
  Store(std::move(wanted), "environment.set", message, std::move(done));
}

void Environments::SetFreeze(const std::string& repository, const std::string& name, std::optional<workflow::Freeze> freeze,
                             const std::string& by, Done<EnvironmentRecord> done) {
  const EnvironmentRecord* found = Find(repository, name);
  if (found == nullptr)
    return done(Fail(ErrorCode::kNotFound, fmt::format("{} has no rules for an environment {}.", repository, name),
                     fmt::format("tuesday environment set {} {} makes one.", repository, name)));
  EnvironmentRecord changed = *found;
  const std::string message = freeze.has_value() ? fmt::format("{} froze {}: {}", by, found->name, freeze->reason)
                                                 : fmt::format("{} let releases to {} go on.", by, found->name);
  const std::string kind = freeze.has_value() ? "environment.frozen" : "environment.thawed";
  changed.rules.freeze = std::move(freeze);
  changed.changed_by = by;
  Store(std::move(changed), kind, message, std::move(done));
}

void Environments::Store(EnvironmentRecord record, std::string kind, std::string message, Done<EnvironmentRecord> done) {
  record.changed_at = parts_.clock.Wall();
  Transaction transaction;
  transaction.put.push_back({std::string(runs::kEnvironmentTable), runs::KeyOf(record), runs::Encode(record)});
  transaction.entries.push_back(EntryOf(record.ns, record.repository,
                                        {.kind = std::move(kind),
                                         .message = std::move(message),
                                         .data = {{"environment", record.name}, {"by", record.changed_by}}}));
  Commit(std::move(transaction), [this, record, done = std::move(done)](const Result<void>& stored) {
    if (!stored.has_value()) return done(std::unexpected(stored.error()));
    environments_[runs::KeyOf(record)] = record;
    Settle();
    done(record);
  });
}

void Environments::Remove(const std::string& repository, const std::string& name, const std::string& by, Done<void> done) {
  const EnvironmentRecord* found = Find(repository, name);
  if (found == nullptr)
    return done(Fail(ErrorCode::kNotFound, fmt::format("{} has no rules for an environment {}.", repository, name)));
  const std::string key = runs::KeyOf(*found);
  Transaction transaction;
  transaction.erase.emplace_back(std::string(runs::kEnvironmentTable), key);
  transaction.entries.push_back(
      EntryOf(found->ns, repository,
              {.kind = "environment.removed",
               .message = fmt::format("{} took the rules of {} away: everybody may release there.", by, found->name),
               .data = {{"environment", found->name}, {"by", by}}}));
  Commit(std::move(transaction), [this, key, done = std::move(done)](const Result<void>& stored) {
    if (!stored.has_value()) return done(stored);
    environments_.erase(key);
    Settle();
    done({});
  });
}

void Environments::Review(ReviewRequest request, Done<void> done) {
  const RunSummary* summary = parts_.list.Find(request.run);
  const std::string record_id = summary == nullptr ? "" : runs::RecordIdOf(*summary);
  const workflow::RunState* state = summary == nullptr ? nullptr : parts_.runs.Find(record_id);
  std::vector<std::string> waiting;
  for (const workflow::LegState* leg : state == nullptr ? std::vector<const workflow::LegState*>() : EnvironmentLegs(*state)) {
    const bool is_other = !request.environment.empty() &&
                          workflow::EnvironmentKey(request.environment) != workflow::EnvironmentKey(leg->environment_name);
    if (is_other || leg->holds_environment || leg->phase == workflow::LegPhase::kDone) continue;
    if (std::ranges::find(waiting, leg->environment_name) == waiting.end()) waiting.push_back(leg->environment_name);
  }
  if (waiting.empty())
    return done(Fail(ErrorCode::kConflict, fmt::format("The run {} waits for no review{}.", request.run,
                                                       request.environment.empty() ? "" : " of " + request.environment)));
  if (waiting.size() > 1)
    return done(Fail(ErrorCode::kInvalid, fmt::format("The run {} waits for {}.", request.run, fmt::join(waiting, " and ")),
                     "Say --environment."));
  const EnvironmentRecord* found = Find(summary->repository, waiting.front());
  const workflow::EnvironmentRules rules = found == nullptr ? workflow::EnvironmentRules() : found->rules;
  if (request.bypasses) {
    if (!request.is_admin || request.reason.empty())
      return done(Fail(ErrorCode::kDenied, "Rules are bypassed by an admin, with a reason.", "Say --reason."));
  } else {
    workflow::EnvironmentRules by_person = rules;
    for (std::string& reviewer : by_person.reviewers) reviewer = PersonOf(reviewer);
    if (const auto why = workflow::MayNotReview(by_person, PersonOf(summary->actor), PersonOf(request.by)); why.has_value())
      return done(Fail(ErrorCode::kDenied, *why));
  }
  ReviewRecord review{.run = record_id,
                      .environment = waiting.front(),
                      .sha = summary->sha,
                      .by = request.by,
                      .approves = request.approves,
                      .bypasses = request.bypasses,
                      .reason = request.reason,
                      .at = parts_.clock.Wall()};
  const std::string verb = review.bypasses   ? "bypassed the rules of"
                           : review.approves ? "approved the release to"
                                             : "rejected the release to";
  Transaction transaction;
  transaction.put.push_back({std::string(runs::kReviewTable), runs::KeyOf(review), runs::Encode(review)});
  transaction.entries.push_back({.at = review.at,
                                 .object = {Namespace(summary->ns), "WorkflowRun", summary->id},
                                 .attempt = "",
                                 .entry = {.kind = review.bypasses   ? "environment.bypassed"
                                                   : review.approves ? "environment.approved"
                                                                     : "environment.rejected",
                                           .message = fmt::format("{} {} {}.", review.by, verb, review.environment),
                                           .data = {{"environment", review.environment},
                                                    {"by", review.by},
                                                    {"reason", review.reason},
                                                    {"sha", review.sha},
                                                    {"attempt", std::int64_t{summary->attempt}}}}});
  Commit(std::move(transaction), [this, review, done = std::move(done)](const Result<void>& stored) {
    if (!stored.has_value()) return done(stored);
    reviews_[runs::KeyOf(review)] = review;
    Settle();
    done({});
  });
}

void Environments::Commit(Transaction transaction, Done<void> done) {
  auto stored = std::make_shared<Result<void>>();
  parts_.executor.Run(
      std::string(kStoreLane),
      [&store = parts_.store, transaction = std::move(transaction), stored] { *stored = store.Commit(transaction); },
      [self = self_, stored, done = std::move(done)] {
        if (*self != nullptr) done(*stored);
      });
}

NewEntry Environments::EntryOf(const std::string& ns, const std::string& repository, audit::Entry entry) const {
  return {
      .at = parts_.clock.Wall(), .object = {Namespace(ns), "Repository", repository}, .attempt = "", .entry = std::move(entry)};
}

}  // namespace tuesday::control
