// SPDX-License-Identifier: Apache-2.0
// The services of actions as one handler: artifacts v4, cache v2 and v1, contents. Blocks for as long as the disk does: it has
// a loop of its own (`service_thread.h`). Not thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "adapters/http/message.h"
#include "adapters/http/server.h"
#include "core/workflow/services/names.h"
#include "ports/clock.h"

namespace tuesday::services {

// Asks for a token for a cloud, in the name of a leg of the run, for an audience. Called on the services' thread; answers on
// any, once, now or later. Who it is that asks has been looked at, what it may have has not.
using GiveIdToken =
    std::function<void(const std::string& leg, const std::string& audience, std::function<void(Result<std::string>)> answer)>;

// `key` signs tokens and addresses and is known to nobody else. `origin` is how jobs reach the services, without a slash at its
// end. Both folders are made when they are needed.
struct ServiceSettings {
  std::string origin;
  std::string key;
  std::string artifacts_folder;
  std::string cache_folder;  // Of the repository.
  workflow::ServiceLimits limits;
  GiveIdToken give_id_token = nullptr;  // Null: this run has no tokens for clouds.
};

// Below the origin; with "?…", because clients append "&audience=…".
inline constexpr std::string_view kIdTokenPath = "/_services/token";

class ActionServices {
 public:
  ActionServices(ServiceSettings settings, const Clock& clock);
  ~ActionServices();

  // What a request's body may be, by its header. Uploads go to a file; a token or an address that is not ours gets no body
  // read.
  http::BodyPolicy PolicyOf(const http::HttpRequest& head);

  http::HttpResponse Answer(const http::HttpRequest& request);

  // The answer to a request of kIdTokenPath, which waits for others. `send` is called once, on any thread, possibly after this
  // object is gone.
  void AnswerIdToken(const http::HttpRequest& request, std::function<void(http::HttpResponse)> send);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tuesday::services
