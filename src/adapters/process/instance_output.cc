// SPDX-License-Identifier: Apache-2.0
// What instances wrote, and how to get into one. Reads files only: nothing here waits for a supervisor.
#include <algorithm>

#include "adapters/files/files.h"
#include "adapters/process/containers/enter.h"
#include "adapters/process/instance/instance_process.h"
#include "adapters/process/instance/log_reader.h"
#include "adapters/process/instance/spec_file.h"
#include "adapters/process/process_workloads.h"

namespace tuesday::process {
namespace {

Result<void> CheckName(const InstanceId& instance) {
  if (!instance.empty() && instance.str().find('/') == std::string::npos && !instance.str().starts_with('.')) return {};
  return Fail(ErrorCode::kInvalid, "'" + instance.str() + "' is no name of an instance.");
}

}  // namespace

Result<OutputChunk> ProcessWorkloads::ReadOutput(const InstanceId& instance, const OutputAsk& ask) {
  TRY_OK(CheckName(instance));
  const InstanceFolder folder = FolderOf(instance.str());
  if (files::Exists(folder.spec())) return ReadLog(folder, ask);
  OutputChunk chunk;
  // Of an instance that is gone nothing new can come.
  if (!ask.cursor.empty()) return chunk;
  TRY(chunk.lines, Logs(instance, ask.tail.value_or(-1)));
  return chunk;
}

Result<InstanceRoom> ProcessWorkloads::RoomOf(const InstanceId& instance) {
  TRY_OK(CheckName(instance));
  const InstanceFolder folder = FolderOf(instance.str());
  if (!files::Exists(folder.spec())) return Fail(ErrorCode::kNotFound, "There is no instance '" + instance.str() + "'.");
  TRY(const InstanceSpec spec, ReadSpecFile(folder));
  TRY(const std::string record_text, files::ReadFile(folder.state()));
  TRY(const InstanceRecord record, ParseRecord(record_text));
  if (record.boot_id != boot_id_ || !supervise::IsAlive(record.process)) {
    return Fail(ErrorCode::kConflict, "Nothing runs in instance '" + instance.str() + "' now.",
                "`tuesday logs` shows what it wrote last.");
  }
  if (spec.container.has_value()) {
    InstanceRoom room;
    room.enter = EnterWords(spec.container->socket, record.container);
    return room;
  }
  TRY(const supervise::SpawnPlan plan, PlanProcess(spec, record.seen.port));
  return InstanceRoom{plan.environment, plan.working_folder, plan.user ? spec.user : "", record.groups, {}};
}

}  // namespace tuesday::process
