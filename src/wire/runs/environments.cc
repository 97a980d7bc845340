// SPDX-License-Identifier: Apache-2.0
#include "wire/runs/environments.h"

#include <fmt/format.h>

#include <array>

#include "core/workflow/run/run.h"
#include "wire/state/row.h"
#include "wire/state/visit.h"

namespace tuesday::workflow {

template <typename V>
void Fields(V& v, Freeze& x) {
  v("reason", x.reason);
  v("by", x.by);
  v("until", x.until);
}

template <typename V>
void Fields(V& v, EnvironmentRules& x) {
  v("reviewers", x.reviewers);
  v("reviews_needed", x.reviews_needed);
  v("allows_self_review", x.allows_self_review);
  v("wait", x.wait);
  v("branches", x.branches);
  v("tags", x.tags);
  v("windows", x.windows);
  v("time_zone", x.time_zone);
  v("freeze", x.freeze);
  v("deploys_to", x.deploys_to);
}

}  // namespace tuesday::workflow

namespace tuesday::runs {

constexpr auto WordsOf(DeploymentStatus) {
  return std::to_array<std::string_view>({"waiting", "in-progress", "success", "failure", "cancelled"});
}

template <typename V>
void Fields(V& v, EnvironmentRecord& x) {
  v("repository", x.repository);
  v("namespace", x.ns);
  v("name", x.name);
  v("rules", x.rules);
  v("changed_at", x.changed_at);
  v("changed_by", x.changed_by);
}

template <typename V>
void Fields(V& v, ReviewRecord& x) {
  v("run", x.run);
  v("environment", x.environment);
  v("sha", x.sha);
  v("by", x.by);
  v("approves", x.approves);
  v("bypasses", x.bypasses);
  v("reason", x.reason);
  v("at", x.at);
}

template <typename V>
void Fields(V& v, DeploymentRecord& x) {
  v("repository", x.repository);
  v("namespace", x.ns);
  v("environment", x.environment);
  v("run", x.run);
  v("attempt", x.attempt);
  v("leg", x.leg);
  v("sha", x.sha);
  v("ref", x.ref);
  v("actor", x.actor);
  v("status", x.status);
  v("reason", x.reason);
  v("url", x.url);
  v("asked_at", x.asked_at);
  v("began_at", x.began_at);
  v("ended_at", x.ended_at);
  v("reviews", x.reviews);
}

std::string_view StatusText(DeploymentStatus status) { return WordsOf(status)[static_cast<std::size_t>(status)]; }

std::string KeyOf(const EnvironmentRecord& record) {
  return fmt::format("{}/{}", record.repository, workflow::EnvironmentKey(record.name));
}

std::string KeyOf(const ReviewRecord& record) {
  return fmt::format("{}/{}/{}", record.run, workflow::EnvironmentKey(record.environment), record.by);
}

std::string KeyOf(const DeploymentRecord& record) {
  return fmt::format("{}/{}/{:0>12}/{}/{}", record.repository, workflow::EnvironmentKey(record.environment), record.run,
                     record.attempt, record.leg);
}

std::string Encode(const EnvironmentRecord& record) { return state::EncodeRow(record); }
std::string Encode(const ReviewRecord& record) { return state::EncodeRow(record); }
std::string Encode(const DeploymentRecord& record) { return state::EncodeRow(record); }
Result<EnvironmentRecord> DecodeEnvironment(std::string_view text) { return state::DecodeRow<EnvironmentRecord>(text); }
Result<ReviewRecord> DecodeReview(std::string_view text) { return state::DecodeRow<ReviewRecord>(text); }
Result<DeploymentRecord> DecodeDeployment(std::string_view text) { return state::DecodeRow<DeploymentRecord>(text); }

}  // namespace tuesday::runs
