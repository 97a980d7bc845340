// SPDX-License-Identifier: Apache-2.0
#include "adapters/http/message.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace tuesday::http {
namespace {

enum class PlusSign { kIsItself, kIsBlank };

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

Result<std::string> Decode(std::string_view text, PlusSign plus) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus == PlusSign::kIsBlank) {
      decoded += ' ';
    } else if (text[i] != '%') {
      decoded += text[i];
    } else {
      const int high = i + 2 < text.size() ? HexValue(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? HexValue(text[i + 2]) : -1;
      if (high < 0 || low < 0 || high + low == 0) {
        return Fail(ErrorCode::kInvalid, "The address has a broken percent sign.", "Write a percent sign itself as %25.");
      }
      decoded += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return decoded;
}

// Whether every reader takes the path for the same place.
bool IsPlainPath(std::string_view encoded, std::string_view decoded) {
  const auto parts_of = [](std::string_view text) { return std::ranges::count(text, '/'); };
  if (parts_of(encoded) != parts_of(decoded) || decoded.contains('\\') || decoded.contains("//")) return false;
  if (std::ranges::any_of(decoded, [](unsigned char c) { return c < 0x20 || c == 0x7f; })) return false;
  for (std::size_t at = 0; at != std::string_view::npos; at = decoded.find('/', at + 1)) {
    const std::string_view part = decoded.substr(at + 1, decoded.find('/', at + 1) - at - 1);
    if (part == "." || part == "..") return false;
  }
  return true;
}

}  // namespace

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

std::string HttpRequest::Query(const std::string& name) const {
  const auto found = query.lower_bound(name);
  return found == query.end() || found->first != name ? std::string() : found->second;
}

std::string HttpRequest::Header(const std::string& lower_case_name) const {
  const auto found = headers.find(lower_case_name);
  return found == headers.end() ? std::string() : found->second;
}

std::string HttpResponse::Header(std::string_view name) const {
  const std::string wanted = LowerCase(name);
  for (const auto& [key, value] : headers) {
    if (LowerCase(key) == wanted) return value;
  }
  return {};
}

Result<QueryMap> ParseQuery(std::string_view text) {
  QueryMap query;
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), pair.size() + 1));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    TRY(std::string name, Decode(pair.substr(0, equals), PlusSign::kIsBlank));
    TRY(std::string value, Decode(pair.substr(std::min(equals + 1, pair.size())), PlusSign::kIsBlank));
    query.emplace(std::move(name), std::move(value));
  }
  return query;
}

Result<void> ParseTarget(std::string_view target, HttpRequest& request) {
  if (!target.starts_with('/')) {
    return Fail(ErrorCode::kInvalid, fmt::format("The address \"{}\" does not begin with a slash.", target.substr(0, 64)));
  }
  const std::size_t mark = std::min(target.find('?'), target.size());
  TRY(request.path, Decode(target.substr(0, mark), PlusSign::kIsItself));
  if (!IsPlainPath(target.substr(0, mark), request.path)) {
    return Fail(ErrorCode::kInvalid, "The address is not a plain path.",
                "It may have no empty, \".\" or \"..\" part, no encoded slash and no control character.");
  }
  TRY(request.query, ParseQuery(target.substr(std::min(mark + 1, target.size()))));
  return {};
}

std::string EncodeUrlPart(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || std::string_view("-._~").contains(c)) {
      encoded += c;
    } else {
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return encoded;
}

}  // namespace tuesday::http
