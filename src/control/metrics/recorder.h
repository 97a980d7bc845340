// SPDX-License-Identifier: Apache-2.0
// Makes samples of what the edge and the runtime were seen to do, on an application that exports nothing. The one writer
// of the sample store. Loop thread only; its clock is the joined one, which no jump of the wall clock moves.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "control/judge.h"
#include "control/metrics/counters.h"
#include "control/metrics/loss.h"
#include "control/metrics/open_requests.h"
#include "core/gate/rollout_gate.h"
#include "core/metrics/batch.h"
#include "core/metrics/store.h"

namespace tuesday::control {

// A request that is open for less than this may only be slow; one that is open for more hangs, however slow its kind is.
inline constexpr Duration kCutOffMin = std::chrono::seconds(1);
inline constexpr Duration kCutOffMax = std::chrono::seconds(60);

struct RecorderSettings {
  Duration interval = std::chrono::seconds(5);
  Duration interval_in_flight = std::chrono::seconds(1);
  Duration retention = std::chrono::milliseconds(metrics::kRetentionMs);
  // Calls back on the loop as soon as it has done what else waits: a few instances are sampled at a time. Null: all at once.
  std::function<void(std::function<void()>)> later = nullptr;
};

class Recorder : public Observer {
 public:
  // `persist` gets every sample that was appended, to be written down; may be null.
  using Persist = std::function<void(metrics::SampleBatch)>;
  Recorder(metrics::SeriesStore& store, ClockJoin join, Persist persist = nullptr, RecorderSettings settings = {});

  // Goes on counting from the last samples that the store was given back at the start.
  void Resume();

  void OnRollout(const JudgedRollout& rollout) override;
  void OnInstances(const std::vector<InstanceState>& instances, Instant now) override;
  void OnEdge(const EdgeSeen& seen, Instant now) override;
  void OnBatch(const EdgeBatch& batch, Instant now) override;
  void Forget(const RolloutName& rollout) override;

  // From now on.
  void SetRetention(Duration retention) { settings_.retention = retention; }

  // Lines of the edge's log are missing somewhere in this window.
  bool HasGap(std::int64_t from_ms, std::int64_t to_ms) const { return loss_.Overlaps(from_ms, to_ms); }
  const LossAccount& loss() const { return loss_; }

  // Requests of a revision in an attempt, since the attempt began.
  std::uint64_t RequestsOf(const RolloutName& rollout, const RevisionId& revision, const AttemptId& attempt) const;
  Duration SampleInterval() const;  // Of what is in flight, if anything is.

  // What hangs of a revision under judgement beside its baseline, since `from_ms`; none while too little was seen. The cut-off
  // is four times the baseline's P99 within kCutOffMin and kCutOffMax.
  std::optional<gate::HangingSeen> HangingOf(const RolloutName& rollout, const RevisionId& canary, const RevisionId& stable,
                                             std::int64_t from_ms) const;

 private:
  struct Known {
    struct Judged {
      AttemptId attempt;
      std::int64_t began_ms = 0;
    };
    std::map<RevisionId, Judged> attempts;  // The last attempt of each revision.
    std::map<int, RevisionId> slots;
    bool in_flight = false;
  };

  // A series as it is written: who looks its labels up again each time is busy with nothing else.
  struct Cell {
    metrics::Labels labels;
    metrics::SeriesRef series;
  };
  // An owner's series: its requests in the order of PointsOf, and what is known of its process.
  struct Written {
    std::size_t statuses = 0;  // That `requests` has: another number means that one is new.
    std::vector<Cell> requests;
    std::vector<Cell> process;
    std::int64_t sampled_ms = INT64_MIN;  // When it was written last.
  };
  // One instance as it was seen last, of one rollout.
  struct Living {
    InstanceId id;
    RevisionId revision;
    std::size_t index = 0;  // In `instances_`.
  };

  std::int64_t BeganMs(const Owner& owner) const;
  Owner OwnerOf(const RolloutName& rollout, const RevisionId& revision, std::string instance) const;
  Counters& CountersOf(const Owner& owner, std::int64_t now_ms);
  void Sample(std::int64_t now_ms);
  void SampleSome(std::int64_t now_ms);
  bool IsDue(const Owner& owner, std::int64_t now_ms) const;
  void SampleOwner(const Owner& owner, Counters& counters, std::int64_t now_ms);
  void SampleRequests(const Owner& owner, const Counters& counters, std::int64_t now_ms);
  void SampleProcess(const Owner& owner, const InstanceState& instance, std::int64_t now_ms);
  void DropOld(std::int64_t now_ms);
  // Where the owners of one revision begin: they stand together.
  std::map<Owner, Counters>::const_iterator FirstOf(const RolloutName& rollout, const RevisionId& revision) const {
    return counters_.lower_bound(Owner{rollout, revision, "", AttemptId()});
  }
  bool Exists(const Owner& owner) const;
  const Living* LivingOf(const Owner& owner) const;
  Cell CellOf(const metrics::Labels& labels) { return {labels, store_.Open(labels)}; }
  void Append(Cell& cell, std::int64_t t_ms, double value);
  void Append(const metrics::Labels& labels, std::int64_t t_ms, double value);
  std::int64_t Milliseconds(Instant now) const { return join_.ToWall(now).time_since_epoch().count(); }

  metrics::SeriesStore& store_;
  ClockJoin join_;
  Persist persist_;
  RecorderSettings settings_;
  std::map<RolloutName, Known> known_;
  std::map<Owner, Counters> counters_;
  std::map<Owner, Written> written_;
  std::vector<InstanceState> instances_;
  std::map<RolloutName, std::vector<Living>> living_;  // Of `instances_`.
  std::map<InstanceId, std::int64_t> open_;
  LossAccount loss_;
  OpenRequests requests_;
  std::optional<std::int64_t> sampled_ms_;
  std::int64_t dropped_ms_ = 0;  // When the store last began to drop what is old.
  bool is_dropping_ = false;     // Not yet through all series.
  std::optional<Owner> next_;    // With whom sampling goes on: those before had their turn.
  std::size_t round_left_ = 0;   // Owners that this round still has to look at.
  bool goes_on_ = false;         // The rest of a round was put off.
  metrics::SampleBatch batch_;
  std::vector<double> values_;  // Of one owner at a time.
};

}  // namespace tuesday::control
