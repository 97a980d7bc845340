// SPDX-License-Identifier: Apache-2.0
#include "control/apply/resolve.h"

#include <utility>

#include "core/manifest/annotations.h"
#include "core/manifest/canonical.h"

namespace tuesday::control {

namespace {

constexpr std::size_t kRevisionHexDigits = 10;

rollout::NoEvidencePolicy PolicyOf(manifest::NoEvidence value) {
  switch (value) {
    case manifest::NoEvidence::kFail: return rollout::NoEvidencePolicy::kFail;
    case manifest::NoEvidence::kHold: return rollout::NoEvidencePolicy::kHold;
    case manifest::NoEvidence::kAbortAfterDeadline: break;
  }
  return rollout::NoEvidencePolicy::kAbortAfterDeadline;
}

Result<void> ResolveSpec(const ResolveInput& input, const manifest::Rollout& rollout, const manifest::Annotations& annotations,
                         rollout::Spec& spec) {
  if (rollout.replicas < 0 || rollout.replicas > rollout::kReplicasMax) {
    return Fail(ErrorCode::kLimit, input.name.Text() + " wants " + std::to_string(rollout.replicas) +
                                       " replicas; one machine takes 0 to " + std::to_string(rollout::kReplicasMax) + ".");
  }
  spec.name = input.name;
  spec.uid = input.uid;
  spec.replicas = rollout.replicas;
  spec.min_ready = rollout.min_ready;
  spec.progress_deadline = rollout.progress_deadline.value_or(spec.progress_deadline);
  spec.progress_deadline_abort = rollout.progress_deadline_abort;
  spec.paused = rollout.paused;
  spec.revision_history_limit = rollout.revision_history_limit;
  spec.rollback_window = rollout.rollback_window;
  spec.restart_at = rollout.restart_at;
  TRY(spec.canary, ResolveStrategy(rollout, spec.analyses));
  if (!spec.analyses.empty() && !input.runs_analyses) {
    return Fail(ErrorCode::kUnsupported,
                input.name.Text() + " names the analysis " + spec.analyses.front() + ", and no analyses are run here.");
  }
  spec.no_evidence = PolicyOf(annotations.no_evidence);
  spec.bake = annotations.bake;
  spec.bake_keep =
      annotations.bake_keep == manifest::BakeKeep::kNone ? rollout::BakeKeep::kNone : rollout::BakeKeep::kPredecessor;
  return {};
}

Result<state::RevisionRecord> ResolveRevision(const ResolveInput& input, manifest::PodSpec pod) {
  if (pod.containers.size() != 1) {
    return Fail(ErrorCode::kUnsupported, input.name.Text() + " has " + std::to_string(pod.containers.size()) +
                                             " containers; one machine runs exactly one in an instance.");
  }
  state::RevisionRecord revision;
  revision.rollout = input.name;
  Environment environment;
  for (manifest::Container& container : pod.containers) {
    const auto override = input.image_override.find(container.name);
    if (override != input.image_override.end()) container.image = override->second;
    TRY(revision.artifacts[container.name], input.resolve_image(container.name, container.image));
    TRY(environment, ResolveEnvironment(input.name.ns, container, input.objects));
  }
  std::map<std::string, std::string> config_digests;
  for (const auto& [variable, value] : environment.values) {
    config_digests[variable] = VariableDigest(environment, variable, input.revision_key);
  }
  revision.environment = std::move(environment.values);
  revision.id = RevisionId(manifest::RevisionDigest(pod, revision.artifacts, config_digests).substr(0, kRevisionHexDigits));
  revision.pod = std::move(pod);
  return revision;
}

}  // namespace

Result<Resolved> Resolve(const ResolveInput& input) {
  const auto* rollout = std::get_if<manifest::Rollout>(&input.object.body);
  if (rollout == nullptr) return Fail(ErrorCode::kInvalid, input.name.Text() + " is not a Rollout that can be read.");
  TRY(const manifest::Annotations annotations, manifest::ReadAnnotations(input.object.metadata.annotations));
  Resolved resolved;
  TRY_OK(ResolveSpec(input, *rollout, annotations, resolved.spec));
  TRY(resolved.revision, ResolveRevision(input, rollout->pod));
  resolved.spec.revision = resolved.revision.id;
  resolved.exposure = ResolveExposure(input.name, *rollout, input.objects);
  resolved.exposure.sticky = annotations.sticky == manifest::Sticky::kOn;
  for (const std::string& made : resolved.exposure.made) resolved.said.push_back(made + " was not given: made with defaults.");
  return resolved;
}

}  // namespace tuesday::control
