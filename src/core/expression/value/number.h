// SPDX-License-Identifier: Apache-2.0
// Numbers of expressions and their texts, by the rules of GitHub's runner (.NET's Double.TryParse and "G15").
#pragma once

#include <string>
#include <string_view>

namespace tuesday::expression {

// Reads a whole text, space around it apart: empty is 0; decimal with a sign, a point or an exponent; 0x and 0o within 32 bits
// and without a sign; Infinity. What is none of these is NaN. Too large is infinite.
double ParseNumber(std::string_view text);

// 15 significant digits, no zeros at the end, an exponent of two digits from 1E+15 and below 0.0001. Zero has no sign.
std::string NumberText(double number);

}  // namespace tuesday::expression
