// SPDX-License-Identifier: Apache-2.0
// The record of releases: what follows from the runs is written down when it changes, so that it outlives them.
#include <fmt/format.h>

#include <utility>

#include "control/environments/environments.h"
#include "control/environments/members.h"
#include "control/runs/run_rows.h"

namespace tuesday::control {

using runs::DeploymentRecord;
using runs::RunSummary;

void Environments::KeepDeployments() {
  for (const std::string& id : parts_.runs.Ids()) {
    const RunSummary* summary = parts_.list.Find(id.substr(0, id.find('.')));
    if (summary == nullptr || runs::RecordIdOf(*summary) != id) continue;
    const workflow::RunState& state = *parts_.runs.Find(id);
    for (const workflow::LegState* leg : EnvironmentLegs(state)) KeepDeployment(DeploymentOf(*summary, *leg));
    if (state.phase == workflow::RunPhase::kDone) ForgetReviews(id);
  }
}

// What was said of an attempt that has ended stands in its records of releases.
void Environments::ForgetReviews(const std::string& attempt) {
  Transaction transaction;
  for (const auto& [key, review] : reviews_) {
    if (review.run == attempt) transaction.erase.emplace_back(std::string(runs::kReviewTable), key);
  }
  for (const auto& [table, key] : transaction.erase) reviews_.erase(key);
  if (!transaction.erase.empty()) Commit(std::move(transaction), [](const Result<void>&) {});
}

// A row that was not stored is written again with the next change, or found by the next start.
void Environments::KeepDeployment(DeploymentRecord record) {
  const std::string key = runs::KeyOf(record);
  const std::string attempt = runs::RecordIdOf({.id = record.run, .attempt = record.attempt});
  const auto before = deployments_.find(key);
  // One that ended keeps its reviews, whose own rows are gone then.
  if (before != deployments_.end() && before->second.ended_at.has_value()) return;
  Transaction transaction;
  for (const auto& [review_key, review] : reviews_) {
    const bool is_of_it =
        review.run == attempt && workflow::EnvironmentKey(review.environment) == workflow::EnvironmentKey(record.environment);
    if (is_of_it) record.reviews.push_back(review);
  }
  if (before != deployments_.end() && before->second == record) return;
  deployments_[key] = record;
  transaction.put.push_back({std::string(runs::kDeploymentTable), key, runs::Encode(record)});
  const std::string prefix = key.substr(0, key.find('/', record.repository.size() + 1) + 1);
  std::size_t count = 0;
  for (auto it = deployments_.lower_bound(prefix); it != deployments_.end() && it->first.starts_with(prefix); ++it) ++count;
  if (const auto oldest = deployments_.lower_bound(prefix);
      count > kDeploymentsKeptMax && oldest->second.ended_at.has_value()) {
    transaction.erase.emplace_back(std::string(runs::kDeploymentTable), oldest->first);
    deployments_.erase(oldest);
  }
  Commit(std::move(transaction), [](const Result<void>&) {});
}

// The run ended, and we with it, before its record did.
void Environments::EndLeft(const DeploymentRecord& left) {
  const RunSummary* summary = parts_.list.Find(left.run);
  const bool goes_on =
      summary != nullptr && summary->attempt == left.attempt && parts_.runs.Find(runs::RecordIdOf(*summary)) != nullptr;
  if (goes_on) return;
  const std::string attempt = runs::RecordIdOf({.id = left.run, .attempt = left.attempt});
  DeploymentRecord record = left;
  record.status = runs::DeploymentStatus::kCancelled;
  record.reason = "its run is gone";
  record.ended_at = parts_.clock.Wall();
  if (const auto stored = ReadState(parts_.store, attempt); summary != nullptr && stored.has_value()) {
    RunSummary of_attempt = *summary;
    of_attempt.attempt = left.attempt;
    for (const workflow::LegState* leg : EnvironmentLegs(stored->state)) {
      if (leg->key == left.leg && leg->phase == workflow::LegPhase::kDone) record = DeploymentOf(of_attempt, *leg);
    }
  }
  record.reviews = left.reviews;
  deployments_[runs::KeyOf(left)] = record;
  Transaction transaction;
  transaction.put.push_back({std::string(runs::kDeploymentTable), runs::KeyOf(left), runs::Encode(record)});
  Commit(std::move(transaction), [](const Result<void>&) {});
}

void Environments::Forget(const std::string& repository) {
  Transaction transaction;
  const auto is_of_it = [&](const auto& pair) { return pair.second.repository == repository; };
  for (const auto& [key, record] : environments_) {
    if (record.repository == repository) transaction.erase.emplace_back(std::string(runs::kEnvironmentTable), key);
  }
  for (const auto& [key, record] : deployments_) {
    if (record.repository == repository) transaction.erase.emplace_back(std::string(runs::kDeploymentTable), key);
  }
  std::erase_if(environments_, is_of_it);
  std::erase_if(deployments_, is_of_it);
  if (!transaction.erase.empty()) Commit(std::move(transaction), [](const Result<void>&) {});
}

std::vector<DeploymentRecord> Environments::Deployments(const std::string& repository, const std::string& name) const {
  std::vector<DeploymentRecord> list;
  const std::string prefix = repository + "/" + workflow::EnvironmentKey(name) + "/";
  for (auto it = deployments_.lower_bound(prefix); it != deployments_.end() && it->first.starts_with(prefix); ++it)
    list.push_back(it->second);
  return {list.rbegin(), list.rend()};
}

}  // namespace tuesday::control
