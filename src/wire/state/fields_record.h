// SPDX-License-Identifier: Apache-2.0
// The stored fields of `records.h`. Included by the codecs only.
#pragma once

#include "core/manifest/canonical.h"
#include "wire/state/fields_rollout.h"
#include "wire/state/records.h"
#include "wire/state/visit.h"

namespace tuesday {

template <typename V>
void Fields(V& v, ObjectName& x) {
  v("namespace", x.ns);
  v("kind", x.kind);
  v("name", x.name);
}

template <typename V>
void Fields(V& v, ClockJoin& x) {
  v("boot", x.boot);
  v("wall", x.wall);
}

}  // namespace tuesday

namespace tuesday::manifest {

inline Json WriteSpecial(const PodSpec& pod) { return CanonicalPod(pod); }
inline Result<void> ReadSpecial(const Json& json, PodSpec& pod) {
  TRY(pod, PodFromJson(json));
  return {};
}

}  // namespace tuesday::manifest

namespace tuesday::state {

template <typename V>
void Fields(V& v, ImageBinding& x) {
  v("reference", x.reference);
  v("source", x.source);
  v("digest", x.digest);
  v("bound_at", x.bound_at);
  v("by", x.by);
}

template <typename V>
void Fields(V& v, ObjectRecord& x) {
  v("object", x.name);
  v("uid", x.uid);
  v("generation", x.generation);
  v("file", x.file);
  v("content", x.content);
  v("image_override", x.image_override);
  v("pinned", x.pinned);
}

template <typename V>
void Fields(V& v, RevisionRecord& x) {
  v("rollout", x.rollout);
  v("revision", x.id);
  v("pod", x.pod);
  v("artifacts", x.artifacts);
  v("environment", x.environment);
  v("made_at", x.made_at);
}

template <typename V>
void Fields(V& v, Exposure::Rule& x) {
  v("host", x.host);
  v("path", x.path);
  v("exact_path", x.exact_path);
  v("preview", x.preview);
}

template <typename V>
void Fields(V& v, Exposure::Tls& x) {
  v("hosts", x.hosts);
  v("secret", x.secret);
}

template <typename V>
void Fields(V& v, Exposure& x) {
  v("stable_service", x.stable_service);
  v("canary_service", x.canary_service);
  v("rules", x.rules);
  v("tls", x.tls);
  v("services_swap", x.services_swap);
  v("check_path", x.check_path);
  v("sticky", x.sticky);
  v("made", x.made);
}

template <typename V>
void Fields(V& v, RolloutRecord& x) {
  v("spec", x.spec);
  v("exposure", x.exposure);
  v("release", x.release);
}

template <typename V>
void Fields(V& v, StatusRecord& x) {
  v("status", x.status);
  v("last_target", x.last_target);
  v("boot_id", x.boot_id);
}

template <typename V>
void Fields(V& v, AttemptRecord& x) {
  v("rollout", x.rollout);
  v("attempt", x.attempt);
  v("revision_number", x.revision_number);
  v("began", x.began);
  v("promoted", x.promoted);
  v("ended", x.ended);
  v("weight_max", x.weight_max);
  v("evidence_blob", x.evidence_blob);
}

template <typename V>
void Fields(V& v, ReleaseRecord& x) {
  v("number", x.number);
  v("at", x.at);
  v("by", x.by);
  v("file", x.file);
  v("changed", x.changed);
  v("artifacts", x.artifacts);
}

template <typename V>
void Fields(V& v, RemovedRecord& x) {
  v("rollout", x.rollout);
  v("uid", x.uid);
  v("last_target", x.last_target);
  v("at", x.at);
}

template <typename V>
void Fields(V& v, ClockRecord& x) {
  v("boot_id", x.boot_id);
  v("join", x.join);
}

}  // namespace tuesday::state
