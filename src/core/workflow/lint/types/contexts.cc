// SPDX-License-Identifier: Apache-2.0
// The contexts that are the same in every workflow.
#include "core/workflow/lint/types/check.h"

namespace tuesday::workflow::lint {
namespace {

TypePtr Text() { return Simple(TypeKind::kString); }

TypePtr Github() {
  std::map<std::string, TypePtr> properties;
  for (const char* name : {"action",
                           "action_path",
                           "action_ref",
                           "action_repository",
                           "action_status",
                           "actor",
                           "actor_id",
                           "api_url",
                           "artifact_cache_size_limit",
                           "base_ref",
                           "env",
                           "event_name",
                           "event_path",
                           "graphql_url",
                           "head_ref",
                           "job",
                           "job_workflow_sha",
                           "output",
                           "path",
                           "ref",
                           "ref_name",
                           "ref_type",
                           "repositoryurl",
                           "repository",
                           "repository_id",
                           "repository_owner",
                           "repository_owner_id",
                           "repository_visibility",
                           "retention_days",
                           "run_attempt",
                           "run_id",
                           "run_number",
                           "secret_source",
                           "server_url",
                           "sha",
                           "state",
                           "step_summary",
                           "token",
                           "triggering_actor",
                           "workflow",
                           "workflow_ref",
                           "workflow_sha",
                           "workspace"}) {
    properties[name] = Text();
  }
  properties["ref_protected"] = Simple(TypeKind::kBool);
  properties["event"] = Open({});
  return Strict(std::move(properties));
}

TypePtr Job() {
  const TypePtr service = Strict({{"id", Text()}, {"network", Text()}, {"ports", MapOf(Text())}});
  return Strict({{"container", Strict({{"id", Text()}, {"network", Text()}})},
                 {"services", MapOf(service)},
                 {"status", Text()},
                 {"check_run_id", Simple(TypeKind::kNumber)},
                 {"workflow_ref", Text()},
                 {"workflow_sha", Text()},
                 {"workflow_repository", Text()},
                 {"workflow_file_path", Text()}});
}

}  // namespace

std::map<std::string, TypePtr> CommonContexts() {
  static const std::map<std::string, TypePtr> kContexts = {
      {"github", Github()},
      {"env", MapOf(Text())},
      {"vars", MapOf(Text())},
      {"job", Job()},
      {"steps", Strict({})},
      {"runner", Strict({{"name", Text()},
                         {"os", Text()},
                         {"arch", Text()},
                         {"temp", Text()},
                         {"tool_cache", Text()},
                         {"debug", Text()},
                         {"environment", Text()},
                         {"workspace", Text()}})},
      {"secrets", MapOf(Text())},
      {"strategy", Strict({{"fail-fast", Simple(TypeKind::kBool)},
                           {"job-index", Simple(TypeKind::kNumber)},
                           {"job-total", Simple(TypeKind::kNumber)},
                           {"max-parallel", Simple(TypeKind::kNumber)}})},
      {"matrix", Strict({})},
      {"needs", Strict({})},
      {"inputs", Strict({})},
  };
  return kContexts;
}

}  // namespace tuesday::workflow::lint
