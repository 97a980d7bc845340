// SPDX-License-Identifier: Apache-2.0
// One request to AWS: where to, signed with what, and what a refusal says. Blocks.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace tuesday::actions::aws {

// Of one identity. Without a session token they are long-lived.
struct Credentials {
  std::string key_id;
  std::string secret;
  std::string session;
  std::string expires;  // RFC 3339, as AWS says it; empty: unknown.
  bool empty() const { return key_id.empty(); }
};

// What the environment has of this step; empty: nothing.
Credentials EnvironmentCredentials();

// The way out: a proxy, and who vouches for the other side. Empty: none, and whom the system trusts.
struct Way {
  std::string proxy;
  std::string ca_file;
};

// A service in a region: "sts", "ecr". `host` is its name without the region's part ("sts", "api.ecr").
struct Service {
  std::string name;
  std::string host;
  std::string region;
};

// Where it is asked: AWS_ENDPOINT_URL_<NAME>, AWS_ENDPOINT_URL, or its own address in the region's partition.
std::string EndpointOf(const Service& service);

struct Request {
  Service service;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  Credentials credentials;  // Empty: not signed.
  Way way;
  int tries_max = 1;  // When nobody answers, or AWS asks to come again.
};

// The body of a good answer. A refusal is an error whose message is AWS's own sentence: kDenied, kUnavailable when asking again
// may help, kInvalid else.
Result<std::string> Send(const Request& request);

// The text of the first element of this name, its entities resolved; empty: there is none.
std::string XmlText(std::string_view xml, std::string_view name);

// What a refusal says: a code ("AccessDenied") and a sentence, from XML (STS) or JSON (ECR).
struct Refusal {
  std::string code;
  std::string message;
};
Refusal ReadRefusal(std::string_view body);

// "a=1&b=x%20y" of a call of the query protocol.
std::string FormOf(const std::vector<std::pair<std::string, std::string>>& fields);

}  // namespace tuesday::actions::aws
