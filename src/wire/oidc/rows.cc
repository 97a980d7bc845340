// SPDX-License-Identifier: Apache-2.0
#include "wire/oidc/rows.h"

#include "wire/state/row.h"

namespace tuesday::workflow {

template <typename V>
void Fields(V& v, SigningKey& x) {
  v("id", x.id);
  v("modulus", x.modulus);
  v("exponent", x.exponent);
  v("private_pem", x.private_pem);
  v("made_at", x.made_at);
  v("signs_from", x.signs_from);
}

}  // namespace tuesday::workflow

namespace tuesday::oidc {

template <typename V>
void Fields(V& v, RepositoryTokens& x) {
  v("repository_id", x.repository_id);
  v("workflows", x.workflows);
  v("subject_keys", x.subject_keys);
}

std::string Encode(const workflow::SigningKey& key) { return state::EncodeRow(key); }
std::string Encode(const RepositoryTokens& tokens) { return state::EncodeRow(tokens); }
Result<workflow::SigningKey> DecodeKey(std::string_view text) { return state::DecodeRow<workflow::SigningKey>(text); }
Result<RepositoryTokens> DecodeRepositoryTokens(std::string_view text) { return state::DecodeRow<RepositoryTokens>(text); }

}  // namespace tuesday::oidc
