// SPDX-License-Identifier: Apache-2.0
#include "app/server/runs/environment_api.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace tuesday::server {
namespace {

using runs::DeploymentRecord;
using runs::EnvironmentRecord;
using workflow::EnvironmentRules;

constexpr auto kRuleKeys =
    std::to_array<std::string_view>({"name", "reviewers", "reviews_needed", "allows_self_review", "wait_seconds", "branches",
                                     "tags", "windows", "time_zone", "deploys_to"});

Json WallJson(const std::optional<WallTime>& at) { return at.has_value() ? Json(WallText(*at)) : Json(); }

Json TextsJson(const std::vector<std::string>& texts) {
  Json::Array array;
  for (const std::string& text : texts) array.emplace_back(text);
  return Json(std::move(array));
}

std::vector<std::string> TextsOf(const Json& json) {
  std::vector<std::string> texts;
  if (json.as_array() == nullptr) return texts;
  for (const Json& text : *json.as_array()) texts.push_back(text.StringOr(""));
  return texts;
}

Json EnvironmentJson(const EnvironmentRecord& record) {
  const EnvironmentRules& rules = record.rules;
  Json freeze;
  if (rules.freeze.has_value()) {
    freeze = Json(
        Json::Object{{"reason", rules.freeze->reason}, {"by", rules.freeze->by}, {"until", WallJson(rules.freeze->until)}});
  }
  return Json(Json::Object{{"name", record.name},
                           {"repository", record.repository},
                           {"namespace", record.ns},
                           {"reviewers", TextsJson(rules.reviewers)},
                           {"reviews_needed", rules.reviews_needed},
                           {"allows_self_review", rules.allows_self_review},
                           {"wait_seconds", std::int64_t{std::chrono::duration_cast<std::chrono::seconds>(rules.wait).count()}},
                           {"branches", TextsJson(rules.branches)},
                           {"tags", TextsJson(rules.tags)},
                           {"windows", TextsJson(rules.windows)},
                           {"time_zone", rules.time_zone},
                           {"freeze", std::move(freeze)},
                           {"deploys_to", TextsJson(rules.deploys_to)},
                           {"changed_at", WallText(record.changed_at)},
                           {"changed_by", record.changed_by}});
}

Json DeploymentJson(const DeploymentRecord& record, bool is_replaced) {
  Json::Array reviews;
  for (const runs::ReviewRecord& review : record.reviews) {
    reviews.emplace_back(Json::Object{{"by", review.by},
                                      {"approves", review.approves},
                                      {"bypasses", review.bypasses},
                                      {"reason", review.reason},
                                      {"sha", review.sha},
                                      {"at", WallText(review.at)}});
  }
  return Json(Json::Object{{"environment", record.environment},
                           {"run", record.run},
                           {"attempt", record.attempt},
                           {"job", record.leg},
                           {"sha", record.sha},
                           {"ref", record.ref},
                           {"actor", record.actor},
                           {"status", is_replaced ? "inactive" : runs::StatusText(record.status)},
                           {"reason", record.reason},
                           {"url", record.url},
                           {"asked_at", WallText(record.asked_at)},
                           {"began_at", WallJson(record.began_at)},
                           {"ended_at", WallJson(record.ended_at)},
                           {"reviews", Json(std::move(reviews))}});
}

std::function<void(Result<EnvironmentRecord>)> Answer(const std::shared_ptr<http::Responder>& responder) {
  return [responder](const Result<EnvironmentRecord>& result) {
    if (!result.has_value()) return SendError(*responder, result.error());
    SendJson(*responder, EnvironmentJson(*result));
  };
}

std::function<void(Result<void>)> AnswerEmpty(const std::shared_ptr<http::Responder>& responder) {
  return [responder](const Result<void>& result) {
    if (!result.has_value()) return SendError(*responder, result.error());
    SendJson(*responder, Json(Json::Object{}));
  };
}

// A key that nobody knows could be a rule that somebody relies on.
std::optional<Error> UnknownRule(const Json& body) {
  for (const auto& [key, value] : body.as_object() == nullptr ? Json::Object() : *body.as_object()) {
    if (std::ranges::find(kRuleKeys, key) == kRuleKeys.end())
      return Error{ErrorCode::kInvalid, fmt::format("An environment has no rule \"{}\".", key), ""};
  }
  return std::nullopt;
}

}  // namespace

const runs::RepositoryRecord* EnvironmentApi::FindRepository(const Call& call) const {
  const std::string name = call.parts.at("name");
  const runs::RepositoryRecord* record = host_.hosting().Find(name);
  if (record != nullptr && record->ns == call.parts.at("ns")) return record;
  SendError(*call.responder,
            {ErrorCode::kNotFound, fmt::format("There is no repository {} in the namespace {}.", name, call.parts.at("ns")),
             "`tuesday repo list` shows those that are."});
  return nullptr;
}

