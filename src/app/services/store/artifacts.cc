// SPDX-License-Identifier: Apache-2.0
#include "app/services/store/artifacts.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "adapters/files/files.h"

namespace tuesday::services {
namespace {

Json RecordOf(const Artifact& artifact) {
  return Json::Object{
      {"attempt", Json(artifact.attempt)}, {"bytes", Json(artifact.bytes)}, {"created", Json(WallText(artifact.created))},
      {"digest", Json(artifact.digest)},   {"job", Json(artifact.job)},     {"mime_type", Json(artifact.mime_type)},
      {"name", Json(artifact.name)},       {"run", Json(artifact.run)}};
}

Artifact ArtifactOf(std::int64_t id, const Json& record) {
  Artifact artifact;
  artifact.id = id;
  artifact.run = record.At("run").StringOr("");
  artifact.job = record.At("job").StringOr("");
  artifact.attempt = static_cast<int>(record.At("attempt").IntOr(1));
  artifact.name = record.At("name").StringOr("");
  artifact.mime_type = record.At("mime_type").StringOr("");
  artifact.bytes = static_cast<std::uint64_t>(record.At("bytes").IntOr(0));
  artifact.digest = record.At("digest").StringOr("");
  artifact.created = ParseWall(record.At("created").StringOr("")).value_or(WallTime{});
  return artifact;
}

}  // namespace

Artifacts::Artifacts(std::string folder, const workflow::ServiceLimits& limits) : folder_(std::move(folder)), limits_(limits) {}

std::string Artifacts::FolderOf(const std::string& run) const { return fmt::format("{}/{}", folder_, run); }

std::string Artifacts::ContentPath(const std::string& run, std::int64_t id) const {
  return fmt::format("{}/{}/{}", FolderOf(run), id, kContentName);
}

Staging& Artifacts::Uploads(const std::string& run) {
  return uploads_.try_emplace(run, FolderOf(run) + "/uploads", limits_).first->second;
}

std::vector<Artifact> Artifacts::List(const std::string& run) const {
  std::vector<Artifact> all;
  for (const std::int64_t id : NumbersIn(FolderOf(run))) {
    const auto record = ReadRecord(fmt::format("{}/{}", FolderOf(run), id));
    if (!record.has_value()) continue;
    Artifact artifact = ArtifactOf(id, *record);
    // Left for a moment when a later attempt stores under the same name.
    std::erase_if(all, [&](const Artifact& other) { return other.name == artifact.name; });
    all.push_back(std::move(artifact));
  }
  return all;
}

std::optional<Artifact> Artifacts::Find(const std::string& run, const std::string& name) const {
  for (Artifact& artifact : List(run)) {
    if (artifact.name == name) return std::move(artifact);
  }
  return std::nullopt;
}

Result<std::int64_t> Artifacts::Begin(const Uploader& by, const std::string& name, const std::string& mime_type) {
  TRY_OK(workflow::CheckArtifactName(name));
  if (const auto there = Find(by.run, name); there && there->attempt >= by.attempt)
    return Fail(ErrorCode::kConflict, "an artifact with this name already exists on the workflow run");
  const std::vector<std::int64_t> ids = NumbersIn(FolderOf(by.run));
  if (ids.size() + Uploads(by.run).Ids().size() >= limits_.artifacts_max)
    return Fail(ErrorCode::kLimit, fmt::format("A run has at most {} artifacts.", limits_.artifacts_max));
  std::int64_t& last = last_id_[by.run];
  last = std::max(last, ids.empty() ? 0 : ids.back());
  Artifact artifact{.run = by.run, .job = by.job, .attempt = by.attempt, .name = name, .mime_type = mime_type};
  TRY(last, Uploads(by.run).Begin(RecordOf(artifact), last + 1));
  return last;
}

Result<Artifact> Artifacts::Finish(const Uploader& by, const std::string& name, std::uint64_t bytes, const std::string& digest,
                                   WallTime now) {
  Staging& uploads = Uploads(by.run);
  // The newest: one that was begun and given up before has the same name.
  std::vector<std::int64_t> ids = uploads.Ids();
  std::reverse(ids.begin(), ids.end());
  for (const std::int64_t id : ids) {
    const auto record = uploads.Record(id);
    if (!record.has_value()) continue;
    Artifact artifact = ArtifactOf(id, *record);
    if (artifact.name != name || artifact.job != by.job || artifact.attempt != by.attempt) continue;
    TRY(const StagedContent content, uploads.Seal(id));
    if (content.bytes != bytes || (!digest.empty() && digest != content.digest))
      return Fail(ErrorCode::kConflict,
                  fmt::format("{} bytes with {} were uploaded, not {} with {}.", content.bytes, content.digest, bytes, digest));
    std::uint64_t all = bytes;
    for (const Artifact& other : List(by.run)) all += other.name == name ? 0 : other.bytes;
    if (all > limits_.artifact_bytes_max) {
      uploads.Drop(id);
      return Fail(ErrorCode::kLimit, fmt::format("The run's artifacts have more than {} bytes.", limits_.artifact_bytes_max));
    }
    const auto before = Find(by.run, name);
    if (before && before->attempt >= by.attempt)
      return Fail(ErrorCode::kConflict, "an artifact with this name already exists on the workflow run");
    artifact.bytes = content.bytes;
    artifact.digest = content.digest;
    artifact.created = now;
    TRY_OK(uploads.MoveTo(id, RecordOf(artifact), fmt::format("{}/{}", FolderOf(by.run), id)));
    if (before) TRY_OK(Remove(*before));
    return artifact;
  }
  return Fail(ErrorCode::kNotFound, "There is no upload of this name.");
}

Result<void> Artifacts::Remove(const Artifact& artifact) {
  std::int64_t& last = last_id_[artifact.run];
  last = std::max(last, artifact.id);
  return files::RemoveTree(fmt::format("{}/{}", FolderOf(artifact.run), artifact.id));
}

}  // namespace tuesday::services
