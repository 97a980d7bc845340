// SPDX-License-Identifier: Apache-2.0
// The rows that the control loops keep in the store, as values. Private to tuesday: `docs/formats/state.md` says how they
// change from version to version. `codec.h` turns each into canonical JSON and back.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/id.h"
#include "base/json.h"
#include "base/time.h"
#include "core/manifest/object.h"
#include "core/manifest/pod.h"
#include "core/rollout/spec.h"
#include "core/rollout/status.h"

namespace tuesday::state {

// What an image reference stands for on this machine. Table "image", key: the reference.
struct ImageBinding {
  std::string reference;
  std::string source;  // As given: "dir:PATH".
  std::string digest;  // Of the artifact as it was taken in.
  WallTime bound_at{};
  std::string by;
  friend bool operator==(const ImageBinding&, const ImageBinding&) = default;
};

// An object as a user gave it. Table "object", key "namespace/kind/name". Typed readings are made from `content` again at
// every start, so nothing that a user wrote is lost by an older reader.
struct ObjectRecord {
  ObjectName name;
  Uid uid;
  Generation generation;                              // Counts changes of `content`.
  std::string file;                                   // Where it was last read from, for messages.
  Json content;                                       // The whole object by YAML's core schema.
  std::map<std::string, std::string> image_override;  // Container -> reference, by set-image; the next apply ends it.
  RevisionId pinned;  // By undo: this revision whatever `content` says; empty: none. The next apply ends it.
  friend bool operator==(const ObjectRecord&, const ObjectRecord&) = default;
};

// A revision as resolved: everything that running it needs. Table "revision", key "namespace/rollout/revision".
struct RevisionRecord {
  RolloutName rollout;
  RevisionId id;
  manifest::PodSpec pod;
  std::map<std::string, std::string> artifacts;    // Container -> artifact digest.
  std::map<std::string, std::string> environment;  // Resolved from ConfigMaps and Secrets: never shown, never logged.
  WallTime made_at{};
  friend bool operator==(const RevisionRecord&, const RevisionRecord&) = default;
};

// What a rollout's edge needs besides its route, resolved from Services and Ingresses.
struct Exposure {
  std::string stable_service;
  std::string canary_service;
  struct Rule {
    std::string host;
    std::string path = "/";
    bool exact_path = false;
    std::optional<bool> preview;  // Always to the revision that is to come; to the stable one while there is none.
    friend bool operator==(const Rule&, const Rule&) = default;
  };
  std::vector<Rule> rules;
  struct Tls {
    std::vector<std::string> hosts;
    std::string secret;  // "namespace/name"; empty: self-signed.
    friend bool operator==(const Tls&, const Tls&) = default;
  };
  std::vector<Tls> tls;
  bool services_swap = false;  // Blue-green: who has the requests is the stable service.
  std::string check_path;      // Of the edge's own health check; empty: a TCP connect.
  bool sticky = false;
  std::vector<std::string> made;  // "Service default/api-canary": what nobody gave and was made with defaults.
  friend bool operator==(const Exposure&, const Exposure&) = default;
};

// What a rollout shall do. Table "rollout", key "namespace/name". Written by `apply` only.
struct RolloutRecord {
  rollout::Spec spec;
  Exposure exposure;
  std::uint64_t release = 0;  // The last release that changed it.
  friend bool operator==(const RolloutRecord&, const RolloutRecord&) = default;
};

// What a rollout has done so far. Table "status", key "namespace/name". Written by its loop only.
struct StatusRecord {
  rollout::Status status;
  Generation last_target;  // Of the newest outbox row of this rollout.
  std::string boot_id;     // Of the instants in `status`.
  friend bool operator==(const StatusRecord&, const StatusRecord&) = default;
};

// One attempt for the history. Table "attempt", key "namespace/name/ordinal" with ten digits.
struct AttemptRecord {
  RolloutName rollout;
  rollout::Attempt attempt;
  int revision_number = 0;
  WallTime began{};
  std::optional<WallTime> promoted;
  std::optional<WallTime> ended;
  Weight weight_max;          // The largest share that the edge acknowledged for it.
  std::string evidence_blob;  // Digest of the sealed samples; empty until there are some.
  friend bool operator==(const AttemptRecord&, const AttemptRecord&) = default;
};

// One `apply`. Table "release", key: the number with ten digits.
struct ReleaseRecord {
  std::uint64_t number = 0;
  WallTime at{};
  std::string by;
  std::string file;
  std::map<std::string, std::string> changed;    // "namespace/Kind/name" -> "created" or "configured".
  std::map<std::string, std::string> artifacts;  // Image reference -> digest.
  friend bool operator==(const ReleaseRecord&, const ReleaseRecord&) = default;
};

// A rollout that was deleted and is gone. Table "removed", key "namespace/name": its instances and its route, should they
// come back from an old disk, are known as ours. The last kRemovedKept stay.
struct RemovedRecord {
  RolloutName rollout;
  Uid uid;
  Generation last_target;  // A rollout of the same name counts its targets on from here.
  WallTime at{};
  friend bool operator==(const RemovedRecord&, const RemovedRecord&) = default;
};

inline constexpr std::size_t kRemovedKept = 200;

// How the two clocks of one boot are joined. Table "meta", key "clock".
struct ClockRecord {
  std::string boot_id;
  ClockJoin join;
};

}  // namespace tuesday::state
