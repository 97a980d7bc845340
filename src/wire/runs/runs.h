// SPDX-License-Identifier: Apache-2.0
// Stored rows of workflow runs: what a run is of, and how far it has come. See docs/formats/runs.md.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "core/workflow/run/spec.h"
#include "core/workflow/run/state.h"

namespace tuesday::runs {

inline constexpr std::string_view kRunTable = "run";  // Keys "<id>/record", and those of `state_rows.h`.

// A file of the run as it was read: the workflow first, then what it calls, under the names that calls use.
struct SourceFile {
  std::string name;
  std::string content;
  friend bool operator==(const SourceFile&, const SourceFile&) = default;
};

// Something of the machine that every job of the run may read.
struct ReadMount {
  std::string host;
  std::string inside;
  friend bool operator==(const ReadMount&, const ReadMount&) = default;
};

// All of a workflow::RunSpec that can be stored: everything but the secrets. Contexts are JSON.
struct RunRecord {
  std::string id;
  int attempt = 1;
  std::vector<SourceFile> files;
  std::string github;
  std::string inputs;
  std::string vars;
  workflow::RunnerPaths paths;
  std::vector<std::string> labels;
  std::vector<std::string> jobs;
  std::string matrix_only;
  bool debug = false;
  bool offline = false;        // Jobs reach nothing but themselves.
  std::string workspace_host;  // A folder that every job's workspace is; empty: each job has its own.
  std::vector<ReadMount> mounts;
  std::map<std::string, std::string> continues;  // Leg → the earlier attempt's place whose files it goes on with.
  bool gates_environments = false;
  friend bool operator==(const RunRecord&, const RunRecord&) = default;
};

// The boot tells whether instants in the state still mean something.
struct StoredState {
  std::string boot_id;
  workflow::RunState state;
};

std::string Encode(const RunRecord& record);
std::string Encode(const StoredState& stored);  // As one row; `state_rows.h` has it in several, and reads both.
Result<RunRecord> DecodeRecord(std::string_view text);

}  // namespace tuesday::runs
