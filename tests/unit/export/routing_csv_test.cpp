// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <limits>

#include "core/base/mapped_file.h"
#include "core/export/routing_csv.h"
#include "tests/support/temporary_directory.h"

using namespace rs;

TEST_CASE("the table of the routing has its columns named and numbers that read back exactly") {
  const test::TemporaryDirectory directory;
  RoutingCsvWriter writer(directory.path("r.csv"));
  writer.write({42, 3, 1, 0, 5, 0.1F, -2.5F, 1e-7F});
  writer.write({43, 4, 1, 1, -1, 0, -std::numeric_limits<float>::infinity(), 0});
  writer.finish();
  CHECK(readTextFile(directory.path("r.csv")) ==
        "token,position,layer,slot,expert,weight,logit,margin\n"
        "42,3,1,0,5,0.1,-2.5,1e-07\n"
        "43,4,1,1,-1,0,-inf,0\n");
}

TEST_CASE("names are the last column, in quotes where a comma, quote or line break would be misread") {
  const test::TemporaryDirectory directory;
  RoutingCsvWriter writer(directory.path("r.csv"), true);
  writer.write({42, 3, 1, 0, 5, 0.5F, 1, 0.25F, "plain name"});
  writer.write({42, 3, 1, 1, 6, 0.5F, 1, 0.25F});
  writer.write({42, 3, 1, 2, 7, 0, 1, 0.25F, "a, \"b\"\nc"});
  writer.finish();
  CHECK(readTextFile(directory.path("r.csv")) ==
        "token,position,layer,slot,expert,weight,logit,margin,name\n"
        "42,3,1,0,5,0.5,1,0.25,plain name\n"
        "42,3,1,1,6,0.5,1,0.25,\n"
        "42,3,1,2,7,0,1,0.25,\"a, \"\"b\"\"\nc\"\n");
}

TEST_CASE("a table that is not finished does not appear") {
  const test::TemporaryDirectory directory;
  { RoutingCsvWriter(directory.path("r.csv")).write({}); }
  CHECK(directory.fileCount() == 0);
}
