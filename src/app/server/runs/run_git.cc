// SPDX-License-Identifier: Apache-2.0
// git over HTTP: who asks is known here, what is asked is git's own affair.
#include <fmt/format.h>
#include <unistd.h>

#include "adapters/files/files.h"
#include "adapters/git/hosted/http_backend.h"
#include "adapters/http/spooled_body.h"
#include "app/server/runs/run_api.h"

namespace tuesday::server {
namespace {

constexpr std::string_view kEnding = ".git";

bool Writes(const http::HttpRequest& request) {
  return request.path.ends_with("/git-receive-pack") || request.Query("service") == "git-receive-pack";
}

void SendText(http::Responder& responder, int status, const std::string& text) {
  responder.Send({.status = status, .headers = {{"Content-Type", "text/plain"}}, .body = text + "\n"});
}

git::BackendRequest RequestOf(const Call& call, const std::string& folder) {
  git::BackendRequest request;
  request.folder = folder;
  request.path = call.request.path.substr(kGitPath.size() - 1);
  request.method = call.request.method;
  if (const std::string service = call.request.Query("service"); !service.empty()) request.query = "service=" + service;
  request.content_type = call.request.Header("content-type");
  request.content_encoding = call.request.Header("content-encoding");
  request.protocol = call.request.Header("git-protocol");
  request.remote = call.request.remote;
  request.pusher = call.by;
  return request;
}

}  // namespace

void RunApi::Git(Call call) {
  std::string name = call.parts.at("repository");
  if (name.ends_with(kEnding)) name.resize(name.size() - kEnding.size());
  const runs::RepositoryRecord* record = host_.hosting().Find(name);
  const auto may = [&](access::Role role) {
    return access::Decide(&call.caller, {role, Namespace(record->ns)}, clock_.Wall()).ruling == access::Ruling::kAllowed;
  };
  // Who may not see a repository does not learn that it is there.
  if (record == nullptr || !may(access::Role::kViewer)) return SendText(*call.responder, 404, "There is no such repository.");
  if (Writes(call.request) && !record->follow.empty())
    return SendText(*call.responder, 403, "This repository follows another: push to that one.");
  git::BackendRequest request = RequestOf(call, host_.RepositoriesFolder());
  request.is_trusted = may(access::Role::kDeployer);
  const std::string number = std::to_string(++git_requests_);
  const std::string output = host_.SpoolFolder() + "/" + number;
  auto answer = std::make_shared<Result<git::BackendAnswer>>();
  executor_.Run(
      "backend " + number,
      [request, body = call.request.spooled, output, folder = host_.SpoolFolder(), answer]() mutable {
        const auto ask = [&]() -> Result<git::BackendAnswer> {
          TRY_OK(files::MakeFolders(folder, 0700));
          if (body == nullptr) return git::AskHttpBackend(request, output);
          TRY(const files::Fd input, body->Open());
          request.body = input.get();
          return git::AskHttpBackend(request, output);
        };
        *answer = ask();
      },
      [responder = call.responder, output, answer] {
        if (!answer->has_value()) {
          SendText(*responder, 500, ErrorText(answer->error()));
        } else {
          // The file is open once it is given: it needs its name no longer.
          responder->Send({.status = (*answer)->status,
                           .headers = std::move((*answer)->headers),
                           .body = "",
                           .file = http::FilePart{output, (*answer)->offset, (*answer)->bytes}});
        }
        ::unlink(output.c_str());
      });
}

}  // namespace tuesday::server
