// SPDX-License-Identifier: Apache-2.0
// The grammar of workflow files and of actions' metadata: definitions by name, each a scalar, a sequence, a mapping or one of
// several. Read once from the text in schema_text.cc. An internal header of this folder.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/workflow/token.h"

namespace tuesday::workflow {

enum class DefinitionKind { kNull, kBoolean, kNumber, kString, kSequence, kMapping, kOneOf };

struct Definition;

struct Property {
  std::string name;
  const Definition* definition = nullptr;
  bool required = false;
};

// `available` is what the definition adds to that of its parent. `unlisted` keeps its properties out of the hint that is given
// when a mapping could be several things.
struct Definition {
  DefinitionKind kind = DefinitionKind::kString;
  AvailableSet available = 0;
  std::string constant;
  bool non_empty = false;
  const Definition* item = nullptr;
  std::vector<Property> properties;
  const Definition* loose_key = nullptr;
  const Definition* loose_value = nullptr;
  std::vector<const Definition*> one_of;
  bool unlisted = false;

  const Property* Find(std::string_view name) const;

  // Whether a scalar that is no expression is of this definition, which is a scalar itself.
  bool Matches(const Token& literal) const;
};

class Schema {
 public:
  // Definitions, one a line; a bug in them stops the process.
  explicit Schema(std::string_view text);

  const Definition& Get(std::string_view name) const;

  // The definition itself, or its alternatives of this kind.
  static std::vector<const Definition*> Alternatives(const Definition& definition, DefinitionKind kind);

  // Whether a literal is one of the scalars that the definition allows.
  static bool AllowsLiteral(const Definition& definition, const Token& literal);
  static bool AllowsText(const Definition& definition, const Token& literal);

 private:
  void ReadLine(std::string_view line);
  void ReadMapping(Definition& definition, const std::vector<std::string_view>& words);
  Definition& Slot(std::string_view name);

  std::map<std::string, Definition, std::less<>> definitions_;
  std::map<std::string, AvailableSet, std::less<>> sets_;
};

// The grammar of workflow files.
const Schema& WorkflowSchema();

std::string_view WorkflowSchemaText();

// The grammar of an action's metadata.
const Schema& ActionSchema();

std::string_view ActionSchemaText();

}  // namespace tuesday::workflow
