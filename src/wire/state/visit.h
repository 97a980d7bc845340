// SPDX-License-Identifier: Apache-2.0
// One description of a struct's fields serves for writing and for reading: `Fields(visitor, value)` names each field once,
// so that the two cannot differ. A reader refuses a missing field, a wrong type and, in our own format, an unknown key.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/id.h"
#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "base/weight.h"

namespace tuesday::state {

enum class UnknownKeys { kRefuse, kIgnore };

// The words of an enum, in the order of its values, which count from 0: `constexpr WordsOf(Enum)` found by overload.
template <typename E>
concept WordedEnum = std::is_enum_v<E> && requires(E e) { WordsOf(e); };

class Writer;
class Reader;

template <typename T>
concept Described = requires(Writer& writer, T& value) { Fields(writer, value); };

class Writer {
 public:
  template <typename T>
  void operator()(const char* key, T& value) {
    object_.insert_or_assign(key, Write(value));
  }
  // An optional that is empty leaves no key.
  template <typename T>
  void operator()(const char* key, std::optional<T>& value) {
    if (value) object_.insert_or_assign(key, Write(*value));
  }

  template <typename T>
  static Json Write(const T& value);

  Json::Object Take() { return std::move(object_); }

 private:
  Json::Object object_;
};

class Reader {
 public:
  Reader(const Json& json, UnknownKeys unknown, std::string where) : json_(json), unknown_(unknown), where_(std::move(where)) {
    if (json.as_object() == nullptr) Refuse("is not an object");
  }

  template <typename T>
  void operator()(const char* key, T& value) {
    known_.insert(key);
    const Json& member = json_.At(key);
    if (member.is_null()) return Refuse(std::string("lacks `") + key + "`");
    Read(member, where_ + "." + key, value);
  }
  template <typename T>
  void operator()(const char* key, std::optional<T>& value) {
    known_.insert(key);
    value.reset();
    const Json& member = json_.At(key);
    if (!member.is_null()) Read(member, where_ + "." + key, value.emplace());
  }

  // The first thing that was wrong, or nothing.
  Result<void> Finish();

  template <typename T>
  void Read(const Json& json, const std::string& where, T& value);

 private:
  void Refuse(const std::string& what) { RefuseAt(where_, what); }
  void RefuseAt(const std::string& where, const std::string& what) {
    if (wrong_.empty()) wrong_ = where + " " + what;
  }

