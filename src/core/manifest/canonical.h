// SPDX-License-Identifier: Apache-2.0
// A pod template as canonical JSON and back, and the digest that names a revision. The bytes are stored and hashed: see
// docs/formats/pod.md before changing anything here.
#pragma once

#include <map>
#include <string>

#include "base/id.h"
#include "base/json.h"
#include "base/result.h"
#include "core/manifest/pod.h"

namespace tuesday::manifest {

// Fields at their default are left out, so that a field added later changes no digest of a pod that does not use it.
Json CanonicalPod(const PodSpec& pod);

// The inverse: `PodFromJson(CanonicalPod(p))` equals `p`. Fails with kCorrupt, naming the field, on JSON of another form;
// members that it does not know are passed over (a newer program wrote them).
Result<PodSpec> PodFromJson(const Json& json);

// SHA-256, 64 hex digits, of the template as resolved. `artifact_digests` by container name; `config_digests` by
// "<kind>/<name>" of each ConfigMap and Secret that the pod uses.
std::string RevisionDigest(const PodSpec& pod, const std::map<std::string, std::string>& artifact_digests,
                           const std::map<std::string, std::string>& config_digests);

// The first 10 digits of a revision's digest.
RevisionId RevisionIdOf(const std::string& revision_digest);

// SHA-256 of the values of a ConfigMap or Secret, for RevisionDigest.
std::string ConfigDigest(const std::map<std::string, std::string>& values);

}  // namespace tuesday::manifest
