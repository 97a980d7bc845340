// SPDX-License-Identifier: Apache-2.0
// `strategy.blueGreen` (Argo Rollouts 1.9, types.go, BlueGreenStrategy).
#include <array>

#include "core/manifest/read/readers.h"

namespace tuesday::manifest {
namespace {

using enum KeyUse;

constexpr auto kBlueGreenKeys = std::to_array<Key>({
    {"abortScaleDownDelaySeconds"},
    {"activeMetadata", kNoEffect},
    {"activeService"},
    {"antiAffinity", kRefused},
    {"autoPromotionEnabled"},
    {"autoPromotionSeconds"},
    {"maxUnavailable", kNoEffect},
    {"postPromotionAnalysis"},
    {"prePromotionAnalysis"},
    {"previewMetadata", kNoEffect},
    {"previewReplicaCount"},
    {"previewService"},
    {"scaleDownDelayRevisionLimit"},
    {"scaleDownDelaySeconds"},
});

void CheckServices(Fields& fields, const BlueGreenStrategy& out) {
  if (out.active_service.empty()) fields.Require("activeService");
  if (out.active_service.empty() || out.active_service != out.preview_service) return;
  fields.notes().Error(
      *fields.Find("previewService"), "duplicate-service",
      "This rollout uses the same service for the active and preview services, but two different services are required.",
      "Name another Service.");
}

std::optional<AnalysisRef> ReadAnalysis(Fields& fields, std::string_view key) {
  const YamlNode* node = fields.FindMapping(key);
  if (node == nullptr) return std::nullopt;
  return ReadAnalysisRef(fields.notes(), *node, fields.PathOf(key), nullptr);
}

}  // namespace

BlueGreenStrategy ReadBlueGreen(Notes& notes, const YamlNode& node, const std::string& path) {
  Fields fields(notes, node, path, kBlueGreenKeys);
  BlueGreenStrategy out;
  fields.Read("activeService", out.active_service);
  fields.Read("previewService", out.preview_service);
  int preview = 0;
  if (fields.Read("previewReplicaCount", preview)) out.preview_replicas = preview;
  fields.Read("autoPromotionEnabled", out.auto_promotion);
  fields.ReadSeconds("autoPromotionSeconds", out.auto_promotion_after);
  fields.ReadSeconds("scaleDownDelaySeconds", out.scale_down_delay);
  fields.ReadSeconds("abortScaleDownDelaySeconds", out.abort_scale_down_delay);
  int waiting = 0;
  if (fields.Read("scaleDownDelayRevisionLimit", waiting)) out.scale_down_delay_revision_limit = waiting;
  out.pre_promotion_analysis = ReadAnalysis(fields, "prePromotionAnalysis");
  out.post_promotion_analysis = ReadAnalysis(fields, "postPromotionAnalysis");
  CheckServices(fields, out);
  if (!out.auto_promotion && out.auto_promotion_after > Duration::zero()) {
    notes.Warn(*fields.Find("autoPromotionSeconds"), "contradiction",
               "`autoPromotionSeconds` is not looked at while autoPromotionEnabled is false.", "Remove one of the two.");
  }
  return out;
}

}  // namespace tuesday::manifest
