// SPDX-License-Identifier: Apache-2.0
#include "control/hosting/hosting.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "core/workflow/repository/names.h"

namespace tuesday::control {

using runs::RepositoryRecord;
using runs::RunSummary;

namespace {

constexpr std::size_t kShortCommit = 10;

int NumberOf(const std::string& text) {
  int number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

Result<void> Check(const RepositoryRecord& wanted) {
  TRY_OK(workflow::CheckRepositoryName(wanted.name));
  if (!wanted.follow.empty() && wanted.follow.starts_with("-"))
    return Fail(ErrorCode::kInvalid, fmt::format("\"{}\" is no address of a repository.", wanted.follow));
  if (!wanted.follow.empty() && wanted.follow_seconds < kFollowSecondsMin) {
    return Fail(ErrorCode::kInvalid,
                fmt::format("A repository is asked for news every {} seconds at the soonest.", kFollowSecondsMin));
  }
  return {};
}

}  // namespace

Hosting::Hosting(HostingParts parts) : parts_(std::move(parts)), self_(std::make_shared<Hosting*>(this)) {}
Hosting::~Hosting() { *self_ = nullptr; }

void Hosting::OnLane(const std::string& name, std::function<void()> blocking_work, std::function<void()> then) {
  parts_.executor.Run("git " + name, std::move(blocking_work), [self = self_, then = std::move(then)] {
    if (*self != nullptr) then();
  });
}

Result<void> Hosting::Load() {
  TRY(const std::vector<Row> rows, parts_.store.List(runs::kRepositoryTable, ""));
  for (const Row& row : rows) {
    auto repository = std::make_shared<Repository>();
    TRY(repository->record, runs::DecodeRepository(row.value));
    repositories_[row.key] = std::move(repository);
  }
  TRY(const auto restored, parts_.store.Get(state::kRestoredTable, state::kRestoredRepositoriesKey));
  if (!restored.has_value()) return {};
  TRY(const state::RestoredRecord record, state::DecodeRestored(*restored));
  return TakeOver(record);
}

Sources Hosting::SourcesOf(const RepositoryRecord& record) const {
  Sources sources{.repositories = parts_.repositories, .neighbours = {}, .elsewhere = parts_.elsewhere};
  for (const auto& [name, repository] : repositories_) {
    if (repository->record.ns == record.ns) sources.neighbours.insert(name);
  }
  return sources;
}

Result<void> Hosting::TakeOver(const state::RestoredRecord& restored) {
  Transaction transaction;
  for (const auto& [name, repository] : repositories_) {
    RepositoryRecord& record = repository->record;
    TRY_OK(parts_.repositories.Prepare(name, record.default_branch));
    TRY(workflow::Refs refs, parts_.repositories.ReadRefs(name));
    std::erase_if(refs, [](const auto& item) { return !workflow::IsWatched(item.first); });
    const workflow::Refs known(record.refs.begin(), record.refs.end());
    const std::size_t moved = workflow::UpdatesBetween(known, refs).size();
    record.refs = std::move(refs);
    record.schedules_seen = parts_.clock.Wall();
    transaction.put.push_back({std::string(runs::kRepositoryTable), name, runs::Encode(record)});
    transaction.entries.push_back(EntryOf(
        record, {.kind = "repository.restored",
                 .message = fmt::format("The state is of a backup of {}: {} refs have moved since, and nothing runs for them.",
                                        restored.taken_at, moved),
                 .data = {{"backup", restored.backup}, {"refs", std::to_string(moved)}}}));
  }
  transaction.erase.emplace_back(state::kRestoredTable, state::kRestoredRepositoriesKey);
  return parts_.store.Commit(transaction);
}

void Hosting::Start() {
  for (const auto& [name, repository] : repositories_) {
    OnLane(
        name,
        [&git = parts_.repositories, record = repository->record] {
          static_cast<void>(git.Prepare(record.name, record.default_branch));
        },
        [] {});
    repository->record.follow.empty() ? Observe(name, "", [](const Result<Observation>&) {}) : Follow(repository);
  }
  WatchSchedules();
}

void Hosting::Commit(Transaction transaction, Done<void> done) {
  auto stored = std::make_shared<Result<void>>();
  parts_.executor.Run(
      "store", [&store = parts_.store, transaction = std::move(transaction), stored] { *stored = store.Commit(transaction); },
      [self = self_, stored, done = std::move(done)] {
        if (*self != nullptr) done(*stored);
      });
}

NewEntry Hosting::EntryOf(const RepositoryRecord& record, audit::Entry entry) const {
  return {.at = parts_.clock.Wall(),
          .object = {Namespace(record.ns), "Repository", record.name},
          .attempt = "",
          .entry = std::move(entry)};
}

void Hosting::Create(RepositoryRecord wanted, Done<RepositoryRecord> done) {
  if (const Result<void> good = Check(wanted); !good.has_value()) return done(std::unexpected(good.error()));
  if (repositories_.contains(wanted.name))
    return done(Fail(ErrorCode::kConflict, fmt::format("There is a repository {} already.", wanted.name)));
  if (repositories_.size() >= kRepositoriesMax)
    return done(Fail(ErrorCode::kLimit, fmt::format("There are {} repositories already.", kRepositoriesMax)));
  wanted.created_at = wanted.schedules_seen = parts_.clock.Wall();
  auto repository = std::make_shared<Repository>(Repository{.record = wanted, .is_looking = true, .asked = {}});
  repositories_[wanted.name] = repository;
  auto made = std::make_shared<Result<workflow::Refs>>();
  OnLane(
      wanted.name,
      [&git = parts_.repositories, wanted, made] {
        // What is there at the beginning is no news.
        const auto make = [&]() -> Result<workflow::Refs> {
          TRY_OK(git.Prepare(wanted.name, wanted.default_branch));
          if (!wanted.follow.empty()) TRY_OK(git.Follow(wanted.name, wanted.follow));
          return git.ReadRefs(wanted.name);
        };
        *made = make();
      },
      [this, repository, made, done = std::move(done)] {
        const std::string name = repository->record.name;
        if (!made->has_value()) {
          repositories_.erase(name);
          OnLane(name, [&git = parts_.repositories, name] { static_cast<void>(git.Remove(name)); }, [] {});
          return done(std::unexpected(made->error()));
        }
        repository->record.refs = **made;
        KeepNew(repository, done);
      });
}

void Hosting::KeepNew(const RepositoryPtr& repository, Done<RepositoryRecord> done) {
  const RepositoryRecord& record = repository->record;
  Transaction transaction;
  transaction.put.push_back({std::string(runs::kRepositoryTable), record.name, runs::Encode(record)});
  transaction.entries.push_back(
      EntryOf(record, {.kind = "repository.created",
                       .message = fmt::format("{} made the repository {}.", record.created_by, record.name),
                       .data = {{"by", record.created_by}, {"follow", record.follow}}}));
  Commit(std::move(transaction), [this, repository, done = std::move(done)](const Result<void>& stored) {
    repository->is_looking = false;
    if (!stored.has_value()) {
      repositories_.erase(repository->record.name);
      return done(std::unexpected(stored.error()));
    }
    if (!repository->record.follow.empty()) FollowLater(repository);
    done(repository->record);
  });
}

void Hosting::Remove(const std::string& name, const std::string& by, Done<void> done) {
  const auto found = repositories_.find(name);
  if (found == repositories_.end()) return done(Fail(ErrorCode::kNotFound, fmt::format("There is no repository {}.", name)));
  for (const RunSummary& run : parts_.list.List()) {
    if (run.repository == name && run.status != runs::RunStatus::kDone)
      return done(Fail(ErrorCode::kConflict, fmt::format("The run {} of {} has not ended.", run.id, name),
                       fmt::format("tuesday run cancel {}", run.id)));
  }
  const RepositoryPtr repository = found->second;
  if (repository->is_looking) return done(Fail(ErrorCode::kConflict, "Somebody pushes to it. Nothing was removed."));
  repositories_.erase(found);
  Transaction transaction;
  transaction.erase.emplace_back(std::string(runs::kRepositoryTable), name);
  transaction.entries.push_back(EntryOf(
      repository->record,
      {.kind = "repository.removed", .message = fmt::format("{} removed the repository {}.", by, name), .data = {{"by", by}}}));
  Commit(std::move(transaction), [this, repository, done = std::move(done)](const Result<void>& stored) {
    const std::string removed_name = repository->record.name;
    if (!stored.has_value()) {
      repositories_[removed_name] = repository;
      return done(stored);
    }
    auto removed = std::make_shared<Result<void>>();
    OnLane(
        removed_name, [&git = parts_.repositories, removed_name, removed] { *removed = git.Remove(removed_name); },
        [removed, done] { done(*removed); });
  });
}

void Hosting::Observe(const std::string& name, const std::string& by, Done<Observation> done) {
  const auto found = repositories_.find(name);
  if (found == repositories_.end()) return done(Fail(ErrorCode::kNotFound, fmt::format("There is no repository {}.", name)));
  found->second->asked.push_back({by, std::move(done)});
  Look(found->second);
}

void Hosting::Look(const RepositoryPtr& repository) {
  if (repository->is_looking || repository->asked.empty()) return;
  repository->is_looking = true;
  auto asked = std::make_shared<std::vector<Asked>>(std::exchange(repository->asked, {}));
  auto sight = std::make_shared<Result<Sight>>();
  OnLane(
      repository->record.name,
      [sources = SourcesOf(repository->record), record = repository->record, by = asked->front().by, sight] {
        *sight = LookAt(sources, record, by);
      },
      [this, repository, asked, sight] { Saw(repository, *asked, std::move(*sight)); });
}

void Hosting::Saw(const RepositoryPtr& repository, const std::vector<Asked>& asked, Result<Sight> sight) {
  if (!sight.has_value()) return Looked(repository, asked, std::unexpected(sight.error()));
  RepositoryRecord next = repository->record;
  next.refs = sight->refs;
  std::erase_if(next.refs, [](const auto& item) { return !workflow::IsWatched(item.first); });
  if (next.refs == repository->record.refs)
    return Looked(repository, asked, Observation{.runs = {}, .notices = sight->notices});
  std::vector<audit::Entry> entries;
  const workflow::Refs known(repository->record.refs.begin(), repository->record.refs.end());
  for (const workflow::RefUpdate& update : workflow::UpdatesBetween(known, next.refs)) {
    if (entries.size() == workflow::kUpdatesAtOnceMax) break;
    entries.push_back(
        {.kind = "repository.pushed",
         .message = fmt::format("{} is {} now.", update.ref, update.after.substr(0, kShortCommit)),
         .data = {{"ref", update.ref}, {"before", update.before}, {"after", update.after}, {"by", asked.front().by}}});
  }
  Begin(repository, std::move(next), std::move(sight->runs), std::move(entries),
        [this, repository, asked, notices = std::move(sight->notices)](Result<std::vector<RunSummary>> begun) {
          if (!begun.has_value()) return Looked(repository, asked, std::unexpected(begun.error()));
          Looked(repository, asked, Observation{.runs = std::move(*begun), .notices = notices});
        });
}

void Hosting::Looked(const RepositoryPtr& repository, const std::vector<Asked>& asked, const Result<Observation>& seen) {
  repository->is_looking = false;
  for (const Asked& one : asked) one.done(seen);
  Look(repository);
}

// The refs that were seen and the runs that follow are stored together.
void Hosting::Begin(const RepositoryPtr& repository, RepositoryRecord next, std::vector<NewRun> runs,
                    std::vector<audit::Entry> entries, Done<std::vector<RunSummary>> done) {
  for (NewRun& run : runs) {
    std::string& last = next.run_numbers[run.summary.file];
    run.summary.number = NumberOf(last) + 1;
    last = std::to_string(run.summary.number);
  }
  Transaction also;
  also.put.push_back({std::string(runs::kRepositoryTable), next.name, runs::Encode(next)});
  for (audit::Entry& entry : entries) also.entries.push_back(EntryOf(next, std::move(entry)));
  parts_.list.Add(std::move(runs), std::move(also),
                  [repository, next, done = std::move(done)](Result<std::vector<RunSummary>> added) {
                    if (added.has_value()) repository->record = next;
                    done(std::move(added));
                  });
}

void Hosting::Dispatch(const std::string& name, DispatchRequest request, Done<RunSummary> done) {
  const auto found = repositories_.find(name);
  if (found == repositories_.end()) return done(Fail(ErrorCode::kNotFound, fmt::format("There is no repository {}.", name)));
  const RepositoryPtr repository = found->second;
  auto run = std::make_shared<Result<NewRun>>();
  OnLane(
      name,
      [sources = SourcesOf(repository->record), record = repository->record, request = std::move(request), run] {
        *run = LookForDispatch(sources, record, request);
      },
      [this, repository, run, done = std::move(done)] {
        if (!run->has_value()) return done(std::unexpected(run->error()));
        WhenFree(repository, [this, repository, run, done] {
          Begin(repository, repository->record, {std::move(**run)}, {},
                [this, repository, done](Result<std::vector<RunSummary>> begun) {
                  Looked(repository, {}, Observation());
                  if (!begun.has_value()) return done(std::unexpected(begun.error()));
                  done(begun->front());
                });
        });
      });
}

// The record is changed by one at a time.
void Hosting::WhenFree(const RepositoryPtr& repository, std::function<void()> call) {
  if (repository->is_looking) {
    repository->asked.push_back({"", [this, repository, call = std::move(call)](const Result<Observation>&) {
                                   parts_.executor.At(parts_.clock.Now(), [self = self_, repository, call] {
                                     if (*self != nullptr) (*self)->WhenFree(repository, call);
                                   });
                                 }});
    return;
  }
  repository->is_looking = true;
  call();
}

void Hosting::Follow(const RepositoryPtr& repository) {
  auto followed = std::make_shared<Result<void>>();
  OnLane(
      repository->record.name,
      [&git = parts_.repositories, record = repository->record, followed] {
        *followed = git.Follow(record.name, record.follow);
      },
      [this, repository, followed] {
        repository->trouble = followed->has_value() ? "" : ErrorText(followed->error());
        if (repositories_.contains(repository->record.name))
          Observe(repository->record.name, "", [](const Result<Observation>&) {});
        FollowLater(repository);
      });
}

void Hosting::FollowLater(const RepositoryPtr& repository) {
  parts_.executor.At(parts_.clock.Now() + std::chrono::seconds(repository->record.follow_seconds), [self = self_, repository] {
    if (*self == nullptr) return;
    const auto found = (*self)->repositories_.find(repository->record.name);
    if (found != (*self)->repositories_.end() && found->second == repository) (*self)->Follow(repository);
  });
}

std::vector<RepositoryRecord> Hosting::List() const {
  std::vector<RepositoryRecord> list;
  for (const auto& [name, repository] : repositories_) list.push_back(repository->record);
  return list;
}

const RepositoryRecord* Hosting::Find(const std::string& name) const {
  const auto found = repositories_.find(name);
  return found == repositories_.end() ? nullptr : &found->second->record;
}

std::string Hosting::TroubleOf(const std::string& name) const {
  const auto found = repositories_.find(name);
  return found == repositories_.end() ? "" : found->second->trouble;
}

}  // namespace tuesday::control
