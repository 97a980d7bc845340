// SPDX-License-Identifier: Apache-2.0
// Changes of what shall be: apply, set-image, image bind. One after the other, each worked out on the lane "apply" and
// made durable in one transaction; only then do the rollouts see it.
#include <algorithm>
#include <utility>

#include "control/apply/typed.h"
#include "control/loop/decide.h"
#include "control/loop/fleet_core.h"
#include "wire/state/codec.h"
#include "wire/state/keys.h"

namespace tuesday::control {

namespace {

constexpr std::size_t kChangesMax = 64;            // That wait.
constexpr std::size_t kPinningMax = 16;            // That wait for their images.
constexpr int kPinRoundsMax = 3;                   // Objects change while images are looked up.
constexpr std::uint64_t kReleasesKept = 100;       // As rows; the journal tells of all.
constexpr std::uint64_t kReleasesGoMax = 1'000;    // With one commit, should there be many more.
constexpr std::string_view kByDigest = "@digest";  // At the end of a reference: it is named after its content.
constexpr std::size_t kDigestTagChars = 12;

const Error kNotLoaded{ErrorCode::kUnavailable, "The fleet is not loaded yet.", "Try again in a second."};
const Error kTooMany{ErrorCode::kLimit, "Too many changes wait already.", "Try again when they are done."};

NewEntry ReleaseEntry(const Prepared& prepared, std::uint64_t number, WallTime at) {
  Json::Object changed;
  for (const auto& [name, change] : prepared.release.changed) changed.insert_or_assign(name, Json(change));
  Json::Object artifacts;
  for (const auto& [image, digest] : prepared.release.artifacts) artifacts.insert_or_assign(image, Json(digest));
  NewEntry entry;
  entry.at = at;
  entry.object = {Namespace(), "Release", std::to_string(number)};
  const bool deletes = !prepared.deleted.empty();
  const std::size_t count = deletes ? prepared.deleted.size() : prepared.objects.size();
  entry.entry.kind = deletes ? "release.deleted" : "release.applied";
  entry.entry.message = "Release " + std::to_string(number) + ": " + std::to_string(count) +
                        (count == 1 ? " object" : " objects") +
                        (deletes ? " deleted (" + prepared.release.file + ")." : " from " + prepared.release.file + ".");
  entry.entry.data = {{"by", prepared.release.by},
                      {"file", prepared.release.file},
                      {"changed", std::move(changed)},
                      {"artifacts", std::move(artifacts)}};
  entry.entry = Bounded(std::move(entry.entry));
  return entry;
}

// The first release that is kept once `number` is made.
std::uint64_t FirstKept(std::uint64_t first, std::uint64_t number) {
  if (number < first + kReleasesKept) return first;
  return std::min(number - kReleasesKept + 1, first + kReleasesGoMax);
}

Transaction TransactionOf(const Prepared& prepared, std::uint64_t first, std::uint64_t number, WallTime at) {
  Transaction transaction;
  const auto put = [&](std::string_view table, std::string key, std::string value) {
    transaction.put.push_back({std::string(table), std::move(key), std::move(value)});
  };
  for (const state::ObjectRecord& object : prepared.objects) {
    put(state::kObjectTable, state::ObjectKey(object.name), state::Encode(object));
  }
  for (const ObjectName& deleted : prepared.deleted) {
    transaction.erase.emplace_back(state::kObjectTable, state::ObjectKey(deleted));
  }
  for (state::RolloutRecord rollout : prepared.rollouts) {
    rollout.release = number;
    put(state::kRolloutTable, state::RolloutKey(rollout.spec.name), state::Encode(rollout));
  }
  for (const state::RevisionRecord& revision : prepared.revisions) {
    put(state::kRevisionTable, state::RevisionKey(revision), state::Encode(revision));
  }
  state::ReleaseRecord release = prepared.release;
  release.number = number;
  put(state::kReleaseTable, state::ReleaseKey(number), state::Encode(release));
  for (std::uint64_t gone = first; gone < FirstKept(first, number); ++gone) {
    transaction.erase.emplace_back(state::kReleaseTable, state::ReleaseKey(gone));
  }
  transaction.entries.push_back(ReleaseEntry(prepared, number, at));
  return transaction;
}

// The revision with that number, or the newest before the present one.
Result<RevisionId> RevisionBefore(const Entity& entity, std::optional<int> number) {
  const RevisionId& present = entity.record.spec.revision;
  const std::vector<rollout::RevisionState>& revisions = entity.stored.status.revisions;
  std::optional<rollout::RevisionState> found;
  for (const rollout::RevisionState& revision : revisions) {
    const bool fits = number ? revision.number == *number : revision.id != present;
    if (fits && (!found || revision.number > found->number)) found = revision;
  }
  const std::string name = entity.name().Text();
  if (!found || !entity.revisions.contains(found->id)) {
    const std::string what = number ? "revision " + std::to_string(*number) : "earlier revision";
    return Fail(ErrorCode::kNotFound, name + " has no " + what + " any more.",
                "`tuesday rollout history` lists those that are kept.");
  }
  if (found->id == present)
    return Fail(ErrorCode::kConflict, name + " is at revision " + std::to_string(found->number) + " already.");
  return found->id;
}

}  // namespace

void FleetCore::QueueChange(std::function<void()> change) {
  changes_.push_back(std::move(change));
  NextChange();
}

void FleetCore::NextChange() {
  if (change_under_way_ || changes_.empty()) return;
  change_under_way_ = true;
  const std::function<void()> change = std::move(changes_.front());
  changes_.pop_front();
  change();
}

Known FleetCore::KnownNow() const {
  Known known;
  known.objects = objects_;
  known.images = images_;
  known.can_pin = ports_.images != nullptr;
  for (const auto& [name, entity] : entities_) {
    known.rollouts[name] = entity.record;
    known.revisions[name] = entity.revisions;
  }
  known.runs_analyses = ports_.analyses != nullptr;
  known.revision_key = settings_.revision_key;
  known.now = WallNow();
  known.mint =
      ports_.clock.BootId() + " " + std::to_string(Now().time_since_epoch().count()) + " " + std::to_string(last_release_);
  return known;
}

Result<void> FleetCore::CheckMadeFrom(const ApplyRequest& request) const {
  if (!request.made_from) return {};
  const auto& [name, generation] = *request.made_from;
  const auto found = objects_.find(name);
  const std::optional<Generation> present =
      found == objects_.end() ? std::nullopt : std::optional<Generation>(found->second.generation);
  if (present == generation) return {};
  return Fail(ErrorCode::kStale, name.kind + " " + name.name + " was changed meanwhile.", "Try again.");
}

void FleetCore::BeginChange(std::shared_ptr<Change> change) {
  if (!recovered_) return change->done(std::unexpected(kNotLoaded));
  if (changes_.size() >= kChangesMax) return change->done(std::unexpected(kTooMany));
  QueueChange([this, change = std::move(change)] { WorkOut(change); });
}

void FleetCore::WorkOut(const std::shared_ptr<Change>& change) {
  const Done<ApplyReport> done = ThenNextChange(change->done);
  const Result<void> may = change->may_begin ? change->may_begin() : Result<void>();
  if (!may) return done(std::unexpected(may.error()));
  if (const Result<void> same = CheckUnchanged(*change); !same) return done(std::unexpected(same.error()));
  auto known = std::make_shared<Known>(KnownNow());
  known->pins = change->pins;
  Ask<Prepared>(
      "apply", [change, known] { return change->work(*known); },
      [this, change, done](Result<Prepared> prepared) {
        if (!prepared) return done(std::unexpected(prepared.error()));
        if (!prepared->unpinned.empty()) {
          // Others go first while images are looked up: a pull takes minutes, and an undo must not wait for it.
          change_under_way_ = false;
          Pin(change, prepared->unpinned);
          return NextChange();
        }
        if (change->mode == ApplyMode::kPlan) return done(std::move(prepared->report));
        CommitChange(*std::move(prepared), done);
      });
}

std::optional<Generation> FleetCore::GenerationOf(const RolloutName& rollout) const {
  const auto found = objects_.find({rollout.ns, "Rollout", rollout.name});
  return found == objects_.end() ? std::nullopt : std::optional(found->second.generation);
}

// Who changed a rollout later, while an image was looked up for it, is not to be overtaken.
Result<void> FleetCore::CheckUnchanged(const Change& change) const {
  for (const auto& [rollout, generation] : change.pinned_for) {
    if (GenerationOf(rollout) == generation) continue;
    return Fail(ErrorCode::kStale, "Rollout " + rollout.Text() + " was changed while its image was being pulled.",
                "Look at it, and apply again.");
  }
  return {};
}

void FleetCore::Pin(const std::shared_ptr<Change>& change, const std::map<std::string, ImageAsk>& asks) {
  if (pinning_ >= kPinningMax || ++change->rounds > kPinRoundsMax) return change->done(std::unexpected(kTooMany));
  ++pinning_;
  for (const auto& [key, ask] : asks) change->pinned_for[ask.rollout] = GenerationOf(ask.rollout);
  Ask<Pins>(
      "images",
      [&images = *ports_.images, asks]() -> Result<Pins> {
        Pins pins;
        for (const auto& [key, ask] : asks) {
          TRY(pins[key], images.Pin(ask));
        }
        return pins;
      },
      [this, change](Result<Pins> pins) {
        --pinning_;
        if (!pins) return change->done(std::unexpected(pins.error()));
        change->pins.merge(*pins);
        BeginChange(change);
      });
}

void FleetCore::Apply(ApplyRequest request, ApplyMode mode, Done<ApplyReport> done) {
  auto change = std::make_shared<Change>();
  change->work = [&artifacts = ports_.artifacts, request](const Known& known) { return Prepare(request, known, artifacts); };
  change->may_begin = [this, request] { return CheckMadeFrom(request); };
  change->mode = mode;
  change->done = std::move(done);
  BeginChange(std::move(change));
}

void FleetCore::Delete(DeleteRequest request, Done<ApplyReport> done) {
  auto change = std::make_shared<Change>();
  change->work = [&artifacts = ports_.artifacts, request](const Known& known) {
    return PrepareDelete(request, known, artifacts);
  };
  change->done = std::move(done);
  BeginChange(std::move(change));
}

void FleetCore::SetImage(const RolloutName& rollout, std::string container, std::string image, std::string by,
                         Done<ApplyReport> done) {
  const ImageChange wanted{rollout, std::move(container), std::move(image), std::move(by)};
  auto change = std::make_shared<Change>();
  change->work = [&artifacts = ports_.artifacts, wanted](const Known& known) { return PrepareImage(wanted, known, artifacts); };
  change->done = std::move(done);
  BeginChange(std::move(change));
}

void FleetCore::Undo(const RolloutName& rollout, std::optional<int> number, std::string by, Done<ApplyReport> done) {
  if (!recovered_) return done(std::unexpected(kNotLoaded));
  if (changes_.size() >= kChangesMax) return done(std::unexpected(kTooMany));
  const Entity* entity = Find(rollout);
  if (entity == nullptr) return done(Fail(ErrorCode::kNotFound, "There is no rollout " + rollout.Text() + "."));
  Result<RevisionId> revision = RevisionBefore(*entity, number);
  if (!revision) return done(std::unexpected(revision.error()));
  UndoTo(rollout, *revision, std::move(by), std::move(done));
}

void FleetCore::UndoTo(const RolloutName& rollout, const RevisionId& revision, std::string by, Done<ApplyReport> done) {
  const UndoChange wanted{rollout, revision, std::move(by)};
  auto change = std::make_shared<Change>();
  change->work = [&artifacts = ports_.artifacts, wanted](const Known& known) { return PrepareUndo(wanted, known, artifacts); };
  change->done = std::move(done);
  BeginChange(std::move(change));
}

void FleetCore::CommitChange(Prepared prepared, Done<ApplyReport> done) {
  if (prepared.IsEmpty()) return done(std::move(prepared.report));
  const std::uint64_t number = last_release_ + 1;
  auto shared = std::make_shared<Prepared>(std::move(prepared));
  Ask<void>(
      "store",
      [&store = ports_.store, transaction = TransactionOf(*shared, first_release_, number, WallNow())] {
        return store.Commit(transaction);
      },
      [this, shared, number, done](const Result<void>& committed) {
        if (!committed) {
          health_.store = "The store does not write: " + committed.error().message;
          return done(
              Fail(committed.error().code, "Nothing was changed: " + committed.error().message, committed.error().hint));
        }
        health_.store.clear();
        first_release_ = FirstKept(first_release_, number);
        last_release_ = number;
        shared->report.release = number;
        TakePrepared(*shared);
        done(shared->report);
      });
}

void FleetCore::TakePrepared(const Prepared& prepared) {
  bool read_again = false;  // What judge and analyses look things up in.
  const auto note = [&read_again](const std::string& kind) {
    read_again |= kind == "PrometheusRule" || kind == "Rollout" || kind.ends_with("AnalysisTemplate");
  };
  for (const state::ObjectRecord& object : prepared.objects) {
    objects_[object.name] = object;
    note(object.name.kind);
  }
  for (const ObjectName& deleted : prepared.deleted) {
    objects_.erase(deleted);
    note(deleted.kind);
  }
  if (read_again) ReadRules();
  for (const state::RolloutRecord& rollout : prepared.rollouts) {
    const bool is_new = !entities_.contains(rollout.spec.name);
    Entity& entity = entities_[rollout.spec.name];
    entity.record = rollout;
    entity.record.release = last_release_;
    if (!is_new) continue;
    entity.stored.boot_id = ports_.clock.BootId();
    // Answers to what its predecessor of the same name asked for are not taken for its own.
    if (const auto before = removed_.find(rollout.spec.name); before != removed_.end()) {
      entity.stored.last_target = before->second.last_target;
    }
  }
  for (const state::RevisionRecord& revision : prepared.revisions)
    entities_[revision.rollout].revisions[revision.id] = revision;
  for (const state::RolloutRecord& rollout : prepared.rollouts) {
    Entity& entity = entities_[rollout.spec.name];
    Notify(entity);
    RestateRouteIfChanged(entity);
    Consider(rollout.spec.name);
  }
}

void FleetCore::ReadRules() {
  std::vector<Finding> findings;
  std::vector<manifest::Object> objects;
  for (auto& [name, object] : ReadStored(objects_, findings)) {
    object.metadata.ns = name.ns.str();
    objects.push_back(std::move(object));
  }
  if (ports_.analyses != nullptr) ports_.analyses->SetObjects(objects);
  if (ports_.judge == nullptr) return;
  std::erase_if(objects, [](const manifest::Object& object) { return object.kind != "PrometheusRule"; });
  ports_.judge->SetRules(objects);
}

void FleetCore::BindImage(std::string reference, std::string source, std::string by, Done<state::ImageBinding> done) {
  if (!recovered_) return done(std::unexpected(kNotLoaded));
  if (changes_.size() >= kChangesMax) return done(std::unexpected(kTooMany));
  state::ImageBinding binding{std::move(reference), std::move(source), "", WallNow(), std::move(by)};
  QueueChange([this, binding, done = ThenNextChange(std::move(done))] {
    auto bound = std::make_shared<state::ImageBinding>(binding);
    Ask<void>(
        "apply",
        [&artifacts = ports_.artifacts, bound]() -> Result<void> {
          TRY(bound->digest, artifacts.TakeIn(bound->source));
          if (bound->reference.ends_with(kByDigest)) {
            bound->reference.resize(bound->reference.size() - kByDigest.size());
            bound->reference += bound->digest.substr(0, kDigestTagChars);
          }
          return {};
        },
        [this, bound, done](const Result<void>& taken) {
          if (!taken) return done(std::unexpected(taken.error()));
          CommitBinding(*bound, done);
        });
  });
}

void FleetCore::CommitBinding(const state::ImageBinding& binding, Done<state::ImageBinding> done) {
  Transaction transaction;
  transaction.put.push_back({std::string(state::kImageTable), binding.reference, state::Encode(binding)});
  NewEntry entry;
  entry.at = binding.bound_at;
  entry.object = {Namespace(), "Image", binding.reference};
  entry.entry = {"image.bound",
                 binding.reference + " stands for " + binding.source + " from now on.",
                 {{"source", binding.source}, {"digest", binding.digest}, {"by", binding.by}}};
  transaction.entries.push_back(std::move(entry));
  Ask<void>(
      "store", [&store = ports_.store, transaction] { return store.Commit(transaction); },
      [this, binding, done = std::move(done)](const Result<void>& committed) {
        if (!committed) return done(std::unexpected(committed.error()));
        images_[binding.reference] = binding;
        done(binding);
      });
}

}  // namespace tuesday::control
