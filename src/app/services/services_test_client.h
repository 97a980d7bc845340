// SPDX-License-Identifier: Apache-2.0
// For tests: the services over a folder that goes away, and requests as clients make them.
#pragma once

#include <fmt/format.h>

#include <fstream>
#include <sstream>
#include <string>

#include "adapters/http/spooled_body.h"
#include "app/services/action_services.h"
#include "base/json.h"
#include "core/workflow/services/token.h"
#include "testing/fake_clock.h"
#include "testing/temporary_folder.h"

namespace tuesday::services {

inline constexpr std::string_view kTestOrigin = "http://tuesday.localhost:24680";

class TestServices {
 public:
  explicit TestServices(const workflow::ServiceLimits& limits = {})
      : services({.origin = std::string(kTestOrigin),
                  .key = "key",
                  .artifacts_folder = folder.path() + "/artifacts",
                  .cache_folder = folder.path() + "/cache",
                  .limits = limits},
                 clock) {}

  std::string Token(const std::string& run, const std::string& job, std::string_view ref = "refs/heads/main") const {
    return workflow::SignToken({.run = run,
                                .job = job,
                                .scopes = workflow::ScopesOf(ref, "", "main"),
                                .not_before = clock.Wall() - std::chrono::seconds(1),
                                .expires = clock.Wall() + std::chrono::hours(1)},
                               "key");
  }

  http::HttpResponse Send(const std::string& method, const std::string& target, const std::string& token,
                          const std::string& body, const std::map<std::string, std::string>& headers = {}) {
    http::HttpRequest request{
        .method = method, .path = "", .query = {}, .headers = headers, .body = body, .peer = {}, .listener = "", .remote = ""};
    if (!token.empty()) request.headers["authorization"] = "Bearer " + token;
    if (!http::ParseTarget(target, request).has_value()) return {.status = 400, .headers = {}, .body = ""};
    const http::BodyPolicy policy = services.PolicyOf(request);
    if (policy.refusal) return *policy.refusal;
    if (body.size() > policy.bytes_max) return {.status = 413, .headers = {}, .body = ""};
    if (policy.to_file && !body.empty()) {
      auto spooled = http::SpooledBody::Create(folder.path() + "/spool");
      if (!spooled.has_value() || !(*spooled)->Append(body).has_value()) return {.status = 507, .headers = {}, .body = ""};
      request.spooled = *std::move(spooled);
      request.body.clear();
    }
    return services.Answer(request);
  }

  http::HttpResponse Call(const std::string& method, const std::string& token, Json::Object body) {
    const std::string service = method.contains("Cache") ? "CacheService" : "ArtifactService";
    return Send("POST", fmt::format("/twirp/github.actions.results.api.v1.{}/{}", service, method), token,
                CanonicalJson(Json(std::move(body))));
  }

  // To an address as a call has told it.
  http::HttpResponse Put(const std::string& address, const std::string& more, const std::string& body) {
    return Send("PUT", address.substr(kTestOrigin.size()) + more, "", body);
  }
  http::HttpResponse Get(const std::string& address, const std::map<std::string, std::string>& headers = {}) {
    return Send("GET", address.substr(kTestOrigin.size()), "", "", headers);
  }

  static Json BodyOf(const http::HttpResponse& response) { return ParseJson(response.body).value_or(Json()); }

  static std::string ContentOf(const http::HttpResponse& response) {
    if (!response.file) return "";
    std::ifstream in(response.file->path, std::ios::binary);
    std::stringstream bytes;
    bytes << in.rdbuf();
    return bytes.str().substr(response.file->offset, response.file->bytes);
  }

  TemporaryFolder folder;
  ::tuesday::testing::FakeClock clock;
  ActionServices services;
};

}  // namespace tuesday::services
