// SPDX-License-Identifier: Apache-2.0
#include "adapters/http/transfer/transfer.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>

#include "adapters/files/fd.h"
#include "adapters/files/files.h"
#include "adapters/http/curl_library.h"

namespace tuesday::http {
namespace {

constexpr long kConnectTimeMaxMs = 5000;
constexpr long kQuietTimeMaxSeconds = 120;

struct FreeList {
  void operator()(curl_slist* list) const { LoadCurl()->slist_free_all(list); }
};
struct FreeHandle {
  void operator()(CURL* handle) const { LoadCurl()->easy_cleanup(handle); }
};

// What one request sends and takes.
struct Exchange {
  CURL* handle = nullptr;
  const TransferRequest& request;
  files::Fd from;
  std::uint64_t sent = 0;
  files::Fd to;
  std::uint64_t taken = 0;
  std::string text;
  std::optional<Error> problem;
};

std::size_t Read(char* bytes, std::size_t size, std::size_t count, void* argument) {
  auto& exchange = *static_cast<Exchange*>(argument);
  const FileSection& section = exchange.request.section;
  const auto room = std::min<std::uint64_t>(size * count, section.bytes - exchange.sent);
  const ssize_t got = ::pread(exchange.from.get(), bytes, room, static_cast<off_t>(section.first + exchange.sent));
  if (got < 0 || (got == 0 && room > 0)) {
    exchange.problem = files::SystemError("cannot read", section.path, got < 0 ? errno : EIO);
    return CURL_READFUNC_ABORT;
  }
  exchange.sent += static_cast<std::uint64_t>(got);
  return static_cast<std::size_t>(got);
}

bool IsForFile(const Exchange& exchange) {
  if (!exchange.to.is_open()) return false;
  long status = 0;
  LoadCurl()->easy_getinfo(exchange.handle, CURLINFO_RESPONSE_CODE, &status);
  return status >= 200 && status < 300;
}

std::size_t Write(char* bytes, std::size_t size, std::size_t count, void* argument) {
  auto& exchange = *static_cast<Exchange*>(argument);
  const std::size_t all = size * count;
  const bool is_for_file = IsForFile(exchange);
  const std::uint64_t most = is_for_file ? exchange.request.answer_bytes_max : kTransferTextBytesMax;
  exchange.taken += all;
  if (exchange.taken > most) {
    exchange.problem = Error{ErrorCode::kLimit, fmt::format("The answer is larger than {} bytes.", most), ""};
    return 0;
  }
  if (!is_for_file) {
    exchange.text.append(bytes, all);
    return all;
  }
  for (std::size_t wrote = 0; wrote < all;) {
    const ssize_t now = ::write(exchange.to.get(), bytes + wrote, all - wrote);
    if (now < 0 && errno == EINTR) continue;
    if (now < 0) {
      exchange.problem = files::SystemError("cannot write", exchange.request.answer_path, errno);
      return 0;
    }
    wrote += static_cast<std::size_t>(now);
  }
  return all;
}

std::unique_ptr<curl_slist, FreeList> HeadersOf(const TransferRequest& request) {
  // Asking beforehand whether a body is wanted costs a second with servers that do not answer it. Not where headers are
  // signed: libcurl 7.88 would sign one that it does not send.
  curl_slist* raw = nullptr;
  if (!request.aws_signature.has_value()) raw = LoadCurl()->slist_append(raw, "Expect:");
  for (const auto& [name, value] : request.headers)
    raw = LoadCurl()->slist_append(raw, fmt::format("{}: {}", name, value).c_str());
  return std::unique_ptr<curl_slist, FreeList>(raw);
}

Result<void> OpenFiles(const TransferRequest& request, Exchange& exchange) {
  if (!request.section.path.empty()) {
    exchange.from = files::Fd(::open(request.section.path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!exchange.from.is_open()) return std::unexpected(files::SystemError("cannot read", request.section.path, errno));
  }
  if (!request.answer_path.empty()) {
    exchange.to = files::Fd(::open(request.answer_path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (!exchange.to.is_open()) return std::unexpected(files::SystemError("cannot write", request.answer_path, errno));
  }
  return {};
}

void SetOptions(CURL* handle, const TransferRequest& request, Exchange& exchange) {
  const CurlLibrary& library = *LoadCurl();
  library.easy_setopt(handle, CURLOPT_URL, request.url.c_str());
  library.easy_setopt(handle, CURLOPT_PROXY, request.proxy.c_str());
  if (!request.ca_file.empty()) library.easy_setopt(handle, CURLOPT_CAINFO, request.ca_file.c_str());
  if (request.aws_signature.has_value()) {
    library.easy_setopt(handle, CURLOPT_AWS_SIGV4, request.aws_signature->scope.c_str());
    library.easy_setopt(handle, CURLOPT_USERNAME, request.aws_signature->key_id.c_str());
    library.easy_setopt(handle, CURLOPT_PASSWORD, request.aws_signature->secret.c_str());
  }
  library.easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  library.easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  library.easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, kConnectTimeMaxMs);
  library.easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, 1L);
  library.easy_setopt(handle, CURLOPT_LOW_SPEED_TIME, kQuietTimeMaxSeconds);
  library.easy_setopt(handle, CURLOPT_WRITEFUNCTION, Write);
  library.easy_setopt(handle, CURLOPT_WRITEDATA, &exchange);
  if (exchange.from.is_open()) {
    library.easy_setopt(handle, CURLOPT_UPLOAD, 1L);
    library.easy_setopt(handle, CURLOPT_READFUNCTION, Read);
    library.easy_setopt(handle, CURLOPT_READDATA, &exchange);
    library.easy_setopt(handle, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(request.section.bytes));
  } else if (request.method != "GET") {
    library.easy_setopt(handle, CURLOPT_POSTFIELDS, request.body.data());
    library.easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  }
  library.easy_setopt(handle, CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

}  // namespace

Result<TransferAnswer> Transfer(const TransferRequest& request) {
  if (LoadCurl() == nullptr)
    return Fail(ErrorCode::kUnsupported, "libcurl cannot be loaded.", "Install it: apt-get install libcurl4");
  const std::unique_ptr<CURL, FreeHandle> handle(LoadCurl()->easy_init());
  if (handle == nullptr) return Fail(ErrorCode::kInternal, "libcurl cannot be started.");
  Exchange exchange{.handle = handle.get(), .request = request, .from = {}, .to = {}, .text = {}, .problem = {}};
  TRY_OK(OpenFiles(request, exchange));
  SetOptions(handle.get(), request, exchange);
  const std::unique_ptr<curl_slist, FreeList> headers = HeadersOf(request);
  LoadCurl()->easy_setopt(handle.get(), CURLOPT_HTTPHEADER, headers.get());
  const CURLcode code = LoadCurl()->easy_perform(handle.get());
  if (exchange.problem) return std::unexpected(*std::move(exchange.problem));
  const std::string where = request.url.substr(0, request.url.find('?'));  // What follows may be signed.
  if (code != CURLE_OK)
    return Fail(ErrorCode::kUnavailable, fmt::format("{} does not answer: {}.", where, LoadCurl()->easy_strerror(code)));
  long status = 0;
  char* type = nullptr;
  LoadCurl()->easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
  LoadCurl()->easy_getinfo(handle.get(), CURLINFO_CONTENT_TYPE, &type);
  return TransferAnswer{static_cast<int>(status), std::move(exchange.text), type == nullptr ? "" : type};
}

}  // namespace tuesday::http
