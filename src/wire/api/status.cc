// SPDX-License-Identifier: Apache-2.0
#include "wire/api/status.h"

#include <array>

namespace tuesday::api {
namespace {

constexpr std::array kCodes = {ErrorCode::kInvalid, ErrorCode::kNotFound, ErrorCode::kConflict,    ErrorCode::kStale,
                               ErrorCode::kDenied,  ErrorCode::kLimit,    ErrorCode::kUnsupported, ErrorCode::kUnavailable,
                               ErrorCode::kCorrupt, ErrorCode::kInternal};

}  // namespace

int HttpStatusOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalid: return 400;
    case ErrorCode::kNotFound: return 404;
    case ErrorCode::kConflict: return 409;
    case ErrorCode::kStale: return 412;
    case ErrorCode::kDenied: return 403;
    case ErrorCode::kLimit: return 413;
    case ErrorCode::kUnsupported: return 422;
    case ErrorCode::kUnavailable: return 503;
    case ErrorCode::kCorrupt:
    case ErrorCode::kInternal: return 500;
  }
  return 500;
}

ErrorCode ErrorCodeOf(std::string_view name) {
  for (const ErrorCode code : kCodes) {
    if (ErrorCodeName(code) == name) return code;
  }
  return ErrorCode::kInternal;
}

Json ErrorJson(const Error& error) {
  return Json(Json::Object{
      {"error", Json::Object{{"code", ErrorCodeName(error.code)}, {"message", error.message}, {"hint", error.hint}}}});
}

}  // namespace tuesday::api
