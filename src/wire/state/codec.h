// SPDX-License-Identifier: Apache-2.0
// Stored rows as canonical JSON and back. Every row says `format` (whose writer) and `readable_by` (the oldest reader that
// may read it): see docs/formats/state.md. Reading what was written gives an equal value; anything else is kCorrupt.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "core/rollout/reconcile.h"
#include "wire/state/records.h"

namespace tuesday::state {

inline constexpr int kFormat = 1;      // Of this writer.
inline constexpr int kReadableBy = 1;  // The oldest reader of what this writer writes.

std::string Encode(const ImageBinding& record);
std::string Encode(const ObjectRecord& record);
std::string Encode(const RevisionRecord& record);
std::string Encode(const RolloutRecord& record);
std::string Encode(const StatusRecord& record);
std::string Encode(const AttemptRecord& record);
std::string Encode(const ReleaseRecord& record);
std::string Encode(const RemovedRecord& record);
std::string Encode(const ClockRecord& record);
std::string Encode(const rollout::Route& route);        // Payload of an outbox row "route ...".
std::string Encode(const rollout::CountTarget& count);  // Payload of an outbox row "count ...".

template <typename T>
Result<T> Decode(std::string_view text);

template <>
Result<ImageBinding> Decode(std::string_view text);
template <>
Result<ObjectRecord> Decode(std::string_view text);
template <>
Result<RevisionRecord> Decode(std::string_view text);
template <>
Result<RolloutRecord> Decode(std::string_view text);
template <>
Result<StatusRecord> Decode(std::string_view text);
template <>
Result<AttemptRecord> Decode(std::string_view text);
template <>
Result<ReleaseRecord> Decode(std::string_view text);
template <>
Result<RemovedRecord> Decode(std::string_view text);
template <>
Result<ClockRecord> Decode(std::string_view text);
template <>
Result<rollout::Route> Decode(std::string_view text);
template <>
Result<rollout::CountTarget> Decode(std::string_view text);

}  // namespace tuesday::state
