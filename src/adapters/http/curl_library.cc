// SPDX-License-Identifier: Apache-2.0
#include "adapters/http/curl_library.h"

#include <dlfcn.h>

#include <optional>

namespace tuesday::http {
namespace {

template <typename Function>
bool Find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
  return function != nullptr;
}

std::optional<CurlLibrary> Load() {
  void* library = ::dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return std::nullopt;
  CurlLibrary out;
  const bool whole =
      Find(library, "curl_easy_init", out.easy_init) && Find(library, "curl_easy_cleanup", out.easy_cleanup) &&
      Find(library, "curl_easy_reset", out.easy_reset) && Find(library, "curl_easy_setopt", out.easy_setopt) &&
      Find(library, "curl_easy_getinfo", out.easy_getinfo) && Find(library, "curl_easy_perform", out.easy_perform) &&
      Find(library, "curl_easy_strerror", out.easy_strerror) && Find(library, "curl_global_init", out.global_init) &&
      Find(library, "curl_slist_append", out.slist_append) && Find(library, "curl_slist_free_all", out.slist_free_all);
  if (!whole || out.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) return std::nullopt;
  return out;
}

}  // namespace

const CurlLibrary* LoadCurl() {
  static const std::optional<CurlLibrary> loaded = Load();
  return loaded ? &*loaded : nullptr;
}

}  // namespace tuesday::http
