// SPDX-License-Identifier: Apache-2.0
// libcurl, loaded when somebody first speaks HTTP. It brings 28 libraries along, which would cost every other start (a check, a
// supervisor of an instance) several milliseconds and a megabyte. Private to this folder; any thread.
#pragma once

#include <curl/curl.h>

// Their macros would check the types of a function that is called by its own name only.
#undef curl_easy_setopt
#undef curl_easy_getinfo

namespace tuesday::http {

struct CurlLibrary {
  decltype(&::curl_easy_init) easy_init = nullptr;
  decltype(&::curl_easy_cleanup) easy_cleanup = nullptr;
  decltype(&::curl_easy_reset) easy_reset = nullptr;
  decltype(&::curl_easy_setopt) easy_setopt = nullptr;
  decltype(&::curl_easy_getinfo) easy_getinfo = nullptr;
  decltype(&::curl_easy_perform) easy_perform = nullptr;
  decltype(&::curl_easy_strerror) easy_strerror = nullptr;
  decltype(&::curl_global_init) global_init = nullptr;
  decltype(&::curl_slist_append) slist_append = nullptr;
  decltype(&::curl_slist_free_all) slist_free_all = nullptr;
};

// Null when the machine has no libcurl or it does not start. Once loaded it stays.
const CurlLibrary* LoadCurl();

}  // namespace tuesday::http
