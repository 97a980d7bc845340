// SPDX-License-Identifier: Apache-2.0
// The API of tokens for clouds: what everybody may know of the issuer, its keys, and what a repository's jobs may ask. Loop
// thread only.
#pragma once

#include "app/server/routes.h"
#include "app/server/runs/run_host.h"

namespace tuesday::server {

// How long others may keep discovery and keys: far shorter than a key is known before it signs.
inline constexpr Duration kIssuerKeptByOthers = std::chrono::hours(1);

class OidcApi {
 public:
  explicit OidcApi(RunHost& host) : host_(host) {}

  void Discovery(Call call);
  void KeySet(Call call);
  void ListKeys(Call call);
  void Rotate(Call call);
  void SetRepository(Call call);

 private:
  RunHost& host_;
};

// What of a repository's answer is about tokens.
Json TokensJson(const oidc::RepositoryTokens& tokens);

}  // namespace tuesday::server
