// SPDX-License-Identifier: Apache-2.0
#include "adapters/http/curl_web.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <memory>

#include "adapters/http/curl_library.h"

namespace tuesday::http {
namespace {

constexpr long kConnectTimeMaxMs = 5000;

struct FreeList {
  void operator()(curl_slist* list) const { LoadCurl()->slist_free_all(list); }
};
struct FreeHandle {
  void operator()(CURL* handle) const { LoadCurl()->easy_cleanup(handle); }
};

struct Gathered {
  std::string body;
  bool too_large = false;
  bool refused_address = false;
  const std::atomic<bool>* is_ending = nullptr;
};

std::size_t TakeBody(char* bytes, std::size_t size, std::size_t count, void* argument) {
  auto& gathered = *static_cast<Gathered*>(argument);
  gathered.too_large = gathered.body.size() + size * count > kWebAnswerBytesMax;
  if (gathered.too_large) return 0;
  gathered.body.append(bytes, size * count);
  return size * count;
}

int OnProgress(void* argument, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<Gathered*>(argument)->is_ending->load() ? 1 : 0;
}

// 169.254.0.0/16 and fe80::/10, also written as IPv4 inside of IPv6: clouds hand out credentials there.
bool IsLinkLocal(const sockaddr& address) {
  const auto is_169_254 = [](const unsigned char* bytes) { return bytes[0] == 169 && bytes[1] == 254; };
  if (address.sa_family == AF_INET) {
    return is_169_254(reinterpret_cast<const unsigned char*>(&reinterpret_cast<const sockaddr_in&>(address).sin_addr));
  }
  if (address.sa_family != AF_INET6) return false;
  const in6_addr& six = reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
  if (IN6_IS_ADDR_V4MAPPED(&six)) return is_169_254(six.s6_addr + 12);
  return IN6_IS_ADDR_LINKLOCAL(&six);
}

curl_socket_t OpenSocket(void* argument, curlsocktype, curl_sockaddr* address) {
  if (IsLinkLocal(address->addr)) {
    static_cast<Gathered*>(argument)->refused_address = true;
    return CURL_SOCKET_BAD;
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

// Scheme, host and port as curl understood them: "https://example.com:443".
std::string OriginOf(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  const std::size_t end = url.find_first_of("/?#", scheme + 3);
  std::string origin(url.substr(0, end));
  std::ranges::transform(origin, origin.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  const bool is_tls = origin.starts_with("https://");
  const std::string usual = is_tls ? ":443" : ":80";
  return origin.ends_with(usual) ? origin : origin + (origin.find(':', scheme + 3) == std::string::npos ? usual : "");
}

bool IsRedirect(int status) { return status == 301 || status == 302 || status == 303 || status == 307 || status == 308; }

// Without what may be secret in it.
std::string Shown(std::string_view url) { return std::string(url.substr(0, url.find_first_of("?#"))); }

Error ErrorOf(CURLcode code, const Gathered& gathered, const WebRequest& request) {
  const std::string where = Shown(request.url);
  if (gathered.is_ending->load()) return {ErrorCode::kUnavailable, "tuesday is shutting down.", ""};
  if (gathered.too_large)
    return {ErrorCode::kLimit, fmt::format("The answer of {} is larger than {} bytes.", where, kWebAnswerBytesMax),
            "Ask for less."};
  if (gathered.refused_address)
    return {ErrorCode::kDenied, fmt::format("{} is a link-local address, which is not asked.", where), "Give another address."};
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return {ErrorCode::kUnavailable, fmt::format("{} did not answer within {}.", where, DurationText(request.timeout)),
              "Give more time, or ask for less."};
    case CURLE_COULDNT_RESOLVE_HOST: return {ErrorCode::kUnavailable, fmt::format("The host of {} is not known.", where), ""};
    case CURLE_COULDNT_CONNECT: return {ErrorCode::kUnavailable, fmt::format("Nothing answers at {}.", where), ""};
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
      return {ErrorCode::kDenied, fmt::format("The certificate of {} is not trusted.", where),
              "Install the authority's certificate on this machine, or write `insecure: true`."};
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT: return {ErrorCode::kInvalid, fmt::format("{} is no address that can be asked.", where), ""};
    default:
      return {ErrorCode::kUnavailable, fmt::format("{} cannot be asked: {}.", where, LoadCurl()->easy_strerror(code)), ""};
  }
}

void SetBody(CURL* handle, const WebRequest& request) {
  const CurlLibrary& library = *LoadCurl();
  if (request.method == "HEAD") library.easy_setopt(handle, CURLOPT_NOBODY, 1L);
  if (!request.body.empty() || request.method == "POST" || request.method == "PUT") {
    library.easy_setopt(handle, CURLOPT_POSTFIELDS, request.body.data());
    library.easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  }
  library.easy_setopt(handle, CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

std::unique_ptr<curl_slist, FreeList> HeadersOf(const WebRequest& request) {
  curl_slist* raw = LoadCurl()->slist_append(nullptr, "Expect:");
  bool has_type = false;
  for (const auto& [name, value] : request.headers) {
    // curl leaves a header without a value out unless it is written so.
    const std::string line = value.empty() ? name + ";" : fmt::format("{}: {}", name, value);
    raw = LoadCurl()->slist_append(raw, line.c_str());
    has_type |= name == "Content-Type" || name == "content-type";
  }
  if (!has_type) raw = LoadCurl()->slist_append(raw, "Content-Type:");  // curl would call every body a form.
  return std::unique_ptr<curl_slist, FreeList>(raw);
}

void SetLimits(CURL* handle, const WebRequest& request, Duration timeout, Gathered& gathered) {
  const CurlLibrary& library = *LoadCurl();
  const auto ms = std::max<std::int64_t>(1, std::chrono::duration_cast<std::chrono::milliseconds>(timeout).count());
  library.easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(ms));
  library.easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, std::min(static_cast<long>(ms), kConnectTimeMaxMs));
  library.easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  library.easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  library.easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
  if (request.insecure) {
    library.easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, 0L);
    library.easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, 0L);
  }
  library.easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
  library.easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, OnProgress);
  library.easy_setopt(handle, CURLOPT_XFERINFODATA, &gathered);
  library.easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, OpenSocket);
  library.easy_setopt(handle, CURLOPT_OPENSOCKETDATA, &gathered);
  library.easy_setopt(handle, CURLOPT_WRITEFUNCTION, TakeBody);
  library.easy_setopt(handle, CURLOPT_WRITEDATA, &gathered);
}

}  // namespace

