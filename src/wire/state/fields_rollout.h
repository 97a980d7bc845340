// SPDX-License-Identifier: Apache-2.0
// The stored fields of the canary machine's values: `core/rollout/{spec,status,world}.h`. Included by the codecs only.
// The functions stand in the namespaces of their types, where the visitor's calls find them.
#pragma once

#include <array>
#include <string_view>

#include "core/rollout/reconcile.h"
#include "core/rollout/spec.h"
#include "core/rollout/status.h"
#include "core/rollout/world.h"
#include "wire/state/visit.h"

namespace tuesday {

template <typename V>
void Fields(V& v, RolloutName& x) {
  v("namespace", x.ns);
  v("name", x.name);
}

}  // namespace tuesday

namespace tuesday::rollout {

constexpr std::array<std::string_view, 3> WordsOf(NoEvidencePolicy) { return {"abort-after-deadline", "fail", "hold"}; }
constexpr std::array<std::string_view, 2> WordsOf(BakeKeep) { return {"predecessor", "none"}; }
constexpr std::array<std::string_view, 4> WordsOf(Phase) { return {"Healthy", "Progressing", "Paused", "Degraded"}; }
constexpr std::array<std::string_view, 6> WordsOf(Stage) {
  return {"stepping", "switching", "baking", "done", "aborting", "aborted"};
}
constexpr std::array<std::string_view, 4> WordsOf(PauseReason) { return {"step", "inconclusive", "no-evidence", "operator"}; }
constexpr std::array<std::string_view, 5> WordsOf(Ending) {
  return {"none", "promoted", "aborted", "rolled-back", "superseded"};
}

template <typename V>
void Fields(V& v, CountOrPercent& x) {
  v("value", x.value);
  v("percent", x.percent);
}

// Steps are told apart by their one key, as in the manifest.
Json WriteSpecial(const Step& step);
Result<void> ReadSpecial(const Json& json, Step& step);

template <typename V>
void Fields(V& v, CanaryStrategy& x) {
  v("steps", x.steps);
  v("max_surge", x.max_surge);
  v("max_unavailable", x.max_unavailable);
  v("traffic_routed", x.traffic_routed);
  v("scale_down_delay", x.scale_down_delay);
  v("abort_scale_down_delay", x.abort_scale_down_delay);
  v("scale_down_delay_revision_limit", x.scale_down_delay_revision_limit);
  v("dynamic_stable_scale", x.dynamic_stable_scale);
  v("min_pods_per_replica_set", x.min_pods_per_replica_set);
  v("max_traffic_weight", x.max_traffic_weight);
  v("background_analysis", x.background_analysis);
  v("background_starting_step", x.background_starting_step);
  v("flips", x.flips);
  v("post_analysis", x.post_analysis);
}

template <typename V>
void Fields(V& v, Removal& x) {
  v("by", x.by);
  v("reason", x.reason);
}

template <typename V>
void Fields(V& v, Spec& x) {
  v("name", x.name);
  v("uid", x.uid);
  v("generation", x.generation);
  v("replicas", x.replicas);
  v("min_ready", x.min_ready);
  v("progress_deadline", x.progress_deadline);
  v("progress_deadline_abort", x.progress_deadline_abort);
  v("paused", x.paused);
  v("revision_history_limit", x.revision_history_limit);
  v("rollback_window", x.rollback_window);
  v("restart_at", x.restart_at);
  v("canary", x.canary);
  v("revision", x.revision);
  v("analyses", x.analyses);
  v("no_evidence", x.no_evidence);
  v("bake", x.bake);
  v("bake_keep", x.bake_keep);
  v("removal", x.removal);
}

template <typename V>
void Fields(V& v, SlotUse& x) {
  v("slot", x.slot);
  v("revision", x.revision);
  v("instances", x.instances);
}

template <typename V>
void Fields(V& v, Route& x) {
  v("epoch", x.epoch);
  v("stable_slot", x.stable_slot);
  v("canary_slot", x.canary_slot);
  v("weight", x.weight);
  v("slots", x.slots);
}

template <typename V>
void Fields(V& v, OrdinalRange& x) {
  v("begin", x.begin);
  v("end", x.end);
}

template <typename V>
void Fields(V& v, CountTarget& x) {
  v("revision", x.revision);
  v("count", x.count);
  v("out", x.out);
}

template <typename V>
void Fields(V& v, PauseState& x) {
  v("reason", x.reason);
  v("since", x.since);
}

template <typename V>
void Fields(V& v, Attempt& x) {
  v("id", x.id);
  v("ordinal", x.ordinal);
  v("revision", x.revision);
  v("baseline", x.baseline);
  v("stage", x.stage);
  v("started_at", x.started_at);
  v("step", x.step);
  v("step_started_at", x.step_started_at);
  v("progressed_at", x.progressed_at);
  v("full", x.full);
  v("step_released", x.step_released);
  v("analysis_round", x.analysis_round);
  v("pause", x.pause);
  v("evidence_due_from", x.evidence_due_from);
  v("switched_at", x.switched_at);
  v("promoted_at", x.promoted_at);
  v("aborted_at", x.aborted_at);
  v("ending", x.ending);
  v("reason", x.reason);
  v("steps_hash", x.steps_hash);
}

template <typename V>
void Fields(V& v, RestartState& x) {
  v("round", x.round);
  v("renewed", x.renewed);
  v("batch_end", x.batch_end);
  v("stopping", x.stopping);
}

template <typename V>
void Fields(V& v, RevisionState& x) {
  v("id", x.id);
  v("number", x.number);
  v("slot", x.slot);
  v("desired", x.desired);
  v("scale_down_at", x.scale_down_at);
  v("restarted", x.restarted);
  v("restart", x.restart);
}

template <typename V>
void Fields(V& v, RemovalState& x) {
  v("began", x.began);
  v("unrouted_at", x.unrouted_at);
  v("gone_at", x.gone_at);
}

template <typename V>
void Fields(V& v, Status& x) {
  v("observed", x.observed);
  v("revisions", x.revisions);
  v("stable", x.stable);
  v("attempt", x.attempt);
  v("attempts_begun", x.attempts_begun);
  v("route", x.route);
  v("phase", x.phase);
  v("message", x.message);
  v("operator_paused", x.operator_paused);
  v("restarts_asked", x.restarts_asked);
  v("restart_at_taken", x.restart_at_taken);
  v("restart_at_round", x.restart_at_round);
  v("removal", x.removal);
}

}  // namespace tuesday::rollout
