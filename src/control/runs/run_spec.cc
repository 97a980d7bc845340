// SPDX-License-Identifier: Apache-2.0
#include "control/runs/run_spec.h"

#include "core/expression/value/json.h"
#include "core/workflow/called_name.h"
#include "core/workflow/read.h"
#include "core/workflow/run/containers/place_terms.h"

namespace tuesday::control {
namespace {

class RecordedFiles : public workflow::CalledFiles {
 public:
  explicit RecordedFiles(const std::vector<runs::SourceFile>& files) : files_(files) {}

  Result<workflow::CalledFile> Find(std::string_view caller, std::string_view ref) const override {
    const std::string wanted = workflow::CalledName(caller, ref);
    for (const runs::SourceFile& file : files_) {
      if (file.name == wanted) return workflow::CalledFile{file.name, file.content};
    }
    return Fail(ErrorCode::kNotFound, "There is no workflow file '" + wanted + "'.");
  }

 private:
  const std::vector<runs::SourceFile>& files_;
};

Result<expression::Value> Context(const std::string& json) {
  if (json.empty()) return expression::Value();
  return expression::ReadJson(json);
}

}  // namespace

Result<workflow::RunSpec> SpecOf(const runs::RunRecord& record, expression::Value secrets) {
  if (record.files.empty()) return Fail(ErrorCode::kInvalid, "The run has no workflow file.");
  const RecordedFiles called(record.files);
  workflow::ReadResult read = workflow::ReadWorkflow(record.files.front().content, record.files.front().name, {}, &called);
  if (!read.problems.empty()) return Fail(ErrorCode::kInvalid, read.problems.front().text);
  workflow::RunSpec spec;
  spec.id = record.id;
  spec.workflow = std::move(read.workflow);
  spec.files = std::move(read.files);
  TRY(spec.github, Context(record.github));
  TRY(spec.inputs, Context(record.inputs));
  TRY(spec.vars, Context(record.vars));
  TRY(spec.matrix_only, Context(record.matrix_only));
  spec.secrets = std::move(secrets);
  spec.paths = record.paths;
  spec.labels = {record.labels.begin(), record.labels.end()};
  spec.jobs = {record.jobs.begin(), record.jobs.end()};
  spec.debug = record.debug;
  spec.gates_environments = record.gates_environments;
  return spec;
}

PlaceId PlaceOf(const runs::RunRecord& record, const std::string& leg) { return PlaceId(record.id + "." + leg); }

PlaceSpec PlaceSpecOf(const runs::RunRecord& record, const workflow::RunSpec& spec, const workflow::RunState& state,
                      const std::string& leg) {
  PlaceSpec place;
  place.id = PlaceOf(record, leg);
  const workflow::PlaceTerms terms = workflow::PlaceTermsOf(spec, state, leg);
  place.workspace = terms.paths.workspace;
  place.home = terms.paths.home;
  place.temp = terms.paths.temp;
  for (const std::string& name : terms.service_names) place.hosts[name] = "127.0.0.1";
  place.network = record.offline ? Network::kNone : Network::kOutside;
  place.workspace_host = record.workspace_host;
  if (const auto before = record.continues.find(leg); before != record.continues.end())
    place.continues = PlaceId(before->second);
  for (const runs::ReadMount& mount : record.mounts) {
    const std::string& inside = mount.inside == record.paths.event_file ? terms.paths.event_file : mount.inside;
    place.mounts.push_back({mount.host, inside, Mount::Access::kRead});
  }
  place.masks = terms.masks;
  return place;
}

}  // namespace tuesday::control
