// SPDX-License-Identifier: Apache-2.0
// Addresses that answer as a test says. Whatever is not said is not there.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "ports/web.h"

namespace tuesday::testing {

class FakeWeb : public Web {
 public:
  using Answerer = std::function<Result<WebAnswer>(const WebRequest&)>;

  Result<WebAnswer> Ask(const WebRequest& request) override {
    requests.push_back(request);
    const std::string url = request.url.substr(0, request.url.find('?'));
    const auto found = answers_.find(url);
    if (found != answers_.end()) return found->second(request);
    return Fail(ErrorCode::kUnavailable, "Nobody answers at " + url + ".");
  }

  // `url` without its query.
  void Answer(const std::string& url, Answerer answerer) { answers_[url] = std::move(answerer); }
  void Answer(const std::string& url, int status, const std::string& body) {
    Answer(url, [status, body](const WebRequest&) -> Result<WebAnswer> { return WebAnswer{status, body}; });
  }

  std::vector<WebRequest> requests;

 private:
  std::map<std::string, Answerer> answers_;
};

}  // namespace tuesday::testing
