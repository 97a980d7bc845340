// SPDX-License-Identifier: Apache-2.0
// The edge's certificates on disk: given ones under the digest of their content, self-signed ones made once for their hosts.
#pragma once

#include <string>

#include "adapters/haproxy/edge/edge.h"
#include "base/result.h"

namespace tuesday::haproxy {

// Writes every certificate that the edge names and that is not there yet (mode 0600). Given text that is no certificate with
// its key fails with kInvalid.
Result<void> WriteCertificates(const Edge& edge, const std::string& folder);

// A certificate and key for `hosts`, in PEM, valid for ten years from now.
Result<std::string> MakeSelfSigned(const std::vector<std::string>& hosts);

}  // namespace tuesday::haproxy
