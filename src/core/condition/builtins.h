// SPDX-License-Identifier: Apache-2.0
// The functions of conditions over values. Private to this folder.
#pragma once

#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "core/condition/node.h"

namespace tuesday::condition {

bool IsNumber(const Json& value);

// "nil", "bool", "int", "float", "string", "array", "map": as people of Go read them.
std::string_view TypeName(const Json& value);

// Every function without a closure but isNil and default, which look at more than their arguments.
Result<Json> CallBuiltin(const Node& call, const Json::Array& arguments);

// Those of them that make new arrays, maps and texts.
Result<Json> CallCollection(const Node& call, const Json::Array& arguments);

// sortBy, groupBy, countBy: from the elements and the key that the closure gave each.
Result<Json> CombineKeys(const Node& call, const Json::Array& elements, const Json::Array& answers);

// all, any, none, one, filter, map, count, sum, find...: from the elements and what the closure said of each.
Result<Json> CombineClosure(const Node& call, const Json::Array& elements, const Json::Array& answers);

}  // namespace tuesday::condition
