// SPDX-License-Identifier: Apache-2.0
#include "adapters/process/instance/record.h"

#include <array>
#include <charconv>

#include "adapters/files/files.h"

namespace tuesday::process {
namespace {

constexpr std::array<std::string_view, 5> kPhaseNames = {"starting", "running", "back-off", "stopping", "stopped"};

std::int64_t Ns(Instant instant) { return instant.time_since_epoch().count(); }
Instant FromNs(const Json& value) { return Instant(Duration(value.IntOr(0))); }

}  // namespace

std::string_view PhaseName(InstancePhase phase) { return kPhaseNames[static_cast<std::size_t>(phase)]; }

Json RecordJson(const InstanceRecord& record) {
  const InstanceState& seen = record.seen;
  return Json::Object{
      {"format", kSpecFormat},
      {"readable_by", kSpecReadableBy},
      {"instance", seen.id.str()},
      {"namespace", seen.rollout.ns.str()},
      {"rollout", seen.rollout.name},
      {"revision", seen.revision.str()},
      {"ordinal", seen.ordinal},
      {"phase", PhaseName(seen.phase)},
      {"host", seen.host},
      {"port", static_cast<int>(seen.port)},
      {"ready", seen.ready},
      {"ready_since_ns", seen.ready_since.has_value() ? Json(Ns(*seen.ready_since)) : Json()},
      {"started_at_ns", Ns(seen.started_at)},
      {"restarts", seen.restarts},
      {"last_exit", seen.last_exit},
      {"message", seen.message},
      {"generation", record.generation.value},
      {"boot_id", record.boot_id},
      {"pid", static_cast<int>(record.process.pid)},
      {"pid_start_ticks", record.process.start_ticks},
      {"container", record.container},
      {"cpu_seconds_before", record.cpu_seconds_before},
      {"groups", Json::Array(record.groups.begin(), record.groups.end())},
      {"limits_message", record.limits_message},
  };
}

Result<InstanceRecord> ParseRecord(std::string_view text) {
  TRY(const Json json, ParseJson(text, {.bytes_max = kSpecBytesMax}));
  if (json.At("readable_by").IntOr(kSpecFormat + 1) > kSpecFormat) {
    return Fail(ErrorCode::kUnsupported,
                "The instance's state was written by a newer tuesday in a form that this one cannot read.");
  }
  InstanceRecord record;
  InstanceState& seen = record.seen;
  seen.id = InstanceId(json.At("instance").StringOr(""));
  seen.rollout = {Namespace(json.At("namespace").StringOr("")), json.At("rollout").StringOr("")};
  seen.revision = RevisionId(json.At("revision").StringOr(""));
  seen.ordinal = static_cast<int>(json.At("ordinal").IntOr(0));
  const std::string phase = json.At("phase").StringOr("");
  for (std::size_t i = 0; i < kPhaseNames.size(); ++i) {
    if (phase == kPhaseNames[i]) seen.phase = static_cast<InstancePhase>(i);
  }
  seen.host = json.At("host").StringOr("");
  seen.port = static_cast<std::uint16_t>(json.At("port").IntOr(0));
  seen.ready = json.At("ready").BoolOr(false);
  if (json.At("ready_since_ns").as_int() != nullptr) seen.ready_since = FromNs(json.At("ready_since_ns"));
  seen.started_at = FromNs(json.At("started_at_ns"));
  seen.restarts = static_cast<int>(json.At("restarts").IntOr(0));
  seen.last_exit = json.At("last_exit").StringOr("");
  seen.message = json.At("message").StringOr("");
  record.generation = {static_cast<std::uint64_t>(json.At("generation").IntOr(0))};
  record.boot_id = json.At("boot_id").StringOr("");
  record.process.pid = static_cast<pid_t>(json.At("pid").IntOr(0));
  record.process.start_ticks = static_cast<std::uint64_t>(json.At("pid_start_ticks").IntOr(0));
  record.container = json.At("container").StringOr("");
  record.cpu_seconds_before = json.At("cpu_seconds_before").NumberOr(0);
  if (const auto* groups = json.At("groups").as_array()) {
    for (const auto& group : *groups) record.groups.push_back(group.StringOr(""));
  }
  record.limits_message = json.At("limits_message").StringOr("");
  return record;
}

std::optional<Generation> ReadStop(const InstanceFolder& folder) {
  const auto text = files::ReadFile(folder.stop(), 64);
  if (!text.has_value()) return std::nullopt;
  Generation generation;
  std::from_chars(text->data(), text->data() + text->size(), generation.value);
  return generation;
}

bool IsWanted(const InstanceSpec& spec, std::optional<Generation> stop) { return !stop.has_value() || *stop < spec.generation; }

}  // namespace tuesday::process
