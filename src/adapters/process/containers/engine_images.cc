// SPDX-License-Identifier: Apache-2.0
#include "adapters/process/containers/engine_images.h"

#include <algorithm>

#include "adapters/containers/engine.h"
#include "adapters/files/files.h"
#include "adapters/process/containers/image_pull.h"

namespace tuesday::process {
namespace {

bool HasPort(const manifest::Container& container, const std::string& port) {
  return std::ranges::any_of(container.ports, [&](const manifest::ContainerPort& known) {
    return port == known.name || port == std::to_string(known.port);
  });
}

// A probe comes from outside the container, where only ports that the container names can be reached.
void CheckProbe(const manifest::Container& container, const std::optional<manifest::Probe>& probe, const std::string& field,
                std::string& refused) {
  if (!probe.has_value()) return;
  const auto* http = std::get_if<manifest::HttpGet>(&probe->action);
  const auto* tcp = std::get_if<manifest::TcpSocket>(&probe->action);
  const std::string port = http != nullptr ? http->port : tcp != nullptr ? tcp->port : "";
  if (!port.empty() && !HasPort(container, port)) {
    refused += " `" + field + "` asks at port " + port + ", which is no containerPort of `" + container.name + "`.";
  }
  if (http != nullptr && http->scheme != "HTTP") refused += " `" + field + "` uses " + http->scheme + ".";
}

Result<void> CheckPod(const ImageAsk& ask) {
  std::string refused;
  for (const manifest::Container& container : ask.pod.containers) {
    CheckProbe(container, container.readiness, "readinessProbe", refused);
    CheckProbe(container, container.liveness, "livenessProbe", refused);
    CheckProbe(container, container.startup, "startupProbe", refused);
  }
  if (refused.empty()) return {};
  return Fail(ErrorCode::kUnsupported, "The image " + ask.image + " cannot be run as a container so:" + refused,
              "Name the port in `ports`; probes speak HTTP.");
}

}  // namespace

Result<std::string> EngineImages::Pin(const ImageAsk& ask) {
  TRY_OK(CheckPod(ask));
  std::vector<std::string> logins = ask.registry_logins;
  if (!logins_file_.empty()) {
    TRY(logins.emplace_back(), files::ReadFile(logins_file_));
  }
  return PinImage(containers::Engine(socket_), ask.image, logins);
}

}  // namespace tuesday::process
