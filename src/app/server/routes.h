// SPDX-License-Identifier: Apache-2.0
// The table of the API: every method and path, on which listeners it appears, who may ask, and who answers it.
// `/v1/openapi.json` and the reference page are made from this table, so neither can be out of date.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "adapters/http/server.h"
#include "base/json.h"
#include "core/access/policy.h"

namespace tuesday::server {

class Api;

// One request on its way: its parts, its body read, and who sent it.
struct Call {
  const http::HttpRequest& request;
  std::map<std::string, std::string> parts;  // "ns", "name" of the path.
  Json body;                                 // Null when there is none.
  std::string by;                            // "root (uid 0)", "ci (token)".
  access::Caller caller;                     // The same, with what it may do.
  std::shared_ptr<http::Responder> responder;
};

struct Route {
  std::string method;
  std::string pattern;                 // "/v1/namespaces/{ns}/rollouts/{name}"
  std::vector<std::string> listeners;  // "admin", "api", "public", "metrics".
  access::Access access;               // The least that a caller needs; core/access decides.
  std::string summary;
  std::function<void(Api&, Call)> answer;
};

const std::vector<Route>& Routes();

// The route of a method and a path, with the path's parts; nullptr when there is none.
const Route* FindRoute(const std::string& method, const std::string& path, std::map<std::string, std::string>& parts);

// True when another method is served at the path.
bool PathIsKnown(const std::string& path);

// OpenAPI 3.1 of the table.
Json OpenApi();

void SendJson(http::Responder& responder, const Json& json, int status = 200);
void SendError(http::Responder& responder, const Error& error);

}  // namespace tuesday::server
