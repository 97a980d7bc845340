// SPDX-License-Identifier: Apache-2.0
// A request on its way in: Beast's parser for its header and a body in memory, another for a body that goes to a file, and what
// was decided about it. Does no IO. An internal header of this folder, for session.cc only: it costs Beast's compile time.
#pragma once

#include <boost/beast/http.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "adapters/http/server.h"
#include "adapters/http/spooled_body.h"

namespace tuesday::http {

namespace beast = boost::beast;
using beast::error_code;

inline constexpr std::size_t kSpoolPieceBytes = 256 << 10;  // Read before it is written to the file.

// Where a body goes that is not to be in memory whole.
struct Spool {
  std::optional<beast::http::request_parser<beast::http::buffer_body>> parser;
  std::string piece;
  std::size_t filled = 0;  // Bytes of `piece` that wait for the disk.
  std::shared_ptr<SpooledBody> body;

  void OfferPiece() {
    piece.resize(kSpoolPieceBytes);
    parser->get().body() = {.data = piece.data(), .size = piece.size(), .more = true};
  }
  void CountPiece() { filled = piece.size() - parser->get().body().size; }
};

struct Incoming {
  beast::http::request_parser<beast::http::string_body> parser;
  std::optional<Spool> spool;
  BodyPolicy policy;
  HttpRequest request;

  // Without a limit for its body: that is the policy's, once the header is known.
  explicit Incoming(std::size_t header_bytes_max) {
    parser.header_limit(static_cast<std::uint32_t>(header_bytes_max));
    parser.body_limit(boost::none);
  }

  bool WantsContinue() const { return beast::iequals(parser.get()[beast::http::field::expect], "100-continue"); }
  bool HasBody() const { return parser.chunked() || parser.content_length().value_or(0) > 0; }
  bool IsTooLarge() const { return parser.content_length().value_or(0) > policy.bytes_max; }
  void LimitBody() { parser.body_limit(policy.bytes_max); }

  // Turns the rest of the request to a file.
  void SpoolTo(std::shared_ptr<SpooledBody> body) {
    spool.emplace();
    spool->parser.emplace(std::move(parser));
    spool->body = std::move(body);
  }
};

// All of the request but its body. kInvalid for a target or a header that two readers could take for different things.
inline Result<void> ReadHead(const beast::http::request_header<>& header, HttpRequest& request) {
  request.method = header.method_string();
  bool repeated = false;
  for (const auto& field : header) {
    const std::string name = LowerCase(field.name_string());
    repeated |= (name == "authorization" || name == "host") && request.headers.contains(name);
    request.headers[name] = field.value();
  }
  TRY_OK(ParseTarget(header.target(), request));
  if (repeated) return Fail(ErrorCode::kInvalid, "The request names its host or its authorization twice.");
  return {};
}

}  // namespace tuesday::http
