// SPDX-License-Identifier: Apache-2.0
// The services of the run as an action of it asks them: artifacts v4 and cache v2. Blocks; what fails for the moment is tried
// again.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace tuesday::actions {

inline constexpr std::string_view kArtifactService = "github.actions.results.api.v1.ArtifactService";
inline constexpr std::string_view kCacheService = "github.actions.results.api.v1.CacheService";

class ServiceClient {
 public:
  // kUnavailable when the environment has no service, kDenied when its token names no run and no job.
  static Result<ServiceClient> FromEnvironment();

  // The answer of a call. A refusal is an error with the service's own sentence: kConflict for what is there already,
  // kNotFound, kDenied, kInvalid.
  Result<Json> Call(std::string_view service, std::string_view method, const Json::Object& body) const;

  // Like Call, for artifacts: says which run and which job asks.
  Result<Json> CallArtifacts(std::string_view method, Json::Object body) const;

  // Sends the file piece by piece to an address of the service.
  Result<void> Put(const std::string& url, const std::string& path) const;

  // Takes what is at the address into a file, and returns its type ("application/zip").
  Result<std::string> Take(const std::string& url, const std::string& path) const;

 private:
  ServiceClient(std::string origin, std::string token, std::string run, std::string job);

  std::string origin_;
  std::string token_;
  std::string run_;
  std::string job_;
};

// The run and the job that a token is for, as it says itself: "Actions.Results:<run>:<job>" in its `scp`.
struct TokenOwner {
  std::string run;
  std::string job;
};
Result<TokenOwner> OwnerOf(std::string_view token);

}  // namespace tuesday::actions