Result<WebAnswer> CurlWeb::AskOnce(const WebRequest& request, Duration timeout, std::string& redirect) {
  const std::unique_ptr<CURL, FreeHandle> handle(LoadCurl()->easy_init());
  if (handle == nullptr) return Fail(ErrorCode::kInternal, "libcurl cannot be started.");
  const CurlLibrary& library = *LoadCurl();
  Gathered gathered;
  gathered.is_ending = &is_ending_;
  library.easy_setopt(handle.get(), CURLOPT_URL, request.url.c_str());
  SetLimits(handle.get(), request, timeout, gathered);
  SetBody(handle.get(), request);
  const std::unique_ptr<curl_slist, FreeList> headers = HeadersOf(request);
  library.easy_setopt(handle.get(), CURLOPT_HTTPHEADER, headers.get());
  const CURLcode code = library.easy_perform(handle.get());
  if (code != CURLE_OK) return std::unexpected(ErrorOf(code, gathered, request));
  long status = 0;
  char* next = nullptr;
  library.easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
  library.easy_getinfo(handle.get(), CURLINFO_REDIRECT_URL, &next);
  redirect = next == nullptr ? "" : next;
  return WebAnswer{static_cast<int>(status), std::move(gathered.body)};
}

Result<WebAnswer> CurlWeb::Ask(const WebRequest& request) {
  if (LoadCurl() == nullptr)
    return Fail(ErrorCode::kUnsupported, "libcurl cannot be loaded.", "Install it: apt-get install libcurl4");
  const auto begin = std::chrono::steady_clock::now();
  WebRequest next = request;
  for (int redirects = 0;; ++redirects) {
    const Duration left = request.timeout - (std::chrono::steady_clock::now() - begin);
    std::string redirect;
    TRY(WebAnswer answer, AskOnce(next, left, redirect));
    if (!IsRedirect(answer.status) || redirect.empty()) return answer;
    const std::string where = Shown(request.url);
    if (redirects == kWebRedirectsMax)
      return Fail(ErrorCode::kLimit, fmt::format("{} redirects more than {} times.", where, kWebRedirectsMax));
    if (OriginOf(redirect) != OriginOf(request.url)) {
      return Fail(ErrorCode::kDenied,
                  fmt::format("{} redirects to another host, {}, which is not followed.", where, Shown(redirect)),
                  "Give the last address itself.");
    }
    next.url = redirect;
    // RFC 9110 15.4: 303 always, and 301 and 302 by custom, go on with GET.
    if (answer.status < 307 && next.method != "HEAD") {
      next.method = "GET";
      next.body.clear();
    }
  }
}

}  // namespace tuesday::http
