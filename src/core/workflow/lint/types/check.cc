// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/lint/types/check.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/source.h"
#include "core/expression/value/json.h"
#include "core/workflow/available.h"
#include "core/workflow/lint/types/functions.h"
#include "core/workflow/lint/words.h"

namespace tuesday::workflow::lint {
namespace {

using expression::Node;
using expression::NodeKind;

class Checker {
 public:
  explicit Checker(const TypeScope& scope) : scope_(scope) {}

  TypeResult Check(const Node& root) {
    TypePtr type = TypeOf(root);
    std::stable_sort(problems_.begin(), problems_.end(), [](const auto& a, const auto& b) { return a.offset < b.offset; });
    return {std::move(type), std::move(problems_)};
  }

 private:
  void Add(const Node& node, std::string message) { problems_.push_back({StartOf(node), std::move(message)}); }

  TypePtr TypeOf(const Node& node) {
    switch (node.kind) {
      case NodeKind::kLiteral: return TypeOfValue(node.literal);
      case NodeKind::kNamedValue: return Variable(node);
      case NodeKind::kWildcard: return Any();
      case NodeKind::kIndex: return Index(node);
      case NodeKind::kCall: return Call(node);
      case NodeKind::kNot: TypeOf(node.parts[0]); return Simple(TypeKind::kBool);
      case NodeKind::kAnd:
      case NodeKind::kOr: return Chain(node);
      default: return Compare(node);
    }
  }

  TypePtr Variable(const Node& node) {
    const std::string name = LowerCase(node.name);
    const std::optional<Available> bit = FindAvailable(name);
    const auto found = scope_.contexts.find(name);
    if (!bit.has_value() || found == scope_.contexts.end()) {
      std::vector<std::string> names;
      for (const auto& [each, type] : scope_.contexts) names.push_back(each);
      Add(node, fmt::format("There is no context \"{}\"; there are {}.", node.name, Quoted(names)));
      return Any();
    }
    if (!Has(scope_.available, *bit)) {
      std::vector<std::string> names = VocabularyOf(scope_.available).named_values;
      std::sort(names.begin(), names.end());
      Add(node, names.empty()
                    ? fmt::format("The context \"{}\" is not there in this place; none is.", node.name)
                    : fmt::format("The context \"{}\" is not there in this place; there are {}.", node.name, Quoted(names)));
    }
    return found->second;
  }

  // The value of a chain is that of its last part, or of one before that ended it. `a && b || c` ends with b or c.
  TypePtr Chain(const Node& node) {
    TypePtr type;
    for (std::size_t i = 0; i < node.parts.size(); ++i) {
      const Node& part = node.parts[i];
      TypePtr next = TypeOf(part);
      const bool other = (part.kind == NodeKind::kAnd || part.kind == NodeKind::kOr) && part.kind != node.kind;
      if (other && i + 1 < node.parts.size()) next = QuietTypeOf(part.parts.back());
      // A boolean that ends a chain is a false that nobody uses: what is meant is the other part.
      const bool switched = type != nullptr && type->kind == TypeKind::kBool;
      type = type == nullptr || switched ? next : Merge(type, next);
    }
    return type;
  }

  // The type again, without telling its problems twice.
  TypePtr QuietTypeOf(const Node& node) {
    const std::size_t before = problems_.size();
    TypePtr type = TypeOf(node);
    problems_.resize(before);
    return type;
  }

  TypePtr Compare(const Node& node) {
    const TypePtr left = TypeOf(node.parts[0]);
    const TypePtr right = TypeOf(node.parts[1]);
    const bool equality = node.kind == NodeKind::kEqual || node.kind == NodeKind::kNotEqual;
    if (!(equality ? CanEqual(*left, *right) : CanOrder(*left, *right))) {
      Add(node, fmt::format("A value of type {} cannot be compared with one of type {}.", TypeText(*left), TypeText(*right)));
    }
    return Simple(TypeKind::kBool);
  }

