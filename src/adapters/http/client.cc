// SPDX-License-Identifier: Apache-2.0
#include "adapters/http/client.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "adapters/http/curl_library.h"

namespace tuesday::http {
namespace {

constexpr const char* kUnixPrefix = "unix:";
constexpr long kConnectTimeMaxMs = 5000;

struct FreeList {
  void operator()(curl_slist* list) const { LoadCurl()->slist_free_all(list); }
};
struct FreeHandle {
  void operator()(CURL* handle) const { LoadCurl()->easy_cleanup(handle); }
};

// What one exchange gathers. The callbacks below get its address.
struct Exchange {
  HttpResponse response;
  const std::function<Reading(const ServerEvent&)>* take = nullptr;
  EventParser parser;
  bool stopped = false;  // The reader had enough.
  bool too_large = false;

  bool IsStream() const { return take != nullptr && response.Header("content-type").starts_with("text/event-stream"); }
};

std::size_t TakeHeader(char* bytes, std::size_t size, std::size_t count, void* argument) {
  auto& exchange = *static_cast<Exchange*>(argument);
  std::string_view line(bytes, size * count);
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  if (line.starts_with("HTTP/")) exchange.response.headers.clear();  // The lines of a "100 Continue" came before.
  const std::size_t colon = line.find(':');
  if (colon != std::string_view::npos) {
    std::string_view value = line.substr(colon + 1);
    while (value.starts_with(' ')) value.remove_prefix(1);
    exchange.response.headers.emplace_back(line.substr(0, colon), value);
  }
  return size * count;
}

std::size_t TakeBody(char* bytes, std::size_t size, std::size_t count, void* argument) {
  auto& exchange = *static_cast<Exchange*>(argument);
  const std::string_view piece(bytes, size * count);
  if (!exchange.IsStream()) {
    exchange.too_large = exchange.response.body.size() + piece.size() > kAnswerBytesMax;
    if (exchange.too_large) return 0;
    exchange.response.body += piece;
    return piece.size();
  }
  for (const ServerEvent& event : exchange.parser.Feed(piece)) {
    if ((*exchange.take)(event) == Reading::kGoOn) continue;
    exchange.stopped = true;
    return 0;
  }
  exchange.too_large = exchange.parser.pending_bytes() > kEventBytesMax;
  return exchange.too_large ? 0 : piece.size();
}

}  // namespace

struct HttpClient::Impl {
  std::string address;    // For messages.
  std::string base;       // "http://127.0.0.1:8080"
  std::string unix_path;  // Empty: TCP.
  ClientTrust trust;
  std::unique_ptr<CURL, FreeHandle> curl;

  CURLcode Perform(const ClientRequest& request, Exchange& exchange);
  Result<HttpResponse> Finish(CURLcode code, Exchange& exchange, Duration deadline);
};

CURLcode HttpClient::Impl::Perform(const ClientRequest& request, Exchange& exchange) {
  const CurlLibrary& library = *LoadCurl();
  CURL* handle = curl.get();
  const std::string url = base + request.target;
  library.easy_setopt(handle, CURLOPT_URL, url.c_str());
  if (!unix_path.empty()) library.easy_setopt(handle, CURLOPT_UNIX_SOCKET_PATH, unix_path.c_str());
  // Nothing else is spoken, and a redirect is never followed: the token would go along.
  library.easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  if (!trust.ca_file.empty()) library.easy_setopt(handle, CURLOPT_CAINFO, trust.ca_file.c_str());
  library.easy_setopt(handle, CURLOPT_PROXY, "");  // A proxy of the environment cannot reach this machine's loopback.
  library.easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  library.easy_setopt(handle, CURLOPT_PATH_AS_IS, 1L);
  library.easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, kConnectTimeMaxMs);
  if (request.method == "HEAD") {
    library.easy_setopt(handle, CURLOPT_NOBODY, 1L);
  } else if (!request.body.empty() || request.method == "POST" || request.method == "PUT") {
    library.easy_setopt(handle, CURLOPT_POSTFIELDS, request.body.data());
    library.easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  }
  library.easy_setopt(handle, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  // curl would wait a second for a "100 Continue" and call the body a form.
  curl_slist* raw = library.slist_append(nullptr, "Expect:");
  raw = library.slist_append(raw, "Content-Type: application/json");
  for (const auto& [name, value] : request.headers) raw = library.slist_append(raw, fmt::format("{}: {}", name, value).c_str());
  if (!trust.token.empty()) raw = library.slist_append(raw, fmt::format("Authorization: Bearer {}", trust.token).c_str());
  const std::unique_ptr<curl_slist, FreeList> list(raw);
  library.easy_setopt(handle, CURLOPT_HTTPHEADER, list.get());
  library.easy_setopt(handle, CURLOPT_HEADERFUNCTION, TakeHeader);
  library.easy_setopt(handle, CURLOPT_HEADERDATA, &exchange);
  library.easy_setopt(handle, CURLOPT_WRITEFUNCTION, TakeBody);
  library.easy_setopt(handle, CURLOPT_WRITEDATA, &exchange);
  const CURLcode code = library.easy_perform(handle);
  long status = 0;
  library.easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  exchange.response.status = static_cast<int>(status);
  return code;
}

Result<HttpResponse> HttpClient::Impl::Finish(CURLcode code, Exchange& exchange, Duration deadline) {
  if (code == CURLE_OK || exchange.stopped) return std::move(exchange.response);
  if (exchange.too_large) {
    return Fail(ErrorCode::kLimit, fmt::format("The answer of {} is larger than {} bytes.", address, kAnswerBytesMax),
                "Ask for less.");
  }
  if (code == CURLE_COULDNT_CONNECT) {
    return Fail(ErrorCode::kUnavailable, fmt::format("The daemon is not running: nothing answers at {}.", address),
                "Start it with: tuesday serve");
  }
  if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE) {
    return Fail(
        ErrorCode::kDenied,
        fmt::format("The daemon at {} is not the one that is trusted: {}.", address, LoadCurl()->easy_strerror(code)),
        "Give the certificate that vouches for it with --ca; a self-signed one is tls/api.crt in the daemon's state folder.");
  }
  if (code == CURLE_OPERATION_TIMEDOUT) {
    return Fail(ErrorCode::kUnavailable,
                fmt::format("The daemon at {} did not answer within {}.", address, DurationText(deadline)),
                "Look at its log, or try again.");
  }
  if (code == CURLE_GOT_NOTHING || code == CURLE_RECV_ERROR || code == CURLE_PARTIAL_FILE || code == CURLE_SEND_ERROR) {
    return Fail(ErrorCode::kUnavailable, fmt::format("The daemon at {} closed the connection in mid-answer.", address),
                "It may be restarting: try again.");
  }
  return Fail(ErrorCode::kUnavailable,
              fmt::format("The daemon at {} cannot be asked: {}.", address, LoadCurl()->easy_strerror(code)));
}

