// SPDX-License-Identifier: Apache-2.0
#include "wire/runs/state_rows.h"

#include "wire/runs/fields.h"
#include "wire/state/row.h"

namespace tuesday::runs {
namespace {

using workflow::FrameState;
using workflow::GraphState;
using workflow::JobState;
using workflow::LegState;
using workflow::RunState;
using workflow::StepState;

template <typename T, typename... Others>
inline constexpr bool kIsOneOf = (std::is_same_v<T, Others> || ...);

// What has a row of its own is only counted where it stands.
template <typename T>
inline constexpr bool kIsApart = kIsOneOf<T, std::vector<LegState>, std::vector<StepState>>;

template <typename T>
inline constexpr bool kHoldsApart = kIsOneOf<T, RunState, GraphState, JobState, LegState, FrameState>;

class ShellWriter {
 public:
  template <typename T>
  void operator()(const char* key, T& value) {
    object_.insert_or_assign(key, Write(value));
  }
  template <typename T>
  void operator()(const char* key, std::optional<T>& value) {
    if (value) object_.insert_or_assign(key, state::Writer::Write(*value));
  }

  template <typename T>
  static Json Write(const T& value) {
    if constexpr (kIsApart<T>) {
      return Json(static_cast<std::int64_t>(value.size()));
    } else if constexpr (kHoldsApart<T>) {
      ShellWriter inner;
      Fields(inner, const_cast<T&>(value));
      return Json(std::move(inner.object_));
    } else if constexpr (kIsOneOf<T, std::vector<GraphState>, std::vector<JobState>, std::vector<FrameState>>) {
      Json::Array array;
      for (const auto& item : value) array.push_back(Write(item));
      return Json(std::move(array));
    } else {
      return state::Writer::Write(value);
    }
  }

 private:
  Json::Object object_;
};

// "<prefix>/leg/<path>" and "<prefix>/step/<path>/<frame>/<step>". The path of a leg is "<job>.<leg>"; one of a called workflow
// has the calling leg's path and which of its graphs before it.
std::string LegPath(const std::string& graph, std::size_t job, std::size_t leg) {
  return graph + std::to_string(job) + "." + std::to_string(leg);
}
std::string GraphPath(const std::string& leg, std::size_t called) { return leg + "-" + std::to_string(called) + "."; }
std::string LegKey(const std::string& prefix, const std::string& path) { return prefix + "/leg/" + path; }
std::string StepKey(const std::string& prefix, const std::string& path, std::size_t frame, std::size_t step) {
  return prefix + "/step/" + path + "/" + std::to_string(frame) + "/" + std::to_string(step);
}

template <typename T>
const T* At(const std::vector<T>* items, std::size_t index) {
  return items != nullptr && index < items->size() ? &(*items)[index] : nullptr;
}

class RowWriter {
 public:
  explicit RowWriter(std::string prefix) : prefix_(std::move(prefix)) {}

  void Graph(const GraphState* before, const GraphState& now, const std::string& path) {
    for (std::size_t i = 0; i < now.jobs.size(); ++i) {
      const JobState* job = before == nullptr ? nullptr : At(&before->jobs, i);
      for (std::size_t j = 0; j < now.jobs[i].legs.size(); ++j) {
        const LegState* leg = job == nullptr ? nullptr : At(&job->legs, j);
        if (leg == nullptr || !(*leg == now.jobs[i].legs[j])) Leg(leg, now.jobs[i].legs[j], LegPath(path, i, j));
      }
    }
  }

  void Put(std::string key, Json json) { rows_.push_back({std::move(key), state::RowText(std::move(json))}); }
  std::vector<StateRow> Take() { return std::move(rows_); }

 private:
  void Leg(const LegState* before, const LegState& now, const std::string& path) {
    Put(LegKey(prefix_, path), ShellWriter::Write(now));
    for (std::size_t f = 0; f < now.frames.size(); ++f) {
      const FrameState* frame = before == nullptr ? nullptr : At(&before->frames, f);
      for (std::size_t s = 0; s < now.frames[f].steps.size(); ++s) {
        const StepState* step = frame == nullptr ? nullptr : At(&frame->steps, s);
        if (step != nullptr && *step == now.frames[f].steps[s]) continue;
        Put(StepKey(prefix_, path, f, s), state::Writer::Write(now.frames[f].steps[s]));
      }
    }
    for (std::size_t i = 0; i < now.called.size(); ++i)
      Graph(before == nullptr ? nullptr : At(&before->called, i), now.called[i], GraphPath(path, i));
  }

