// SPDX-License-Identifier: Apache-2.0
// libFuzzer target: any bytes through the YAML reader, the manifest reader, the checks between objects, and the stored form
// of pods. Nothing may crash, and what is read must come back from its canonical bytes.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "core/manifest/canonical.h"
#include "core/manifest/check.h"
#include "core/manifest/object.h"

namespace tuesday::manifest {
namespace {

void CheckRoundTrip(const PodSpec& pod) {
  const Result<Json> json = ParseJson(CanonicalJson(CanonicalPod(pod)));
  if (!json.has_value()) return;  // Bytes that are no UTF-8 have no JSON.
  const Result<PodSpec> read = PodFromJson(*json);
  CHECK(read.has_value(), "a written pod reads back");
  CHECK(CanonicalJson(CanonicalPod(*read)) == CanonicalJson(CanonicalPod(pod)), "a pod comes back as it was written");
}

void Run(std::string_view text) {
  const ReadResult result = ReadManifests(text, "fuzz.yaml");
  for (const Finding& finding : result.findings)
    CHECK(!finding.rule.empty() && !finding.message.empty(), "a finding says something");
  static_cast<void>(CheckObjects(result.objects));
  for (const Object& object : result.objects) {
    if (const auto* rollout = std::get_if<Rollout>(&object.body)) CheckRoundTrip(rollout->pod);
  }
}

}  // namespace
}  // namespace tuesday::manifest

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  tuesday::manifest::Run({reinterpret_cast<const char*>(bytes), size});
  return 0;
}