void EnvironmentApi::List(Call call) {
  const runs::RepositoryRecord* repository = FindRepository(call);
  if (repository == nullptr) return;
  Json::Array list;
  for (const EnvironmentRecord& record : host_.environments().List(repository->name)) list.push_back(EnvironmentJson(record));
  SendJson(*call.responder, Json(Json::Object{{"environments", Json(std::move(list))}}));
}

void EnvironmentApi::Set(Call call) {
  const runs::RepositoryRecord* repository = FindRepository(call);
  if (repository == nullptr) return;
  if (const auto unknown = UnknownRule(call.body); unknown.has_value()) return SendError(*call.responder, *unknown);
  EnvironmentRecord wanted{
      .repository = repository->name, .ns = repository->ns, .name = call.body.At("name").StringOr(""), .changed_by = call.by};
  EnvironmentRules& rules = wanted.rules;
  rules.reviewers = TextsOf(call.body.At("reviewers"));
  const int least = rules.reviewers.empty() ? 0 : 1;
  rules.reviews_needed = static_cast<int>(call.body.At("reviews_needed").IntOr(least));
  rules.allows_self_review = call.body.At("allows_self_review").BoolOr(false);
  rules.wait = std::chrono::seconds(call.body.At("wait_seconds").IntOr(0));
  rules.branches = TextsOf(call.body.At("branches"));
  rules.tags = TextsOf(call.body.At("tags"));
  rules.windows = TextsOf(call.body.At("windows"));
  rules.time_zone = call.body.At("time_zone").StringOr("");
  rules.deploys_to = TextsOf(call.body.At("deploys_to"));
  host_.environments().Set(std::move(wanted), Answer(call.responder));
}

void EnvironmentApi::Remove(Call call) {
  if (const runs::RepositoryRecord* repository = FindRepository(call); repository != nullptr)
    host_.environments().Remove(repository->name, call.parts.at("environment"), call.by, AnswerEmpty(call.responder));
}

void EnvironmentApi::Freeze(Call call) {
  const runs::RepositoryRecord* repository = FindRepository(call);
  if (repository == nullptr) return;
  workflow::Freeze freeze{.reason = call.body.At("reason").StringOr(""), .by = call.by, .until = std::nullopt};
  if (freeze.reason.empty())
    return SendError(*call.responder, {ErrorCode::kInvalid, "A freeze has a reason.", "\"reason\" says it."});
  if (const std::string until = call.body.At("until").StringOr(""); !until.empty()) {
    const Result<WallTime> at = ParseWall(until);
    if (!at.has_value()) return SendError(*call.responder, at.error());
    freeze.until = *at;
  }
  host_.environments().SetFreeze(repository->name, call.parts.at("environment"), std::move(freeze), call.by,
                                 Answer(call.responder));
}

void EnvironmentApi::Thaw(Call call) {
  if (const runs::RepositoryRecord* repository = FindRepository(call); repository != nullptr) {
    host_.environments().SetFreeze(repository->name, call.parts.at("environment"), std::nullopt, call.by,
                                   Answer(call.responder));
  }
}

void EnvironmentApi::Deployments(Call call) {
  const runs::RepositoryRecord* repository = FindRepository(call);
  if (repository == nullptr) return;
  Json::Array list;
  bool is_replaced = false;
  for (const DeploymentRecord& record : host_.environments().Deployments(repository->name, call.parts.at("environment"))) {
    const bool is_success = record.status == runs::DeploymentStatus::kSuccess;
    list.push_back(DeploymentJson(record, is_success && is_replaced));
    is_replaced = is_replaced || is_success;
  }
  SendJson(*call.responder, Json(Json::Object{{"deployments", Json(std::move(list))}}));
}

void EnvironmentApi::Review(Call call) {
  const std::string id = call.parts.at("id");
  const runs::RunSummary* summary = host_.list().Find(id);
  if (summary == nullptr || summary->ns != call.parts.at("ns")) {
    return SendError(*call.responder,
                     {ErrorCode::kNotFound, fmt::format("There is no run {} in the namespace {}.", id, call.parts.at("ns")),
                      "`tuesday run list` shows those that are."});
  }
  const std::string verdict = call.body.At("state").StringOr("");
  if (verdict != "approved" && verdict != "rejected")
    return SendError(*call.responder, {ErrorCode::kInvalid, "\"state\" is approved or rejected.", ""});
  host_.environments().Review({.run = id,
                               .environment = call.body.At("environment").StringOr(""),
                               .by = call.by,
                               .is_admin = call.caller.role == access::Role::kAdmin,
                               .approves = verdict == "approved",
                               .bypasses = verdict == "approved" && call.body.At("bypass").BoolOr(false),
                               .reason = call.body.At("reason").StringOr("")},
                              AnswerEmpty(call.responder));
}

}  // namespace tuesday::server
