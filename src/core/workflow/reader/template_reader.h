// SPDX-License-Identifier: Apache-2.0
// Reads one file against the schema into a token: keys, types, and expressions that use only what is there for them. An
// internal header of this folder.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/expression/parser.h"
#include "core/workflow/reader/state.h"
#include "core/workflow/schema/schema.h"
#include "core/workflow/yaml/events.h"

namespace tuesday::workflow {

// The root of a file, a workflow's unless said otherwise. Problems go to `state`; nothing comes back when the file cannot be
// gone on with.
std::optional<Token> ReadTemplate(const std::vector<YamlEvent>& events, int file, ReadState& state);
std::optional<Token> ReadTemplate(const std::vector<YamlEvent>& events, int file, ReadState& state,
                                  const Definition& definition);

// A value of a called workflow's `with` against the type that the input has. A literal that does not fit is a problem.
void CheckInputValue(const Token& value, const Definition& type, ReadState& state);

// The definition and what is available for expressions in it and above it.
struct Scope {
  const Definition* definition = nullptr;
  AvailableSet available = 0;

  Scope Into(const Definition& child) const { return {&child, available | child.available}; }
};

class TemplateReader {
 public:
  TemplateReader(const std::vector<YamlEvent>& events, int file, ReadState& state)
      : state_(state), events_(events, file), file_(file) {}

  // The error is one of the file as a whole.
  Result<Token> Read(const Definition& root);

 private:
  // Each fills a new token, which stays where it is.
  Result<void> ReadValue(Scope scope, Token& value);
  Result<void> ReadSequence(Scope scope, Token& sequence);
  Result<void> ReadMapping(Scope scope, Token& mapping);
  Result<void> ReadKnownKeys(Scope scope, std::vector<const Definition*> candidates, Token& mapping);
  Result<void> ReadLooseKeys(Scope scope, const Definition& definition, Token& mapping);
  Result<void> AddMember(Token& mapping, Token key, Scope scope);
  void CheckComplete(const std::vector<const Definition*>& candidates, const Token& mapping, bool has_expression_key);
  Result<void> Skip();

  void ParseScalar(Token& literal, AvailableSet available);
  std::optional<Token> ParseExpression(const Token& literal, std::string_view raw, AvailableSet available, int& height);
  std::optional<int> HeightOf(const Token& literal, std::string_view text, AvailableSet available);
  std::optional<Token> JoinSegments(const Token& literal, const std::vector<Token>& segments, AvailableSet available,
                                    int height);
  void Validate(Token& scalar, Scope scope);
  const expression::Vocabulary& Names(AvailableSet available);

  ReadState& state_;
  EventReader events_;
  int file_;
  std::map<AvailableSet, expression::Vocabulary> vocabularies_;
};

}  // namespace tuesday::workflow
