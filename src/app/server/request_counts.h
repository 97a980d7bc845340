// SPDX-License-Identifier: Apache-2.0
// How many requests each route answered with which status. Loop thread only; bounded by the routes.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "adapters/http/server.h"

namespace tuesday::server {

// ("GET /v1/status", 200) -> how often. A route that is not known is "other".
using RequestCounts = std::map<std::pair<std::string, int>, std::uint64_t>;

// A responder that counts its answer; a stream counts as 200, one that is never answered as 500.
std::shared_ptr<http::Responder> Counted(std::shared_ptr<http::Responder> responder, std::shared_ptr<RequestCounts> counts,
                                         std::string route);

}  // namespace tuesday::server