  TypePtr Index(const Node& node) {
    const TypePtr of = TypeOf(node.parts[0]);
    const Node& key = node.parts[1];
    if (key.kind == NodeKind::kWildcard) return Filter(node, *of);
    const std::string* name = key.kind == NodeKind::kLiteral ? key.literal.as_string() : nullptr;
    if (node.dotted && name != nullptr) return Property(node, *of, *name);
    const TypePtr index = TypeOf(key);
    switch (of->kind) {
      case TypeKind::kAny: return Any();
      case TypeKind::kArray:
        if (index->kind != TypeKind::kNumber && index->kind != TypeKind::kAny) {
          if (of->filtered && name != nullptr) return Property(node, *of, *name);
          Add(key, fmt::format("An array is indexed by a number, not by {}.", TypeText(*index)));
        }
        return of->item;
      case TypeKind::kObject:
        if (name != nullptr) return Property(node, *of, *name);
        if (index->kind != TypeKind::kString && index->kind != TypeKind::kAny) {
          Add(key, fmt::format("A property of an object is named by a text, not by {}.", TypeText(*index)));
        }
        return of->rest != nullptr ? of->rest : Any();
      default: Add(node, fmt::format("Only an object or an array has an index, not {}.", TypeText(*of))); return Any();
    }
  }

  TypePtr Property(const Node& node, const Type& of, const std::string& name) {
    if (of.kind == TypeKind::kAny) return Any();
    if (of.kind == TypeKind::kArray && of.filtered) {
      if (of.item->kind == TypeKind::kAny) return ArrayOf(Any(), true);
      return ArrayOf(Property(node, *of.item, name), true);
    }
    if (of.kind != TypeKind::kObject) {
      Add(node, fmt::format("Only an object has properties such as \"{}\", not {}.", name, TypeText(of)));
      return Any();
    }
    const std::string key = LowerCase(name);
    const auto found = of.properties.find(key);
    if (found != of.properties.end()) return found->second;
    if (of.rest != nullptr) {
      if (node.parts[0].kind == NodeKind::kNamedValue && LowerCase(node.parts[0].name) == "vars") CheckVariable(node, key);
      return of.rest;
    }
    std::vector<std::string_view> known;
    for (const auto& [each, type] : of.properties) known.push_back(each);
    const std::string nearest = NearestWord(key, known);
    Add(node, fmt::format("There is no property \"{}\" in {}.{}", name, TypeText(of),
                          nearest.empty() ? "" : fmt::format(" Did you mean \"{}\"?", nearest)));
    return Any();
  }

  void CheckVariable(const Node& node, const std::string& name) {
    const bool letters = name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos;
    if (name.starts_with("github_")) {
      Add(node, fmt::format("The name of the configuration variable \"{}\" must not begin with GITHUB_.", name));
    } else if (!letters || name.empty() || (name[0] >= '0' && name[0] <= '9')) {
      Add(node, fmt::format("\"{}\" cannot be the name of a configuration variable.", name));
    } else if (scope_.config_variables.has_value()) {
      const auto same = [&](const std::string& each) { return LowerCase(each) == name; };
      if (std::ranges::any_of(*scope_.config_variables, same)) return;
      Add(node, fmt::format("The configuration names no variable \"{}\".", name));
    }
  }

  TypePtr Filter(const Node& node, const Type& of) {
    if (of.kind == TypeKind::kAny) return ArrayOf(Any(), true);
    if (of.kind == TypeKind::kArray) {
      // `a.*.*`: what is filtered already is made flat.
      if (of.filtered && of.item->kind == TypeKind::kArray) return ArrayOf(of.item->item, true);
      return ArrayOf(of.item, true);
    }
    if (of.kind != TypeKind::kObject) {
      Add(node, fmt::format("`.*` needs an array or an object, not {}.", TypeText(of)));
      return ArrayOf(Any(), true);
    }
    if (of.rest != nullptr) {
      if (of.rest->kind == TypeKind::kAny || of.rest->kind == TypeKind::kObject) return ArrayOf(of.rest, true);
      Add(node, fmt::format("`.*` needs objects in the object, and this is {}.", TypeText(of)));
      return ArrayOf(Any(), true);
    }
    TypePtr merged;
    for (const auto& [name, type] : of.properties) {
      if (type->kind != TypeKind::kObject && type->kind != TypeKind::kAny) continue;
      merged = merged == nullptr ? type : Merge(merged, type);
    }
    if (merged == nullptr) Add(node, fmt::format("`.*` finds no object in {}.", TypeText(of)));
    return ArrayOf(merged == nullptr ? Any() : merged, true);
  }

