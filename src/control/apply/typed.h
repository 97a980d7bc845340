// SPDX-License-Identifier: Apache-2.0
// Stored and given objects side by side, as typed values.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "core/manifest/object.h"
#include "wire/state/records.h"

namespace tuesday::control {

using TypedObjects = std::map<ObjectName, manifest::Object>;

// Whether objects of the kind belong to no namespace.
bool HasNoNamespace(std::string_view kind);

// The full name; the namespace is `fallback` where the object names none, and empty for what has none.
ObjectName FullName(const manifest::Object& object, const Namespace& fallback);
ObjectName FullName(const Json& content, const Namespace& fallback);

// Every object of a text as JSON by YAML's core schema, `List`s flattened.
Result<std::map<ObjectName, Json>> RawObjects(std::string_view text, std::string_view file, const Namespace& fallback);

// The typed reading of what is stored. What a stricter reader refuses is left out and named in `findings`.
TypedObjects ReadStored(const std::map<ObjectName, state::ObjectRecord>& objects, std::vector<Finding>& findings);

// The typed body, or nullptr.
template <typename Body>
const Body* FindBody(const TypedObjects& objects, const ObjectName& name) {
  const auto found = objects.find(name);
  return found == objects.end() ? nullptr : std::get_if<Body>(&found->second.body);
}

}  // namespace tuesday::control
