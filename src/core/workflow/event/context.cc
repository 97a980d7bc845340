// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/event/context.h"

#include <fmt/format.h>

namespace tuesday::workflow {
namespace {

constexpr std::string_view kServer = "https://github.com";

std::string OwnerOf(const std::string& repository) { return repository.substr(0, repository.find('/')); }

Json RepositoryJson(const EventFacts& facts) {
  const std::string owner = OwnerOf(facts.repository);
  return Json(Json::Object{{"full_name", Json(facts.repository)},
                           {"name", Json(facts.repository.substr(facts.repository.find('/') + 1))},
                           {"owner", Json(Json::Object{{"login", Json(owner)}, {"name", Json(owner)}})},
                           {"default_branch", Json(facts.default_branch)}});
}

void AddPush(const EventFacts& facts, Json::Object& payload) {
  payload["ref"] = Json(facts.ref);
  payload["after"] = Json(facts.sha);
  payload["head_commit"] = Json(Json::Object{{"id", Json(facts.sha)}, {"message", Json(facts.message)}});
  payload["pusher"] = Json(Json::Object{{"name", Json(facts.actor)}});
  if (facts.before.empty()) return;
  payload["before"] = Json(facts.before);
  payload["created"] = Json(facts.before == kNoCommit);
  payload["deleted"] = Json(facts.sha == kNoCommit);
}

void AddChange(const EventFacts& facts, Json::Object& payload) {
  const ChangeFacts& change = facts.change;
  const Json head(Json::Object{{"ref", Json(change.head_branch)}, {"sha", Json(change.head_sha)}});
  const Json base(Json::Object{{"ref", Json(change.base_branch)}, {"sha", Json(change.base_sha)}});
  payload["action"] = Json(facts.activity);
  payload["number"] = Json(change.number);
  payload["pull_request"] = Json(Json::Object{{"number", Json(change.number)},
                                              {"title", Json(change.title)},
                                              {"state", Json(facts.activity == "closed" ? "closed" : "open")},
                                              {"head", head},
                                              {"base", base},
                                              {"merge_commit_sha", Json(facts.sha)},
                                              {"user", Json(Json::Object{{"login", Json(facts.actor)}})},
                                              {"draft", Json(false)}});
}

void AddMergeGroup(const EventFacts& facts, Json::Object& payload) {
  payload["action"] = Json(facts.activity);
  payload["merge_group"] = Json(Json::Object{{"head_sha", Json(facts.sha)},
                                             {"head_ref", Json(facts.ref)},
                                             {"base_sha", Json(facts.change.base_sha)},
                                             {"base_ref", Json("refs/heads/" + facts.change.base_branch)}});
}

}  // namespace

std::string ShortRef(const std::string& ref) {
  for (const std::string_view prefix : {"refs/heads/", "refs/tags/", "refs/pull/"}) {
    if (ref.starts_with(prefix)) return ref.substr(prefix.size());
  }
  return ref;
}

Json::Object PayloadOf(const EventFacts& facts) {
  Json::Object payload{{"repository", RepositoryJson(facts)}, {"sender", Json(Json::Object{{"login", Json(facts.actor)}})}};
  if (facts.event == "push") {
    AddPush(facts, payload);
  } else if (facts.event.starts_with("pull_request")) {
    AddChange(facts, payload);
  } else if (facts.event == "merge_group") {
    AddMergeGroup(facts, payload);
  } else if (facts.event == "workflow_dispatch") {
    payload["ref"] = Json(facts.ref);
    payload["inputs"] = Json(Json::Object{});
  } else if (facts.event == "schedule") {
    payload["schedule"] = Json(facts.cron);
  }
  return payload;
}

Json::Object GithubOf(const EventFacts& facts, const RunFacts& run) {
  const bool is_change = facts.event.starts_with("pull_request");
  return {{"actor", Json(facts.actor)},
          {"triggering_actor", Json(facts.actor)},
          {"api_url", Json("https://api.github.com")},
          {"graphql_url", Json("https://api.github.com/graphql")},
          {"server_url", Json(kServer)},
          {"base_ref", Json(is_change ? facts.change.base_branch : "")},
          {"head_ref", Json(is_change ? facts.change.head_branch : "")},
          {"event_name", Json(facts.event)},
          {"ref", Json(facts.ref)},
          {"ref_name", Json(ShortRef(facts.ref))},
          {"ref_type", Json(facts.ref.starts_with("refs/tags/") ? "tag" : "branch")},
          {"ref_protected", Json(false)},
          {"repository", Json(facts.repository)},
          {"repository_owner", Json(OwnerOf(facts.repository))},
          {"retention_days", Json("90")},
          {"run_attempt", Json(std::to_string(run.attempt))},
          {"run_id", Json(run.id)},
          {"run_number", Json(std::to_string(run.number))},
          {"sha", Json(facts.sha)},
          {"workflow", Json(run.workflow)},
          {"workflow_ref", Json(fmt::format("{}/{}@{}", facts.repository, run.file, facts.ref))},
          {"workflow_sha", Json(facts.sha)}};
}

}  // namespace tuesday::workflow
