// SPDX-License-Identifier: Apache-2.0
// What one request is answered from, and the forms of answers. An internal header of this folder.
#pragma once

#include <string>
#include <string_view>

#include "adapters/http/message.h"
#include "app/services/action_services.h"
#include "app/services/store/artifacts.h"
#include "app/services/store/cache_entries.h"
#include "base/json.h"
#include "core/workflow/services/token.h"

namespace tuesday::services {

struct Desk {
  const ServiceSettings& settings;
  Artifacts& artifacts;
  CacheEntries& cache;
  WallTime now;
};

// The body of an upload, wherever the server put it.
Piece PieceOf(const http::HttpRequest& request);

http::HttpResponse JsonAnswer(int status, const Json& body);

// A field by its name in the interface's definition, or by the one in JSON: "name_filter", "nameFilter".
const Json& Field(const Json& body, std::string_view name);

// 64-bit numbers are texts in this JSON; numbers are taken too. kInvalid for what is neither.
Result<std::int64_t> NumberField(const Json& body, std::string_view name);

// Calls of the two services by name: "CreateArtifact", "GetCacheEntryDownloadURL". kNotFound for an unknown one.
Result<Json> CallArtifacts(const Desk& desk, const workflow::RuntimeClaims& claims, std::string_view method, const Json& body);
Result<Json> CallCache(const Desk& desk, const workflow::RuntimeClaims& claims, std::string_view method, const Json& body);

// The older interface of the cache, below /_apis/artifactcache/.
Result<http::HttpResponse> AnswerOldCache(const Desk& desk, const workflow::RuntimeClaims& claims,
                                          const http::HttpRequest& request);

// Contents, by signed address.
Result<http::HttpResponse> AnswerContent(const Desk& desk, const http::HttpRequest& request);

}  // namespace tuesday::services
