// SPDX-License-Identifier: Apache-2.0
#include "app/server/retention/retention.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <utility>

namespace tuesday::server {

namespace {

constexpr int kPageEntries = 500;
constexpr std::string_view kSamplesMember = "\"samples\":\"";
constexpr std::size_t kDigestDigits = 64;

NewEntry Told(WallTime now, WallTime before, const EntriesDropped& dropped) {
  NewEntry entry;
  entry.at = now;
  entry.object = {Namespace(), "Journal", "retention"};
  entry.entry.kind = kJournalDropped;
  entry.entry.message =
      fmt::format("{} {} from before {} {} let go by the retention of the journal.", dropped.count,
                  dropped.count == 1 ? "entry" : "entries", WallText(before), dropped.count == 1 ? "was" : "were");
  entry.entry.data = {{"count", static_cast<std::int64_t>(dropped.count)},
                      {"first", static_cast<std::int64_t>(dropped.first)},
                      {"last", static_cast<std::int64_t>(dropped.last)}};
  return entry;
}

// Digests of the samples that entries name.
Result<std::set<std::string>> SamplesNamed(Store& store) {
  std::set<std::string> named;
  EntryFilter page{.limit = kPageEntries};
  while (true) {
    TRY(const std::vector<StoredEntry> entries, store.Entries(page));
    for (const StoredEntry& entry : entries) {
      for (std::size_t at = entry.bytes.find(kSamplesMember); at != std::string::npos;
           at = entry.bytes.find(kSamplesMember, at + 1)) {
        named.insert(entry.bytes.substr(at + kSamplesMember.size(), kDigestDigits));
      }
    }
    if (entries.empty()) return named;
    page.after = entries.back().number;
  }
}

}  // namespace

std::set<std::string> AttemptsKept(const std::vector<control::RolloutView>& rollouts) {
  std::set<std::string> kept;
  for (const control::RolloutView& view : rollouts) {
    if (view.status.attempt) kept.insert(view.status.attempt->id.str());
    std::map<RevisionId, std::string> last;
    for (const state::AttemptRecord& record : view.attempts) last[record.attempt.revision] = record.attempt.id.str();
    for (const rollout::RevisionState& revision : view.status.revisions) {
      if (const auto attempt = last.find(revision.id); attempt != last.end()) kept.insert(attempt->second);
    }
  }
  return kept;
}

Result<LetGo> LetOldGo(const Archive& archive, WallTime now, Duration keep, std::set<std::string> attempts_kept, Sweep sweep) {
  LetGo gone;
  const WallTime before = now - std::chrono::duration_cast<WallTime::duration>(keep);
  EntriesDrop drop{.before = before, .attempts_kept = std::move(attempts_kept)};
  while (true) {
    TRY(const EntriesDropped dropped,
        archive.keeper.DropEntries(drop, [&](const EntriesDropped& step) { return Told(now, before, step); }));
    gone.entries += dropped.count;
    drop.after = dropped.after;
    if (dropped.is_done) break;
  }
  if (gone.entries == 0 && sweep != Sweep::kAlways) return gone;
  const auto settled = std::chrono::system_clock::time_point(now.time_since_epoch()) -
                       std::chrono::duration_cast<std::chrono::system_clock::duration>(kBlobSettledAfter);
  TRY(const std::set<std::string> named, SamplesNamed(archive.store));
  TRY(gone.blobs, archive.blobs.Sweep(named, settled));
  return gone;
}

void Retention::Keep(Duration keep) {
  const Duration before = std::exchange(keep_, keep);
  if (before == keep) return;
  if (before == Duration()) return LookForEver();
  Look();
}

void Retention::LookForEver() {
  Look();
  executor_.At(clock_.Now() + kRetentionInterval, [this] { LookForEver(); });
}

void Retention::Look() {
  if (std::exchange(is_looking_, true)) return;
  auto result = std::make_shared<Result<LetGo>>(LetGo{});
  // Samples that a crash left without an entry are found once a start.
  const Sweep sweep = std::exchange(has_swept_, true) ? Sweep::kIfSomethingWent : Sweep::kAlways;
  executor_.Run(
      "retention",
      [result, archive = archive_, now = clock_.Wall(), keep = keep_, kept = AttemptsKept(fleet_.List(std::nullopt)), sweep] {
        *result = LetOldGo(archive, now, keep, kept, sweep);
      },
      [this, result] {
        is_looking_ = false;
        if (!result->has_value()) return spdlog::warn("retention: {}", ErrorText(result->error()));
        const LetGo& gone = **result;
        if (gone.entries + gone.blobs.blobs == 0) return;
        spdlog::info("retention: {} entries of the journal and {} blobs ({} bytes) were let go", gone.entries, gone.blobs.blobs,
                     gone.blobs.bytes);
      });
}

}  // namespace tuesday::server