  TypePtr Call(const Node& node) {
    std::vector<TypePtr> types;
    for (const Node& part : node.parts) types.push_back(TypeOf(part));
    const std::string name = LowerCase(node.name);
    if (name == "case") return CallCase(node);
    const std::vector<Signature> signatures = SignaturesOf(name);
    if (signatures.empty()) {
      Add(node, fmt::format("There is no function \"{}\"; there are {}.", node.name, Quoted(FunctionNames())));
      return Any();
    }
    CheckAvailable(node, name);
    std::vector<TypeProblem> problems;
    for (const Signature& signature : signatures) {
      std::optional<TypeProblem> problem = CheckCall(signature, node, types);
      if (!problem.has_value()) return CallResult(signature, node);
      problems.push_back(*std::move(problem));
    }
    problems_.insert(problems_.end(), problems.begin(), problems.end());
    return signatures.front().result;
  }

  TypePtr CallResult(const Signature& signature, const Node& node) {
    const std::string* text =
        node.parts.empty() || node.parts[0].kind != NodeKind::kLiteral ? nullptr : node.parts[0].literal.as_string();
    if (signature.name == "format" && text != nullptr) CheckFormat(node, *text);
    if (signature.name != "fromJSON" || text == nullptr) return signature.result;
    const Result<expression::Value> value = expression::ReadJson(*text);
    if (value.has_value()) return TypeOfValue(*value);
    Add(node.parts[0], fmt::format("fromJSON() is given a text that is no JSON: {}.", value.error().message));
    return Any();
  }

  TypePtr CallCase(const Node& node) {
    if (node.parts.size() < 3) {
      Add(node, fmt::format("case() takes at least 3 parameters, and {} are given.", node.parts.size()));
    } else if (node.parts.size() % 2 == 0) {
      Add(node, fmt::format("case() takes pairs and a last value, an odd number of parameters, and {} are given.",
                            node.parts.size()));
    }
    return Any();
  }

  void CheckAvailable(const Node& node, const std::string& name) {
    const bool status = name == "always" || name == "success" || name == "failure" || name == "cancelled";
    const bool here = Has(scope_.available, Available::kStepStatus) || Has(scope_.available, Available::kJobStatus);
    if (status && !here) Add(node, fmt::format("{}() can only be called in \"if\" of a job or step.", node.name));
    if (name == "hashfiles" && !Has(scope_.available, Available::kHashFiles)) {
      Add(node, fmt::format("{}() can only be called within steps.", node.name));
    }
  }

  void CheckFormat(const Node& node, const std::string& format) {
    const std::vector<int> named = FormatPlaceholders(format);
    const int given = static_cast<int>(node.parts.size()) - 1;
    for (int index = 0; index < given; ++index) {
      if (std::ranges::find(named, index) != named.end()) continue;
      Add(node, fmt::format("The format \"{}\" does not use {{{}}}: its parameter is not needed.", format, index));
    }
    std::vector<int> told;
    for (const int index : named) {
      if (index < given || std::ranges::find(told, index) != told.end()) continue;
      told.push_back(index);
      Add(node, fmt::format("The format \"{}\" uses {{{}}}, and {} parameters are given.", format, index, given));
    }
  }

  const TypeScope& scope_;
  std::vector<TypeProblem> problems_;
};

}  // namespace

std::size_t StartOf(const Node& node) {
  switch (node.kind) {
    case NodeKind::kLiteral:
    case NodeKind::kNamedValue:
    case NodeKind::kWildcard:
    case NodeKind::kCall:
    case NodeKind::kNot: return node.offset;
    default: return StartOf(node.parts[0]);
  }
}

TypeResult CheckTypes(const Node& root, const TypeScope& scope) { return Checker(scope).Check(root); }

bool IsConstant(const Node& node) {
  bool constant = true;
  expression::Walk(node, [&](const Node& each) {
    if (each.kind == NodeKind::kNamedValue) constant = false;
    if (each.kind != NodeKind::kCall) return;
    const std::string name = LowerCase(each.name);
    const bool run = name == "always" || name == "success" || name == "failure" || name == "cancelled" || name == "hashfiles";
    if (run || (name != "case" && SignaturesOf(name).empty())) constant = false;
  });
  return constant;
}

}  // namespace tuesday::workflow::lint
