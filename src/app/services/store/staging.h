// SPDX-License-Identifier: Apache-2.0
// Uploads that are not whole yet: a folder each, with a record and blocks that come in any order. Blocks; not thread-safe, but
// processes that share a folder do not harm each other.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/http/spooled_body.h"
#include "base/json.h"
#include "base/result.h"
#include "core/workflow/services/names.h"

namespace tuesday::services {

// A whole upload, on disk for good.
struct StagedContent {
  std::string path;
  std::uint64_t bytes = 0;
  std::string digest;  // "sha256:" and 64 hex digits.
};

// Bytes on their way in: in memory, or in a file, which is taken over without a copy where that can be.
struct Piece {
  std::string_view bytes = {};
  const http::SpooledBody* spooled = nullptr;  // Instead of `bytes`.

  std::uint64_t size() const { return spooled != nullptr ? spooled->bytes() : bytes.size(); }
};

class Staging {
 public:
  Staging(std::string folder, const workflow::ServiceLimits& limits);

  // A new upload; its number is `at_least` or more.
  Result<std::int64_t> Begin(const Json& record, std::int64_t at_least);

  std::vector<std::int64_t> Ids() const;
  Result<Json> Record(std::int64_t id) const;

  // The whole content at once. kLimit when it is too much, kNotFound when there is no such upload.
  Result<void> PutWhole(std::int64_t id, const Piece& whole);

  // One block under the client's name for it; the same name again replaces it.
  Result<void> PutBlock(std::int64_t id, std::string_view block, const Piece& piece);

  // Makes the content of the blocks in this order. kInvalid when one of them was never put.
  Result<void> PutList(std::int64_t id, const std::vector<std::string>& blocks);

  // Makes the content of all blocks by the order of their names.
  Result<void> PutAll(std::int64_t id);

  // Syncs the content and tells its digest. kConflict when there is none yet.
  Result<StagedContent> Seal(std::int64_t id) const;

  // Makes the upload's folder what it is for; only the record and the content go with it. kConflict when `target` is there.
  Result<void> MoveTo(std::int64_t id, const Json& record, const std::string& target);

  void Drop(std::int64_t id);

 private:
  std::string FolderOf(std::int64_t id) const;
  Result<void> Count(std::int64_t id, std::uint64_t bytes);
  Result<void> Join(std::int64_t id, const std::vector<std::string>& paths);

  std::string folder_;
  workflow::ServiceLimits limits_;
  std::map<std::int64_t, std::uint64_t> taken_;  // Bytes of blocks that came in.
};

// Names of stored things within their folders.
inline constexpr std::string_view kRecordName = "record.json";
inline constexpr std::string_view kContentName = "content";

// Folders below `folder` whose names are numbers, sorted.
std::vector<std::int64_t> NumbersIn(const std::string& folder);

Result<Json> ReadRecord(const std::string& folder);

}  // namespace tuesday::services
