// SPDX-License-Identifier: Apache-2.0
// The edge on disk: the value itself with its generation and digest, and the files that are rendered from it. Every write is a
// temporary file, a sync and a rename. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "adapters/haproxy/edge/config.h"

namespace tuesday::haproxy {

struct StoredEdge {
  std::uint64_t generation = 0;
  Edge edge;
};

class EdgeStore {
 public:
  // `folder` is the supervisor's; HAProxy's files are in `folder`/haproxy.
  explicit EdgeStore(std::string folder) : folder_(std::move(folder)) {}

  // What was saved last; nothing when nothing was. Bytes that do not read back are put aside as edge.json.corrupt, and the
  // error kCorrupt says so.
  Result<std::optional<StoredEdge>> Load() const;

  Result<void> Save(const StoredEdge& stored) const;

  // Writes what differs from what this store has written before.
  Result<void> WriteFiles(const EdgeFiles& files);

 private:
  Result<void> WriteIfNew(std::string_view name, const std::string& text);

  std::string folder_;
  std::map<std::string, std::string, std::less<>> written_;
};

}  // namespace tuesday::haproxy