  const Json& json_;
  UnknownKeys unknown_;
  std::string where_;
  std::set<std::string, std::less<>> known_;
  std::string wrong_;
};

namespace internal {

template <typename T>
struct IsVector : std::false_type {};
template <typename T>
struct IsVector<std::vector<T>> : std::true_type {};
template <typename T>
struct IsMap : std::false_type {};
template <typename K, typename V>
struct IsMap<std::map<K, V>> : std::true_type {};
template <typename T>
struct IsPair : std::false_type {};
template <typename A, typename B>
struct IsPair<std::pair<A, B>> : std::true_type {};
template <typename T>
struct IsId : std::false_type {};
template <typename T>
struct IsId<StrongId<T>> : std::true_type {};
template <typename T>
struct IsCount : std::false_type {};
template <typename T>
struct IsCount<StrongCount<T>> : std::true_type {};

template <typename K>
std::string KeyText(const K& key) {
  if constexpr (std::is_same_v<K, std::string>) {
    return key;
  } else {
    return key.str();
  }
}

}  // namespace internal

template <typename T>
Json Writer::Write(const T& value) {
  if constexpr (std::is_same_v<T, Json>) {
    return value;
  } else if constexpr (std::is_same_v<T, bool> || std::is_same_v<T, std::string>) {
    return Json(value);
  } else if constexpr (WordedEnum<T>) {
    return Json(std::string(WordsOf(value)[static_cast<std::size_t>(value)]));
  } else if constexpr (std::is_integral_v<T>) {
    return Json(static_cast<std::int64_t>(value));
  } else if constexpr (internal::IsId<T>::value) {
    return Json(value.str());
  } else if constexpr (internal::IsCount<T>::value) {
    return Json(value.value);
  } else if constexpr (std::is_same_v<T, Instant> || std::is_same_v<T, WallTime>) {
    return Json(static_cast<std::int64_t>(value.time_since_epoch().count()));
  } else if constexpr (std::is_same_v<T, Duration>) {
    return Json(static_cast<std::int64_t>(value.count()));
  } else if constexpr (std::is_same_v<T, Weight>) {
    return Json(value.permille());
  } else if constexpr (internal::IsVector<T>::value) {
    Json::Array array;
    for (const auto& item : value) array.push_back(Write(item));
    return Json(std::move(array));
  } else if constexpr (internal::IsPair<T>::value) {
    return Json(Json::Array{Write(value.first), Write(value.second)});
  } else if constexpr (internal::IsMap<T>::value) {
    Json::Object object;
    for (const auto& [key, item] : value) object.insert_or_assign(internal::KeyText(key), Write(item));
    return Json(std::move(object));
  } else if constexpr (Described<T>) {
    Writer inner;
    // Fields are named once for both ways, hence not const; this way changes nothing.
    Fields(inner, const_cast<T&>(value));
    return Json(inner.Take());
  } else {
    return WriteSpecial(value);
  }
}

template <typename T>
void Reader::Read(const Json& json, const std::string& where, T& value) {
  if constexpr (std::is_same_v<T, Json>) {
    value = json;
  } else if constexpr (std::is_same_v<T, bool>) {
    if (json.as_bool() == nullptr) return RefuseAt(where, "is not true or false");
    value = *json.as_bool();
  } else if constexpr (std::is_same_v<T, std::string>) {
    if (json.as_string() == nullptr) return RefuseAt(where, "is not a text");
    value = *json.as_string();
  } else if constexpr (internal::IsId<T>::value) {
    if (json.as_string() == nullptr) return RefuseAt(where, "is not a name");
    value = T(*json.as_string());
  } else if constexpr (WordedEnum<T>) {
    const std::string word = json.StringOr("");
    std::size_t index = 0;
    for (const std::string_view known : WordsOf(T{})) {
      if (known == word) {
        value = static_cast<T>(index);
        return;
      }
      ++index;
    }
    RefuseAt(where, "has the unknown word \"" + word + "\"");
  } else if constexpr (std::is_integral_v<T> || internal::IsCount<T>::value || std::is_same_v<T, Instant> ||
                       std::is_same_v<T, WallTime> || std::is_same_v<T, Duration> || std::is_same_v<T, Weight>) {
    if (json.as_int() == nullptr) return RefuseAt(where, "is not an integer");
    const std::int64_t number = *json.as_int();
    if constexpr (std::is_integral_v<T>) {
      if (!std::in_range<T>(number)) return RefuseAt(where, "is out of range");
      value = static_cast<T>(number);
    } else if constexpr (internal::IsCount<T>::value) {
      if (number < 0) return RefuseAt(where, "is negative");
      value.value = static_cast<std::uint64_t>(number);
    } else if constexpr (std::is_same_v<T, Duration>) {
      value = Duration(number);
    } else if constexpr (std::is_same_v<T, Weight>) {
      if (number < 0 || number > 1000) return RefuseAt(where, "is no weight");
      value = Weight::Permille(static_cast<int>(number));
    } else {
      value = T(typename T::duration(number));
    }
  } else if constexpr (internal::IsVector<T>::value) {
    if (json.as_array() == nullptr) return RefuseAt(where, "is not a list");
    value.clear();
    for (const Json& item : *json.as_array())
      Read(item, where + "[" + std::to_string(value.size()) + "]", value.emplace_back());
  } else if constexpr (internal::IsPair<T>::value) {
    if (json.as_array() == nullptr || json.as_array()->size() != 2) return RefuseAt(where, "is not a pair");
    Read((*json.as_array())[0], where + "[0]", value.first);
    Read((*json.as_array())[1], where + "[1]", value.second);
  } else if constexpr (internal::IsMap<T>::value) {
    if (json.as_object() == nullptr) return RefuseAt(where, "is not an object");
    value.clear();
    for (const auto& [key, item] : *json.as_object()) {
      Read(item, where + "." + key, value[typename T::key_type(key)]);
    }
  } else if constexpr (Described<T>) {
    Reader inner(json, unknown_, where);
    Fields(inner, value);
    if (const Result<void> finished = inner.Finish(); !finished && wrong_.empty()) wrong_ = finished.error().message;
  } else {
    if (const Result<void> read = ReadSpecial(json, value); !read) RefuseAt(where, read.error().message);
  }
}

}  // namespace tuesday::state
