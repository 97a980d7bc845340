// SPDX-License-Identifier: Apache-2.0
// The stored fields of runs. Included by the codec only.
#pragma once

#include <array>

#include "wire/runs/runs.h"
#include "wire/state/visit.h"

namespace tuesday::workflow {

constexpr auto WordsOf(RunResult) {
  return std::to_array<std::string_view>({"", "success", "failure", "cancelled", "skipped"});
}
constexpr auto WordsOf(Ending) { return std::to_array<std::string_view>({"none", "interrupted", "terminated", "killed"}); }
constexpr auto WordsOf(StepPhase) { return std::to_array<std::string_view>({"waiting", "running", "done"}); }
constexpr auto WordsOf(StepEnd) { return std::to_array<std::string_view>({"exited", "timed-out", "not-started", "lost"}); }
constexpr auto WordsOf(LegPhase) {
  return std::to_array<std::string_view>({"waiting", "opening", "loading", "pre", "main", "post", "closing", "called", "done"});
}
constexpr auto WordsOf(JobPhase) { return std::to_array<std::string_view>({"waiting", "running", "done"}); }
constexpr auto WordsOf(RunPhase) { return std::to_array<std::string_view>({"waiting", "running", "done"}); }
constexpr auto WordsOf(AnnotationLevel) { return std::to_array<std::string_view>({"notice", "warning", "error"}); }

template <typename V>
void Fields(V& v, RunnerPaths& x) {
  v("workspace", x.workspace);
  v("temp", x.temp);
  v("tool_cache", x.tool_cache);
  v("home", x.home);
  v("event_file", x.event_file);
  v("program", x.program);
  v("source", x.source);
}

template <typename V>
void Fields(V& v, Annotation& x) {
  v("level", x.level);
  v("message", x.message);
  v("title", x.title);
  v("file", x.file);
  v("line", x.line);
  v("end_line", x.end_line);
  v("column", x.column);
  v("end_column", x.end_column);
}

template <typename V>
void Fields(V& v, StepReport& x) {
  v("id", x.id);
  v("ordinal", x.ordinal);
  v("end", x.end);
  v("exit_code", x.exit_code);
  v("problem", x.problem);
  v("outputs", x.outputs);
  v("environment", x.environment);
  v("state", x.state);
  v("path", x.path);
  v("summary", x.summary);
  v("annotations", x.annotations);
  v("masks", x.masks);
  v("began", x.began);
  v("ended", x.ended);
}

template <typename V>
void Fields(V& v, StepState& x) {
  v("phase", x.phase);
  v("name", x.name);
  v("outcome", x.outcome);
  v("conclusion", x.conclusion);
  v("reason", x.reason);
  v("outputs", x.outputs);
  v("saved", x.saved);
  v("ordinal", x.ordinal);
  v("frame", x.frame);
  v("background", x.background);
  v("continue_on_error", x.continue_on_error);
  v("timeout", x.timeout);
  v("ending", x.ending);
  v("ending_since", x.ending_since);
  v("ended_on_purpose", x.ended_on_purpose);
  v("hashes", x.hashes);
  v("left", x.left);
  v("began", x.began);
  v("ended", x.ended);
}

template <typename V>
void Fields(V& v, FrameState& x) {
  v("parent", x.parent);
  v("parent_step", x.parent_step);
  v("action", x.action);
  v("inputs", x.inputs);
  v("environment", x.environment);
  v("ids", x.ids);
  v("steps", x.steps);
  v("next", x.next);
  v("annotations", x.annotations);
  v("status", x.status);
}

template <typename V>
void Fields(V& v, StageState& x) {
  v("frame", x.frame);
  v("step", x.step);
  v("run", x.run);
}

template <typename V>
void Fields(V& v, LoadedAction& x) {
  v("definition", x.definition);
  v("folder", x.folder);
  v("native", x.native);
  v("problem", x.problem);
}

template <typename V>
void Fields(V& v, LegState& x) {
  v("key", x.key);
  v("name", x.name);
  v("matrix", x.matrix);
  v("index", x.index);
  v("phase", x.phase);
  v("status", x.status);
  v("result", x.result);
  v("reason", x.reason);
  v("continue_on_error", x.continue_on_error);
  v("group", x.group);
  v("holds_group", x.holds_group);
  v("group_cancels", x.group_cancels);
  v("group_queues", x.group_queues);
  v("group_since", x.group_since);
  v("asks_environment", x.asks_environment);
  v("holds_environment", x.holds_environment);
  v("environment_since", x.environment_since);
  v("environment_name", x.environment_name);
  v("environment_url", x.environment_url);
  v("deadline", x.deadline);
  v("cancelled_at", x.cancelled_at);
  v("cancel_timeout", x.cancel_timeout);
  v("environment", x.environment);
  v("path", x.path);
  v("masks", x.masks);
  v("annotations", x.annotations);
  v("actions", x.actions);
  v("wanted_actions", x.wanted_actions);
  v("wanted_hash", x.wanted_hash);
  v("hashes_asked", x.hashes_asked);
  v("frames", x.frames);
  v("frame", x.frame);
  v("pre_stages", x.pre_stages);
  v("post_stages", x.post_stages);
  v("ordinals", x.ordinals);
  v("outputs", x.outputs);
  v("called", x.called);
  v("began", x.began);
  v("ended", x.ended);
}

template <typename V>
void Fields(V& v, JobState& x) {
  v("id", x.id);
  v("phase", x.phase);
  v("result", x.result);
  v("reason", x.reason);
  v("name", x.name);
  v("fail_fast", x.fail_fast);
  v("parallel_max", x.parallel_max);
  v("legs", x.legs);
  v("outputs", x.outputs);
}

template <typename V>
void Fields(V& v, GraphState& x) {
  v("inputs", x.inputs);
  v("jobs", x.jobs);
}

template <typename V>
void Fields(V& v, RunState& x) {
  v("phase", x.phase);
  v("result", x.result);
  v("name", x.name);
  v("reason", x.reason);
  v("cancelled", x.cancelled);
  v("group", x.group);
  v("holds_group", x.holds_group);
  v("group_cancels", x.group_cancels);
  v("group_queues", x.group_queues);
  v("graph", x.graph);
  v("began", x.began);
  v("ended", x.ended);
}

}  // namespace tuesday::workflow

namespace tuesday::runs {

template <typename V>
void Fields(V& v, SourceFile& x) {
  v("name", x.name);
  v("content", x.content);
}

template <typename V>
void Fields(V& v, ReadMount& x) {
  v("host", x.host);
  v("inside", x.inside);
}

template <typename V>
void Fields(V& v, RunRecord& x) {
  v("id", x.id);
  v("attempt", x.attempt);
  v("files", x.files);
  v("github", x.github);
  v("inputs", x.inputs);
  v("vars", x.vars);
  v("paths", x.paths);
  v("labels", x.labels);
  v("jobs", x.jobs);
  v("matrix_only", x.matrix_only);
  v("debug", x.debug);
  v("offline", x.offline);
  v("workspace_host", x.workspace_host);
  v("mounts", x.mounts);
  v("continues", x.continues);
  v("gates_environments", x.gates_environments);
}

template <typename V>
void Fields(V& v, StoredState& x) {
  v("boot_id", x.boot_id);
  v("state", x.state);
}

}  // namespace tuesday::runs