  std::string prefix_;
  std::vector<StateRow> rows_;
};

// Puts the rows back to where they are counted, which gives the one object that a state is.
class RowReader {
 public:
  RowReader(std::string prefix, const std::map<std::string, std::string>& rows) : prefix_(std::move(prefix)), rows_(rows) {}

  Result<state::RowObject> Row(const std::string& key) const {
    const auto found = rows_.find(key);
    if (found == rows_.end()) return Fail(ErrorCode::kCorrupt, "The row '" + key + "' of a run's state is missing.");
    return state::ReadRow(found->second);
  }

  Result<void> Graph(Json* graph, const std::string& path) const {
    Json::Array* jobs = ArrayAt(graph, "jobs");
    for (std::size_t i = 0; jobs != nullptr && i < jobs->size(); ++i) {
      TRY_OK(Fill(&(*jobs)[i], "legs", [&](std::size_t j) { return Leg(LegPath(path, i, j)); }));
    }
    return {};
  }

 private:
  static Json* MemberAt(Json* json, std::string_view key) {
    Json::Object* object = json == nullptr ? nullptr : json->as_object();
    const auto found = object == nullptr ? Json::Object::iterator() : object->find(key);
    return object == nullptr || found == object->end() ? nullptr : &found->second;
  }
  static Json::Array* ArrayAt(Json* json, std::string_view key) {
    Json* member = MemberAt(json, key);
    return member == nullptr ? nullptr : member->as_array();
  }

  // A list in the place of how many are in it. Every one must be there, so that no number is too large.
  template <typename Read>
  static Result<void> Fill(Json* json, std::string_view key, const Read& read) {
    Json* member = MemberAt(json, key);
    if (member == nullptr || member->as_int() == nullptr) return {};
    Json::Array items;
    for (std::int64_t i = 0; i < *member->as_int(); ++i) {
      TRY(Json item, read(static_cast<std::size_t>(i)));
      items.push_back(std::move(item));
    }
    *member = Json(std::move(items));
    return {};
  }

  Result<Json> Leg(const std::string& path) const {
    TRY(state::RowObject leg, Row(LegKey(prefix_, path)));
    Json::Array* frames = ArrayAt(&leg.json, "frames");
    for (std::size_t f = 0; frames != nullptr && f < frames->size(); ++f) {
      TRY_OK(Fill(&(*frames)[f], "steps", [&](std::size_t s) -> Result<Json> {
        TRY(state::RowObject step, Row(StepKey(prefix_, path, f, s)));
        return std::move(step.json);
      }));
    }
    Json::Array* called = ArrayAt(&leg.json, "called");
    for (std::size_t i = 0; called != nullptr && i < called->size(); ++i) TRY_OK(Graph(&(*called)[i], GraphPath(path, i)));
    return std::move(leg.json);
  }

  std::string prefix_;
  const std::map<std::string, std::string>& rows_;
};

}  // namespace

std::string StatePrefix(const std::string& id) { return id + "/state"; }

std::vector<StateRow> ChangedRows(const std::string& id, const std::string& boot_id, const RunState* before,
                                  const RunState& now) {
  RowWriter writer(StatePrefix(id));
  writer.Put(StatePrefix(id), Json(Json::Object{{"boot_id", boot_id}, {"state", ShellWriter::Write(now)}}));
  writer.Graph(before == nullptr ? nullptr : &before->graph, now.graph, "");
  return writer.Take();
}

Result<StoredState> DecodeState(const std::string& id, const std::map<std::string, std::string>& rows) {
  const RowReader reader(StatePrefix(id), rows);
  TRY(state::RowObject whole, reader.Row(StatePrefix(id)));
  Json::Object* object = whole.json.as_object();
  const auto run = object->find("state");
  Json::Object* fields = run == object->end() ? nullptr : run->second.as_object();
  if (fields != nullptr && fields->contains("graph")) TRY_OK(reader.Graph(&fields->find("graph")->second, ""));
  return state::ValueOf<StoredState>(whole);
}

}  // namespace tuesday::runs
