// SPDX-License-Identifier: Apache-2.0
// How a secret looks when a program wrote it in another encoding: the texts that a log must not show. An internal header of
// this folder.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tuesday::workflow {

// Fewer characters of base64 than this tell next to nothing, and would mask half of a log.
inline constexpr std::size_t kBase64PartMin = 4;

// The secret itself and its forms: base64 at the three alignments (plain and URL-safe, with and without what its neighbours
// decide), and escaped for a command line, an expression, JSON, a URI and XML, without its quotes, and split at `&` as
// PowerShell shows it (actions/runner, ValueEncoders.cs). None is empty; some may be the same.
std::vector<std::string> FormsOfSecret(std::string_view secret);

}  // namespace tuesday::workflow
