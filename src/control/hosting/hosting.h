// SPDX-License-Identifier: Apache-2.0
// The repositories of the daemon: made and removed, looked at after each push, and the runs that follow. Loop thread only.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "control/hosting/run_list.h"
#include "control/hosting/sight.h"
#include "ports/time_zones.h"
#include "wire/state/restored.h"

namespace tuesday::control {

inline constexpr std::size_t kRepositoriesMax = 200;
inline constexpr int kFollowSecondsMin = 10;

struct HostingParts {
  const Clock& clock;
  Executor& executor;
  Store& store;
  Repositories& repositories;
  RunList& list;
  const TimeZones& zones;
  ReadElsewhere elsewhere = nullptr;
};

class Hosting {
 public:
  template <typename T>
  using Done = std::function<void(Result<T>)>;

  // What a look at a repository began, and what is to be said of it.
  struct Observation {
    std::vector<runs::RunSummary> runs;
    std::vector<std::string> notices;
  };

  explicit Hosting(HostingParts parts);
  ~Hosting();

  // Reads the repositories. After a restore they are ahead of what the state knows: what moved since the backup is taken as
  // seen, and said in the journal; nothing runs for it. Blocks.
  Result<void> Load();

  // Puts hooks in order and looks at all of them: what was pushed while nobody listened runs now.
  void Start();

  // `wanted` has a name, a namespace, a branch and whom it follows. kConflict when there is one of that name.
  void Create(runs::RepositoryRecord wanted, Done<runs::RepositoryRecord> done);
  void Remove(const std::string& name, const std::string& by, Done<void> done);

  // Pushes that come together are seen together.
  void Observe(const std::string& name, const std::string& by, Done<Observation> done);

  void Dispatch(const std::string& name, DispatchRequest request, Done<runs::RunSummary> done);

  std::vector<runs::RepositoryRecord> List() const;
  const runs::RepositoryRecord* Find(const std::string& name) const;
  std::string TroubleOf(const std::string& name) const;  // Why news do not come in; empty: they do.

 private:
  struct Asked {
    std::string by;
    Done<Observation> done;
  };
  struct Repository {
    runs::RepositoryRecord record;
    bool is_looking = false;
    std::vector<Asked> asked;       // For the next look.
    std::string scheduled_at = {};  // The commit that `schedules` are of.
    std::vector<ScheduledRun> schedules = {};
    std::string trouble = {};  // Why the repository that is followed was not reached.
  };
  using RepositoryPtr = std::shared_ptr<Repository>;

  Sources SourcesOf(const runs::RepositoryRecord& record) const;
  Result<void> TakeOver(const state::RestoredRecord& restored);
  void Look(const RepositoryPtr& repository);
  void Saw(const RepositoryPtr& repository, const std::vector<Asked>& asked, Result<Sight> sight);
  void Looked(const RepositoryPtr& repository, const std::vector<Asked>& asked, const Result<Observation>& seen);
  void Begin(const RepositoryPtr& repository, runs::RepositoryRecord next, std::vector<NewRun> runs,
             std::vector<audit::Entry> entries, Done<std::vector<runs::RunSummary>> done);
  void WatchSchedules();
  void CheckSchedules(const RepositoryPtr& repository);
  void BeginDue(const RepositoryPtr& repository, std::vector<NewRun> due, WallTime until);
  void KeepNew(const RepositoryPtr& repository, Done<runs::RepositoryRecord> done);
  void WhenFree(const RepositoryPtr& repository, std::function<void()> call);
  void Follow(const RepositoryPtr& repository);
  void FollowLater(const RepositoryPtr& repository);
  void Commit(Transaction transaction, Done<void> done);
  void OnLane(const std::string& name, std::function<void()> blocking_work, std::function<void()> then);
  NewEntry EntryOf(const runs::RepositoryRecord& record, audit::Entry entry) const;

  HostingParts parts_;
  std::map<std::string, RepositoryPtr> repositories_;
  std::shared_ptr<Hosting*> self_;
};

}  // namespace tuesday::control
