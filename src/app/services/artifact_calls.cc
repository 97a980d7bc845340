// SPDX-License-Identifier: Apache-2.0
// The service of artifacts, version 4: five calls.
#include <fmt/format.h>

#include "app/services/addresses.h"
#include "app/services/desk.h"

namespace tuesday::services {
namespace {

using workflow::RuntimeClaims;

constexpr std::string_view kZip = "application/zip";

// Reading and removing are open to every job of the run; who uploads says so in its own name.
Result<void> CheckRun(const RuntimeClaims& claims, const Json& body) {
  if (Field(body, "workflow_run_backend_id").StringOr("") != claims.run)
    return Fail(ErrorCode::kDenied, "The token is of another run.");
  return {};
}

Result<void> CheckJob(const RuntimeClaims& claims, const Json& body) {
  TRY_OK(CheckRun(claims, body));
  if (Field(body, "workflow_job_run_backend_id").StringOr("") != claims.job)
    return Fail(ErrorCode::kDenied, "The token is of another job.");
  return {};
}

Result<Json> Create(const Desk& desk, const RuntimeClaims& claims, const Json& body) {
  TRY_OK(CheckJob(claims, body));
  const std::string mime = Field(body, "mime_type").StringOr(kZip);
  TRY(const std::int64_t id, desk.artifacts.Begin({claims.run, claims.job, claims.attempt}, body.At("name").StringOr(""),
                                                  mime.empty() ? std::string(kZip) : mime));
  const ContentPlace place{ContentKind::kArtifactUpload, claims.run, std::to_string(id)};
  return Json::Object{{"ok", Json(true)},
                      {"signed_upload_url", Json(AddressOf(place, desk.settings.origin, desk.settings.key, desk.now))}};
}

Result<Json> Finalize(const Desk& desk, const RuntimeClaims& claims, const Json& body) {
  TRY_OK(CheckJob(claims, body));
  TRY(const std::int64_t size, NumberField(body, "size"));
  TRY(const Artifact artifact, desk.artifacts.Finish({claims.run, claims.job, claims.attempt}, body.At("name").StringOr(""),
                                                     static_cast<std::uint64_t>(size), body.At("hash").StringOr(""), desk.now));
  return Json::Object{{"ok", Json(true)}, {"artifact_id", Json(std::to_string(artifact.id))}};
}

Result<Json> List(const Desk& desk, const RuntimeClaims& claims, const Json& body) {
  TRY_OK(CheckRun(claims, body));
  const std::string name = Field(body, "name_filter").StringOr("");
  std::int64_t id = 0;
  if (!Field(body, "id_filter").is_null()) {
    TRY(id, NumberField(body, "id_filter"));
  }
  Json::Array list;
  for (const Artifact& artifact : desk.artifacts.List(claims.run)) {
    if ((!name.empty() && artifact.name != name) || (id != 0 && artifact.id != id)) continue;
    list.emplace_back(Json::Object{{"workflow_run_backend_id", Json(artifact.run)},
                                   {"workflow_job_run_backend_id", Json(artifact.job)},
                                   {"database_id", Json(std::to_string(artifact.id))},
                                   {"name", Json(artifact.name)},
                                   {"size", Json(std::to_string(artifact.bytes))},
                                   {"created_at", Json(WallText(artifact.created))},
                                   {"digest", Json(artifact.digest)}});
  }
  return Json::Object{{"artifacts", Json(std::move(list))}};
}

Result<Artifact> Named(const Desk& desk, const RuntimeClaims& claims, const Json& body) {
  TRY_OK(CheckRun(claims, body));
  auto artifact = desk.artifacts.Find(claims.run, body.At("name").StringOr(""));
  if (!artifact) return Fail(ErrorCode::kNotFound, "The run has no artifact of this name.");
  return *std::move(artifact);
}

}  // namespace

Result<Json> CallArtifacts(const Desk& desk, const RuntimeClaims& claims, std::string_view method, const Json& body) {
  if (method == "CreateArtifact") return Create(desk, claims, body);
  if (method == "FinalizeArtifact") return Finalize(desk, claims, body);
  if (method == "ListArtifacts") return List(desk, claims, body);
  if (method == "GetSignedArtifactURL") {
    TRY(const Artifact artifact, Named(desk, claims, body));
    const ContentPlace place{ContentKind::kArtifact, artifact.run, std::to_string(artifact.id)};
    return Json::Object{{"signed_url", Json(AddressOf(place, desk.settings.origin, desk.settings.key, desk.now))}};
  }
  if (method == "DeleteArtifact") {
    TRY(const Artifact artifact, Named(desk, claims, body));
    TRY_OK(desk.artifacts.Remove(artifact));
    return Json::Object{{"ok", Json(true)}, {"artifact_id", Json(std::to_string(artifact.id))}};
  }
  return Fail(ErrorCode::kNotFound, fmt::format("The service of artifacts has no call '{}'.", method));
}

}  // namespace tuesday::services
