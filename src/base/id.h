// SPDX-License-Identifier: Apache-2.0
// Strong names. A `RevisionId` cannot be passed where an `InstanceId` is expected, and none of them is a bare string.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

namespace tuesday {

// A name of one kind of thing. `Tag` is never defined; it only keeps the kinds apart.
template <typename Tag>
class StrongId {
 public:
  StrongId() = default;
  explicit StrongId(std::string value) : value_(std::move(value)) {}

  const std::string& str() const { return value_; }
  bool empty() const { return value_.empty(); }

  friend auto operator<=>(const StrongId&, const StrongId&) = default;

 private:
  std::string value_;
};

// A counter of one kind of thing.
template <typename Tag>
struct StrongCount {
  std::uint64_t value = 0;

  friend auto operator<=>(const StrongCount&, const StrongCount&) = default;
};

using Namespace = StrongId<struct NamespaceTag>;
using Uid = StrongId<struct UidTag>;              // Made once at creation, never used again.
using RevisionId = StrongId<struct RevisionTag>;  // First 10 hex digits of the revision's SHA-256.
using InstanceId = StrongId<struct InstanceTag>;  // Also the name of its folder and of its server at the edge.
using AttemptId = StrongId<struct AttemptTag>;    // "<uid>.<ordinal>": one try to bring a revision to stable.
using CommandId = StrongId<struct CommandTag>;    // Derived from its cause, so that doing it twice is seen.

using Generation = StrongCount<struct GenerationTag>;  // Counts changes of an object's spec.
using Epoch = StrongCount<struct EpochTag>;            // Numbers the routes of one rollout; newer wins.

// What an object is called. Every id, key, label and API path is built from all three parts.
struct ObjectName {
  Namespace ns;
  std::string kind;
  std::string name;

  friend auto operator<=>(const ObjectName&, const ObjectName&) = default;
};

// A rollout is so common that it has a name type of its own.
struct RolloutName {
  Namespace ns;
  std::string name;

  // "namespace/name", for messages and keys.
  std::string Text() const { return ns.str() + "/" + name; }

  friend auto operator<=>(const RolloutName&, const RolloutName&) = default;
};

}  // namespace tuesday

template <typename Tag>
struct std::hash<tuesday::StrongId<Tag>> {
  std::size_t operator()(const tuesday::StrongId<Tag>& id) const noexcept { return std::hash<std::string>()(id.str()); }
};
