// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

#include "ui/heat/heat_pyramid.h"

namespace rs::heat {
namespace {

std::vector<uint8_t> randomCells(std::mt19937& random, int columns, int rows) {
  std::vector<uint8_t> cells(static_cast<size_t>(columns * rows));
  for (uint8_t& cell : cells) {
    // Mostly no data, as routing is: a bug that loses one cell must not hide behind its neighbours.
    cell = random() % 16 == 0 ? static_cast<uint8_t>(random() % 256) : uint8_t{0};
  }
  return cells;
}

std::vector<uint8_t> bruteMax(const std::vector<uint8_t>& cells, int rows, int begin, int end) {
  std::vector<uint8_t> most(static_cast<size_t>(rows), 0);
  for (int column = begin; column < end; ++column) {
    for (int row = 0; row < rows; ++row) {
      uint8_t& into = most[static_cast<size_t>(row)];
      into = std::max(into, cells[static_cast<size_t>(column * rows + row)]);
    }
  }
  return most;
}

std::vector<uint8_t> maxOver(const HeatPyramid& pyramid, int begin, int end) {
  std::vector<uint8_t> most(static_cast<size_t>(pyramid.rows()), 77);
  pyramid.maxOver(begin, end, 0, most);
  return most;
}

// Every range where there are few columns, a sample where there are many.
void requireExact(const HeatPyramid& pyramid, const std::vector<uint8_t>& cells, std::mt19937& random) {
  const int n = pyramid.columns();
  for (int trial = 0; trial < 200; ++trial) {
    const int a = static_cast<int>(random() % static_cast<unsigned>(n + 1));
    const int b = static_cast<int>(random() % static_cast<unsigned>(n + 1));
    REQUIRE(maxOver(pyramid, std::min(a, b), std::max(a, b)) ==
            bruteMax(cells, pyramid.rows(), std::min(a, b), std::max(a, b)));
  }
  REQUIRE(maxOver(pyramid, 0, n) == bruteMax(cells, pyramid.rows(), 0, n));
}

TEST_CASE("the maximum over every range is the brute-force maximum, appended singly or in bulk") {
  std::mt19937 random(1);
  for (const int columns : {1, 2, 3, 4, 5, 15, 16, 17, 63, 64, 65, 255, 256, 257, 1023, 1025, 4097}) {
    const int rows = 1 + static_cast<int>(random() % 40);
    const std::vector<uint8_t> cells = randomCells(random, columns, rows);
    HeatPyramid bulk(rows);
    bulk.append(cells);
    HeatPyramid live(rows);
    for (int column = 0; column < columns; ++column) {
      live.append(std::span(cells).subspan(static_cast<size_t>(column * rows), static_cast<size_t>(rows)));
    }
    CAPTURE(columns, rows);
    requireExact(bulk, cells, random);
    requireExact(live, cells, random);
  }
}

TEST_CASE("every range of a small pyramid is exact while it grows") {
  std::mt19937 random(2);
  const int rows = 3;
  const std::vector<uint8_t> cells = randomCells(random, 70, rows);
  HeatPyramid pyramid(rows);
  for (int n = 1; n <= 70; ++n) {
    pyramid.append(std::span(cells).subspan(static_cast<size_t>((n - 1) * rows), rows));
    for (int begin = 0; begin <= n; ++begin) {
      for (int end = begin; end <= n; ++end) {
        REQUIRE(maxOver(pyramid, begin, end) == bruteMax(cells, rows, begin, end));
      }
    }
  }
}

TEST_CASE("changed columns lower the maxima above them as well as raise them") {
  std::mt19937 random(3);
  const int rows = 5;
  const int columns = 600;
  std::vector<uint8_t> cells = randomCells(random, columns, rows);
  HeatPyramid pyramid(rows);
  pyramid.append(cells);
  for (int trial = 0; trial < 50; ++trial) {
    const int first = static_cast<int>(random() % columns);
    const int n = 1 + static_cast<int>(random() % static_cast<unsigned>(columns - first));
    const std::vector<uint8_t> fresh = randomCells(random, n, rows);
    std::copy(fresh.begin(), fresh.end(), cells.begin() + first * rows);
    pyramid.assign(first, fresh);
    requireExact(pyramid, cells, random);
  }
}

TEST_CASE("a truncated pyramid forgets what was cut off and grows again") {
  std::mt19937 random(4);
  const int rows = 4;
  std::vector<uint8_t> cells = randomCells(random, 1000, rows);
  HeatPyramid pyramid(rows);
  pyramid.append(cells);
  for (const int keep : {999, 513, 512, 511, 64, 5, 1}) {
    pyramid.truncate(keep);
    cells.resize(static_cast<size_t>(keep * rows));
    REQUIRE(pyramid.columns() == keep);
    requireExact(pyramid, cells, random);
  }
  const std::vector<uint8_t> more = randomCells(random, 300, rows);
  cells.insert(cells.end(), more.begin(), more.end());
  pyramid.append(more);
  requireExact(pyramid, cells, random);
  pyramid.truncate(0);
  REQUIRE(pyramid.columns() == 0);
  REQUIRE(maxOver(pyramid, 0, 0) == std::vector<uint8_t>(rows, 0));
}

TEST_CASE("a part of the rows is the part of all rows") {
  std::mt19937 random(5);
  const std::vector<uint8_t> cells = randomCells(random, 200, 32);
  HeatPyramid pyramid(32);
  pyramid.append(cells);
  std::vector<uint8_t> part(7);
  pyramid.maxOver(3, 191, 20, part);
  const std::vector<uint8_t> all = bruteMax(cells, 32, 3, 191);
  REQUIRE(std::equal(part.begin(), part.end(), all.begin() + 20));
}

TEST_CASE("131,072 tokens of 768 rows need at most 250 MB") {
  HeatPyramid pyramid(768);
  const std::vector<uint8_t> cells(size_t{1024} * 768, 9);
  for (int done = 0; done < 131072; done += 1024) {
    pyramid.append(cells);
  }
  CHECK(pyramid.bytes() <= 250'000'000);
  CHECK(maxOver(pyramid, 1, 131071) == std::vector<uint8_t>(768, 9));
}

}  // namespace
}  // namespace rs::heat
