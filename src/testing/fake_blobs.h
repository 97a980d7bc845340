// SPDX-License-Identifier: Apache-2.0
// Blobs and artifacts in memory. An artifact's content is a number that the test may change, as somebody edits a folder.
#pragma once

#include <map>
#include <set>
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
    taken_.insert(digest);
    return digest;
  }
  Result<std::string> PathOf(const std::string& digest) override {
    if (!taken_.contains(digest)) return Fail(ErrorCode::kNotFound, "There is no artifact " + digest + ".");
    return "/artifacts/" + digest;
  }
  // What stands at `source` from now on.
  void SetContent(const std::string& source, int content) { contents_[source] = content; }

 private:
  std::map<std::string, int> contents_;
  std::set<std::string> taken_;
};

}  // namespace tuesday::testing
