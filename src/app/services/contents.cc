// SPDX-License-Identifier: Apache-2.0
// Contents by signed address: put as block blobs are (Azure, Put Blob, Put Block, Put Block List), taken whole or in part.
#include <fmt/format.h>
#include <sys/stat.h>

#include <charconv>

#include "app/services/addresses.h"
#include "app/services/desk.h"

namespace tuesday::services {
namespace {

using http::HttpRequest;
using http::HttpResponse;

Result<std::int64_t> IdOf(const ContentPlace& place) {
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(place.name.data(), place.name.data() + place.name.size(), id);
  if (error != std::errc() || end != place.name.data() + place.name.size())
    return Fail(ErrorCode::kNotFound, "Nothing is at this address.");
  return id;
}

// The ids of a block list, in order. The list is XML of one form: elements Latest, Committed or Uncommitted with text in them.
Result<std::vector<std::string>> BlocksOf(std::string_view xml) {
  std::vector<std::string> blocks;
  const std::size_t begin = xml.find("<BlockList>");
  if (begin == std::string_view::npos) return Fail(ErrorCode::kInvalid, "The list of blocks has no BlockList.");
  std::size_t at = begin + 11;
  while (true) {
    const std::size_t open = xml.find('<', at);
    const std::size_t close = xml.find('>', open == std::string_view::npos ? xml.size() : open);
    if (close == std::string_view::npos) return Fail(ErrorCode::kInvalid, "The list of blocks has no end.");
    const std::string_view tag = xml.substr(open + 1, close - open - 1);
    if (tag == "/BlockList") return blocks;
    if (tag != "Latest" && tag != "Uncommitted" && tag != "Committed")
      return Fail(ErrorCode::kInvalid, "The list of blocks has an element of another kind.");
    const std::string end = fmt::format("</{}>", tag);
    const std::size_t last = xml.find(end, close);
    if (last == std::string_view::npos) return Fail(ErrorCode::kInvalid, "The list of blocks has no end.");
    blocks.emplace_back(xml.substr(close + 1, last - close - 1));
    at = last + end.size();
  }
}

Result<HttpResponse> Put(Staging& uploads, std::int64_t id, const HttpRequest& request) {
  const std::string part = request.Query("comp");
  if (part == "block") {
    TRY_OK(uploads.PutBlock(id, request.Query("blockid"), PieceOf(request)));
  } else if (part == "blocklist") {
    TRY(const auto blocks, BlocksOf(request.body));
    TRY_OK(uploads.PutList(id, blocks));
  } else if (part.empty()) {
    TRY_OK(uploads.PutWhole(id, PieceOf(request)));
  } else {
    return Fail(ErrorCode::kUnsupported, fmt::format("The operation comp={} is not there.", part));
  }
  return HttpResponse{.status = 201, .headers = {{"ETag", fmt::format("\"{}\"", id)}}, .body = ""};
}

struct Bytes {
  std::uint64_t first = 0;
  std::uint64_t count = 0;
};

// "bytes=0-9", "bytes=10-", "bytes=-5". Nullopt when it is of another form: then it is ignored (RFC 9110, 14.2). A count of 0:
// nothing of it is there.
std::optional<Bytes> RangeOf(std::string_view text, std::uint64_t size) {
  if (!text.starts_with("bytes=")) return std::nullopt;
  text.remove_prefix(6);
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos || text.contains(',')) return std::nullopt;
  const auto number = [](std::string_view digits) -> std::optional<std::uint64_t> {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    return value;
  };
  const auto first = number(text.substr(0, dash));
  const auto last = number(text.substr(dash + 1));
  if (dash == 0) {
    if (!last) return std::nullopt;
    const std::uint64_t count = std::min(*last, size);
    return Bytes{size - count, count};
  }
  if (!first || (!last && dash + 1 != text.size()) || (last && *last < *first)) return std::nullopt;
  if (*first >= size) return Bytes{};
  return Bytes{*first, std::min(last.value_or(size - 1), size - 1) - *first + 1};
}

Result<HttpResponse> Get(const std::string& path, const std::string& mime_type, const std::string& name,
                         const HttpRequest& request) {
  struct stat facts{};
  if (::lstat(path.c_str(), &facts) != 0 || !S_ISREG(facts.st_mode))
    return Fail(ErrorCode::kNotFound, "The content is not there any more.");
  const auto size = static_cast<std::uint64_t>(facts.st_size);
  HttpResponse response{
      .status = 200,
      .headers = {{"Content-Type", mime_type},
                  {"Accept-Ranges", "bytes"},
                  {"ETag", fmt::format("\"{}-{}\"", facts.st_mtim.tv_sec, size)},
                  {"Content-Disposition", fmt::format("attachment; filename*=UTF-8''{}", http::EncodeUrlPart(name))}},
      .body = ""};
  const std::string wanted = request.Header(request.headers.contains("x-ms-range") ? "x-ms-range" : "range");
  const auto range = RangeOf(wanted, size);
  if (range && range->count == 0) {
    response.status = 416;
    response.headers.emplace_back("Content-Range", fmt::format("bytes */{}", size));
    return response;
  }
  const Bytes bytes = range.value_or(Bytes{0, size});
  if (range) {
    response.status = 206;
    response.headers.emplace_back("Content-Range",
                                  fmt::format("bytes {}-{}/{}", bytes.first, bytes.first + bytes.count - 1, size));
  }
  response.file = http::FilePart{path, bytes.first, bytes.count};
  return response;
}

}  // namespace

Result<HttpResponse> AnswerContent(const Desk& desk, const HttpRequest& request) {
  TRY(const ContentPlace place, ReadAddress(request, desk.settings.key, desk.now));
  const bool is_upload = place.kind == ContentKind::kArtifactUpload || place.kind == ContentKind::kCacheUpload;
  if (is_upload ? request.method != "PUT" : request.method != "GET" && request.method != "HEAD")
    return Fail(ErrorCode::kDenied, "The address is not for this.");
  if (is_upload) {
    TRY(const std::int64_t id, IdOf(place));
    const bool is_cache = place.kind == ContentKind::kCacheUpload;
    return Put(is_cache ? desk.cache.uploads() : desk.artifacts.Uploads(place.owner), id, request);
  }
  if (place.kind == ContentKind::kCacheEntry)
    return Get(desk.cache.ContentPath(place.name), "application/octet-stream", "cache", request);
  TRY(const std::int64_t id, IdOf(place));
  for (const Artifact& artifact : desk.artifacts.List(place.owner)) {
    if (artifact.id != id) continue;
    const bool is_zip = artifact.mime_type == "application/zip";
    return Get(desk.artifacts.ContentPath(place.owner, id), artifact.mime_type, artifact.name + (is_zip ? ".zip" : ""),
               request);
  }
  return Fail(ErrorCode::kNotFound, "The artifact is not there any more.");
}

}  // namespace tuesday::services