HttpClient::HttpClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient& HttpClient::operator=(HttpClient&&) noexcept = default;
HttpClient::~HttpClient() = default;

Result<HttpClient> HttpClient::To(const std::string& address, ClientTrust trust) {
  if (LoadCurl() == nullptr) {
    return Fail(ErrorCode::kUnsupported, "libcurl cannot be loaded.", "Install it: apt-get install libcurl4");
  }
  auto impl = std::make_unique<Impl>();
  impl->address = address;
  impl->trust = std::move(trust);
  if (address.starts_with(kUnixPrefix)) {
    impl->unix_path = address.substr(std::string_view(kUnixPrefix).size());
    impl->base = "http://localhost";
  } else if (address.starts_with("http://") || address.starts_with("https://")) {
    if (!impl->trust.token.empty() && !address.starts_with("https://"))
      return Fail(ErrorCode::kInvalid, "A token is not sent in the clear.", "Write https:// before the daemon's address.");
    impl->base = address.ends_with('/') ? address.substr(0, address.size() - 1) : address;
  } else {
    return Fail(ErrorCode::kInvalid, fmt::format("\"{}\" is not the address of a daemon.", address),
                "Write https://HOST:PORT or unix:/path/to/sock.");
  }
  impl->curl.reset(LoadCurl()->easy_init());
  if (impl->curl == nullptr) return Fail(ErrorCode::kInternal, "libcurl cannot be started.");
  return HttpClient(std::move(impl));
}

Result<HttpResponse> HttpClient::Send(const ClientRequest& request, Duration deadline) {
  Exchange exchange;
  LoadCurl()->easy_reset(impl_->curl.get());
  const auto ms = std::max<std::int64_t>(1, std::chrono::duration_cast<std::chrono::milliseconds>(deadline).count());
  LoadCurl()->easy_setopt(impl_->curl.get(), CURLOPT_TIMEOUT_MS, static_cast<long>(ms));
  const CURLcode code = impl_->Perform(request, exchange);
  return impl_->Finish(code, exchange, deadline);
}

Result<HttpResponse> HttpClient::Stream(const ClientRequest& request, Duration quiet_max,
                                        const std::function<Reading(const ServerEvent&)>& take) {
  Exchange exchange;
  exchange.take = &take;
  LoadCurl()->easy_reset(impl_->curl.get());
  const auto seconds = std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::seconds>(quiet_max).count());
  LoadCurl()->easy_setopt(impl_->curl.get(), CURLOPT_LOW_SPEED_LIMIT, 1L);
  LoadCurl()->easy_setopt(impl_->curl.get(), CURLOPT_LOW_SPEED_TIME, static_cast<long>(seconds));
  const CURLcode code = impl_->Perform(request, exchange);
  return impl_->Finish(code, exchange, quiet_max);
}

}  // namespace tuesday::http
