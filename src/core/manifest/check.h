// SPDX-License-Identifier: Apache-2.0
// Checks across objects: what a rollout names and nobody gives, and what is written correctly and still means less than its
// author believes. Pure; findings come in the order of the objects.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/id.h"
#include "base/source.h"
#include "core/manifest/object.h"

namespace tuesday::manifest {

struct CheckContext {
  Namespace ns{"default"};        // Of objects that name none.
  std::span<const Object> known;  // Exist already, or stand in files that are not under check.
};

// Everything that there is to say about `objects` together. Errors: they cannot be applied as they are.
std::vector<Finding> CheckObjects(std::span<const Object> objects, const CheckContext& context = {});

// The template that a reference means: an AnalysisTemplate of the namespace (unless `cluster_scope`), a
// ClusterAnalysisTemplate, or a built-in one, in this order; nullptr when there is none. Argo would not look for a
// cluster's template without `clusterScope`; the playbook's file needs it.
const Object* FindTemplate(std::string_view name, bool cluster_scope, const Namespace& ns, std::span<const Object> objects,
                           const CheckContext& context = {});

// The object of that kind and name in `ns` among `objects` and then `context.known`, or nullptr.
const Object* FindObject(std::string_view kind, std::string_view name, const Namespace& ns, std::span<const Object> objects,
                         const CheckContext& context = {});

// The object's own namespace, or the context's.
Namespace NamespaceOf(const Object& object, const CheckContext& context);

// True when no template of that name is given and tuesday's own is meant.
bool IsBuiltIn(const Object& object);

}  // namespace tuesday::manifest
