// SPDX-License-Identifier: Apache-2.0
// A new version of a service in one command: bind where there is something to bind, then another image for its container.
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <optional>
#include <set>

#include "app/cli/client/follow.h"
#include "app/cli/render/plan.h"
#include "app/cli/render/rollout.h"
#include "app/cli/verbs.h"

namespace tuesday::cli {
namespace {

constexpr std::string_view kByDigest = "@digest";  // The daemon puts the artifact's in its place.

// "dir:PATH", absolute, of a source or a folder; nothing: a reference.
std::optional<std::string> SourceOf(const std::string& image) {
  std::error_code ignored;
  const auto absolute = [](const std::string& path) { return std::filesystem::absolute(path).lexically_normal().string(); };
  for (const std::string kind : {"dir:", "file:", "oci:"}) {
    if (image.starts_with(kind)) return kind + absolute(image.substr(kind.size()));
  }
  if (std::filesystem::is_directory(image, ignored)) return "dir:" + absolute(image);
  return std::nullopt;
}

// What stands before the tag: "registry.example.com/api" of "registry.example.com/api:v2".
std::string RepositoryOf(const std::string& image) {
  const std::size_t colon = image.rfind(':');
  return colon == std::string::npos || image.find('/', colon) != std::string::npos ? image : image.substr(0, colon);
}

std::set<std::string> RepositoriesOf(const Json& rollout) {
  std::set<std::string> repositories;
  for (const Json& revision : ArrayOf(rollout.At("revisions"))) {
    for (const Json& image : ArrayOf(revision.At("images"))) repositories.insert(RepositoryOf(image.StringOr("")));
  }
  return repositories;
}

// The one rollout of the namespace that this image is for.
Result<std::string> FindService(const Globals& globals, const std::string& image, bool is_source) {
  TRY(const Json list, Daemon(globals).Get(fmt::format("/v1/namespaces/{}/rollouts", UrlEscape(globals.ns))));
  std::vector<std::string> found;
  for (const Json& summary : ArrayOf(list.At("rollouts"))) {
    const std::string name = summary.At("name").StringOr("");
    if (!is_source) {
      TRY(const Json rollout, Daemon(globals).Get(RolloutPath(globals, name)));
      if (!RepositoriesOf(rollout).contains(RepositoryOf(image))) continue;
    }
    found.push_back(name);
  }
  if (found.size() == 1) return found.front();
  const std::string who = found.empty() ? "no rollout" : fmt::format("{} rollouts", found.size());
  return Fail(ErrorCode::kInvalid,
              fmt::format("It is not said for which service {} is: {} of namespace {} could be meant.", image, who, globals.ns),
              "Say it: tuesday deploy " + image + " -s NAME.");
}

Result<Json> Deploy(const Globals& globals, const DeployOptions& options, std::string& service) {
  const std::optional<std::string> source = SourceOf(options.image);
  if (service.empty()) {
    TRY(service, FindService(globals, options.image, source.has_value()));
  }
  std::string reference = options.image;
  if (source) {
    // Named after its content: what a name stands for never changes under a revision, and the same content is no new one.
    reference = service + ":" + std::string(kByDigest);
    TRY(const Json bound,
        Daemon(globals).Post("/v1/images", Json(Json::Object{{"reference", reference}, {"source", *source}})));
    reference = bound.At("reference").StringOr(reference);
    if (!globals.json) std::printf("%s is %s\n", reference.c_str(), source->c_str());
  }
  const Json body(Json::Object{{"container", "*"}, {"image", reference}});
  return Daemon(globals).Post(RolloutPath(globals, service, "/set-image"), body);
}

}  // namespace

int RunDeploy(const Globals& globals, const DeployOptions& options) {
  std::string service = options.service;
  const Result<Json> applied = Deploy(globals, options, service);
  if (!applied.has_value()) return ReportError(applied.error(), globals);
  const Json::Array& rollouts = ArrayOf(applied->At("rollouts"));
  const bool moves = !rollouts.empty() && rollouts.front().At("move").StringOr("none") != "none";
  if (globals.json && (!options.wait || !moves)) PrintJson(*applied);
  if (!globals.json) {
    std::fputs(moves ? PlanText(*applied, PlanMood::kDid).c_str()
                     : fmt::format("{} has exactly this version already.\n", service).c_str(),
               stdout);
  }
  std::fflush(stdout);
  if (!options.wait || !moves) return kExitPass;
  return FollowToVerdict(globals, rollouts.front(), options.timeout);
}

}  // namespace tuesday::cli
