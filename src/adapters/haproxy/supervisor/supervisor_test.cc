// SPDX-License-Identifier: Apache-2.0
// The parts of the supervisor that need no HAProxy; with one: tests/integration/edge.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "adapters/files/files.h"
#include "adapters/haproxy/supervisor/certificates.h"
#include "adapters/haproxy/supervisor/store.h"
#include "testing/temporary_folder.h"

namespace tuesday::haproxy {
namespace {

const Edge kEdge{{{"127.0.0.1", 8443, ListenerKind::kTls}}, {}, ""};

TEST(EdgeStore, LoadsWhatItSaved) {
  const TemporaryFolder folder;
  const EdgeStore store(folder.path());
  EXPECT_FALSE((*store.Load()).has_value());
  ASSERT_TRUE(store.Save({7, kEdge}).has_value());
  const auto loaded = store.Load();
  ASSERT_TRUE(loaded.has_value());
  EXPECT_EQ((*loaded)->generation, 7U);
  EXPECT_EQ((*loaded)->edge, kEdge);
}

TEST(EdgeStore, AnyFlippedByteOfTheEdgeIsFoundAndPutAside) {
  const TemporaryFolder folder;
  const EdgeStore store(folder.path());
  ASSERT_TRUE(store.Save({7, kEdge}).has_value());
  const std::string good = *files::ReadFile(folder.path("edge.json"));
  const std::size_t begin = good.find("\"edge\":{");
  for (std::size_t at = begin; at < good.find("},\"format\""); ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    ASSERT_TRUE(files::ReplaceFile(folder.path("edge.json"), bad).has_value());
    EXPECT_FALSE(store.Load().has_value()) << at;
    EXPECT_TRUE(files::Exists(folder.path("edge.json.corrupt")));
  }
}

TEST(Certificates, SelfSignedIsKeptAndReadableByNobodyElse) {
  const TemporaryFolder folder;
  ASSERT_TRUE(WriteCertificates(kEdge, folder.path()).has_value());
  const std::string path = CertificatePath(folder.path(), DefaultTls());
  const std::string first = *files::ReadFile(path);
  EXPECT_NE(first.find("PRIVATE KEY"), std::string::npos);
  struct stat status{};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  ASSERT_TRUE(WriteCertificates(kEdge, folder.path()).has_value());
  EXPECT_EQ(*files::ReadFile(path), first);
}

TEST(Certificates, GivenTextThatIsNoneIsRefused) {
  const TemporaryFolder folder;
  Edge edge = kEdge;
  edge.rollouts.push_back(
      {{Namespace("prod"), "api"}, Epoch{1}, 0, 0, kNoWeight, {}, {}, {{{"api.test"}, "nonsense"}}, {}, false});
  const auto written = WriteCertificates(edge, folder.path());
  ASSERT_FALSE(written.has_value());
  EXPECT_EQ(written.error().code, ErrorCode::kInvalid);
  edge.rollouts[0].tls[0].certificate_pem = *MakeSelfSigned({"api.test"});
  EXPECT_TRUE(WriteCertificates(edge, folder.path()).has_value());
}

}  // namespace
}  // namespace tuesday::haproxy
