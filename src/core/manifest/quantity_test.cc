// SPDX-License-Identifier: Apache-2.0
#include "core/manifest/quantity.h"

#include <gtest/gtest.h>

namespace tuesday::manifest {
namespace {

struct QuantityCase {
  const char* name;
  const char* text;
  std::int64_t milli;  // -1: an error.
  std::int64_t bytes;
};

class Quantity : public testing::TestWithParam<QuantityCase> {};

TEST_P(Quantity, ReadsAsKubernetesDoes) {
  EXPECT_EQ(ParseMilli(GetParam().text).value_or(-1), GetParam().milli);
  EXPECT_EQ(ParseBytes(GetParam().text).value_or(-1), GetParam().bytes);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, Quantity,
    testing::Values(QuantityCase{"Milli", "250m", 250, 1}, QuantityCase{"Half", "0.5", 500, 1},
                    QuantityCase{"Whole", "2", 2000, 2}, QuantityCase{"Mebi", "256Mi", 268435456000, 268435456},
                    QuantityCase{"Giga", "1G", 1000000000000, 1000000000}, QuantityCase{"Exponent", "1e3", 1000000, 1000},
                    QuantityCase{"NegativeExponent", "5E-1", 500, 1}, QuantityCase{"SignedExponent", "1e+2", 100000, 100},
                    QuantityCase{"Kilo", "1.5k", 1500000, 1500}, QuantityCase{"ExaIsNoExponent", "1E", -1, 1000000000000000000},
                    QuantityCase{"NanoRoundsUp", "1n", 1, 1}, QuantityCase{"Zero", "0", 0, 0},
                    QuantityCase{"PointFirst", ".5", 500, 1}, QuantityCase{"PlusSign", "+1", 1000, 1},
                    QuantityCase{"Word", "invalid", -1, -1}, QuantityCase{"Empty", "", -1, -1},
                    QuantityCase{"Negative", "-1", -1, -1}, QuantityCase{"TwoPoints", "1.2.3", -1, -1},
                    QuantityCase{"UnitOnly", "Mi", -1, -1}, QuantityCase{"UnknownUnit", "5MB", -1, -1},
                    QuantityCase{"Blank", "1 Gi", -1, -1}, QuantityCase{"TooManyDigits", "1234567890123456789", -1, -1},
                    QuantityCase{"TooMuch", "8Ei", -1, -1}, QuantityCase{"BareExponent", "1e", -1, -1},
                    QuantityCase{"HugeExponent", "1e99", -1, -1}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace tuesday::manifest
