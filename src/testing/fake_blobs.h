// SPDX-License-Identifier: Apache-2.0
// Blobs and artifacts in memory. An artifact's content is a number that the test may change, as somebody edits a folder.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "base/digest.h"
#include "ports/artifact_store.h"
#include "ports/blob_store.h"

namespace tuesday::testing {

class FakeBlobs : public BlobStore {
 public:
  Result<std::string> Put(std::string_view bytes) override {
    if (error_) return std::unexpected(*error_);
    std::string digest = Sha256Hex(bytes);
    blobs_.insert_or_assign(digest, std::string(bytes));
    return digest;
  }
  Result<std::string> Get(std::string_view digest) override {
    const auto blob = blobs_.find(digest);
    if (blob == blobs_.end()) return Fail(ErrorCode::kNotFound, "There is no blob " + std::string(digest) + ".");
    return blob->second;
  }
  void FailPuts(std::optional<Error> error) { error_ = std::move(error); }
  void Clear() { blobs_.clear(); }
  std::size_t size() const { return blobs_.size(); }

 private:
  std::map<std::string, std::string, std::less<>> blobs_;
  std::optional<Error> error_;
};

class FakeArtifacts : public ArtifactStore {
 public:
  Result<std::string> TakeIn(const std::string& source) override {
    const auto content = contents_.find(source);
    if (content == contents_.end()) {
      return Fail(ErrorCode::kNotFound, "There is nothing at " + source + ".", "Give a folder that exists: dir:PATH.");
    }
    std::string digest = Sha256Hex(source + "#" + std::to_string(content->second));
    taken_.insert_or_assign(digest, now_());
    return digest;
  }
  Result<std::string> PathOf(const std::string& digest) override {
    if (!taken_.contains(digest)) return Fail(ErrorCode::kNotFound, "There is no artifact " + digest + ".");
    return "/artifacts/" + digest;
  }
  Result<std::vector<KeptArtifact>> List() override {
    std::vector<KeptArtifact> kept;
    for (const auto& [digest, at] : taken_) kept.push_back({digest, at});
    return kept;
  }
  Result<std::uint64_t> Remove(const std::string& digest) override { return taken_.erase(digest) * kArtifactBytes; }
  bool Has(const std::string& digest) const { return taken_.contains(digest); }
  std::size_t size() const { return taken_.size(); }
  static constexpr std::uint64_t kArtifactBytes = 100;

  // When things are taken in; without it all are as old as can be.
  void SetWall(std::function<WallTime()> now) { now_ = std::move(now); }

  // What stands at `source` from now on.
  void SetContent(const std::string& source, int content) { contents_[source] = content; }

 private:
  std::map<std::string, int> contents_;
  std::map<std::string, WallTime> taken_;
  std::function<WallTime()> now_ = [] { return WallTime(); };
};

}  // namespace tuesday::testing
