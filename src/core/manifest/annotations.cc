// SPDX-License-Identifier: Apache-2.0
#include "core/manifest/annotations.h"

#include <fmt/format.h>

#include "base/source.h"

namespace tuesday::manifest {
namespace {

constexpr Duration kBakeMax = std::chrono::hours(24 * 30);

std::unexpected<Error> BadValue(std::string_view key, std::string_view value, std::string_view choices) {
  return Fail(ErrorCode::kInvalid, fmt::format("The annotation `{}` is \"{}\".", key, value.substr(0, 40)),
              fmt::format("It must be {}.", choices));
}

Result<void> ReadBake(std::string_view key, std::string_view value, Annotations& out) {
  const Result<Duration> read = ParseGoDuration(value);
  if (!read.has_value() || *read < Duration::zero() || *read > kBakeMax) {
    return BadValue(key, value, "a duration like 10m, at most 720h; 0s for no bake");
  }
  out.bake = *read;
  return {};
}

}  // namespace

Result<void> ReadAnnotation(std::string_view key, std::string_view value, Annotations& out) {
  if (!key.starts_with(kAnnotationPrefix)) return {};
  const std::string_view name = key.substr(kAnnotationPrefix.size());
  if (name == "rollback") {
    if (value != "true" && value != "false") return BadValue(key, value, "\"true\" or \"false\"");
    out.rollback = value == "true" ? RuleRollback::kYes : RuleRollback::kNo;
  } else if (name == "no-evidence") {
    if (value != "abort-after-deadline" && value != "fail" && value != "hold") {
      return BadValue(key, value, "abort-after-deadline, fail or hold");
    }
    out.no_evidence = value == "hold"   ? NoEvidence::kHold
                      : value == "fail" ? NoEvidence::kFail
                                        : NoEvidence::kAbortAfterDeadline;
  } else if (name == "bake") {
    return ReadBake(key, value, out);
  } else if (name == "bake-keep") {
    if (value != "predecessor" && value != "none") return BadValue(key, value, "predecessor or none");
    out.bake_keep = value == "none" ? BakeKeep::kNone : BakeKeep::kPredecessor;
  } else if (name == "sticky") {
    if (value != "true" && value != "false") return BadValue(key, value, "\"true\" or \"false\"");
    out.sticky = value == "true" ? Sticky::kOn : Sticky::kOff;
  } else if (name == "prometheus-version") {
    if (value != "2" && value != "3") return BadValue(key, value, "\"2\" or \"3\"");
    out.prometheus_version = value == "2" ? PrometheusVersion::k2 : PrometheusVersion::k3;
  } else if (name == "prometheus-canary") {
    if (value != "revision" && value != "label") return BadValue(key, value, "revision or label");
    out.prometheus_canary = value == "label" ? PrometheusCanary::kLabel : PrometheusCanary::kRevision;
  } else {
    const std::string nearest = NearestWord(
        name, {"rollback", "no-evidence", "bake", "bake-keep", "sticky", "prometheus-version", "prometheus-canary"});
    return Fail(ErrorCode::kInvalid, fmt::format("The annotation `{}` is not known.", key),
                nearest.empty() ? "Remove it." : fmt::format("Did you mean `{}{}`?", kAnnotationPrefix, nearest));
  }
  return {};
}

Result<Annotations> ReadAnnotations(const std::map<std::string, std::string>& annotations) {
  Annotations out;
  for (const auto& [key, value] : annotations) TRY_OK(ReadAnnotation(key, value, out));
  return out;
}

}  // namespace tuesday::manifest
