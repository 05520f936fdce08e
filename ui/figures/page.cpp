// SPDX-License-Identifier: Apache-2.0
#include "ui/figures/page.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <vector>

#include "core/base/error.h"
#include "core/base/text.h"

namespace rs::figures {
namespace {

constexpr double kInch = 72;
constexpr double kMillimetre = 72 / 25.4;
constexpr double kLeastWidth = 150;
constexpr double kLeastHeight = 80;
constexpr double kMost = 14'400;  // what PDF readers take

constexpr std::array<SizePreset, 13> kPresets{{
    {"neurips", 5.5 * kInch, "NeurIPS and ICLR, width of the text"},
    {"icml", 3.25 * kInch, "ICML, one column"},
    {"icml-wide", 6.75 * kInch, "ICML, both columns"},
    {"acl", 3.03 * kInch, "ACL, one column"},
    {"acl-wide", 6.3 * kInch, "ACL, both columns"},
    {"ieee", 3.5 * kInch, "IEEE, one column"},
    {"ieee-wide", 7.16 * kInch, "IEEE, both columns"},
    {"acm", 3.33 * kInch, "ACM, one column"},
    {"acm-wide", 7.0 * kInch, "ACM, both columns"},
    {"nature", 89 * kMillimetre, "Nature, one column"},
    {"nature-wide", 183 * kMillimetre, "Nature, both columns"},
    {"slide", 4.5 * kInch, "a slide of beamer"},
    {"a4", 170 * kMillimetre, "A4 with margins of 20 mm"},
}};

constexpr std::array<std::string_view, 2> kFonts{"sans", "serif"};
constexpr std::array<std::string_view, 2> kSvgTexts{"outlines", "text"};

[[noreturn]] void refuse(const std::string& text) {
  std::vector<std::string> names;
  for (const SizePreset& preset : kPresets) {
    names.emplace_back(preset.name);
  }
  throw Error(ErrorCode::kUsage, "reading --size: expected a preset (" + join(names, ", ") +
                                     ") or a width and a height such as 89mmx60mm or 234x150, found '" +
                                     text + "'" + didYouMean(text, names));
}

// A length in points; false if it is none.
bool parseLength(std::string_view text, double& points) {
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), points);
  if (problem != std::errc() || !(points > 0)) {
    return false;
  }
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (unit == "mm") {
    points *= kMillimetre;
  } else if (unit == "cm") {
    points *= 10 * kMillimetre;
  } else if (unit == "in") {
    points *= kInch;
  } else {
    return unit.empty() || unit == "pt";
  }
  return true;
}

double widthOf(const std::string& text, const std::string& whole) {
  for (const SizePreset& preset : kPresets) {
    if (preset.name == text) {
      return preset.width;
    }
  }
  double width = 0;
  if (!parseLength(text, width)) {
    refuse(whole);
  }
  return width;
}

}  // namespace

std::span<const SizePreset> sizePresets() {
  return kPresets;
}

PageSize parseSize(const std::string& text) {
  std::string compact;
  std::copy_if(text.begin(), text.end(), std::back_inserter(compact), [](char c) { return c != ' '; });
  // The first x after a digit or a name that is a preset: no preset's name holds one.
  const std::size_t cross = compact.find('x');
  PageSize size{compact, widthOf(compact.substr(0, cross), text), 0};
  if (cross != std::string::npos && !parseLength(std::string_view(compact).substr(cross + 1), size.height)) {
    refuse(text);
  }
  const bool is_small = size.width < kLeastWidth || (size.height > 0 && size.height < kLeastHeight);
  if (is_small || size.width > kMost || size.height > kMost) {
    throw Error(ErrorCode::kUsage,
                format("reading --size: expected at least %g x %g points and at most %g a side, found %.0f x "
                       "%.0f ('%s')",
                       kLeastWidth, kLeastHeight, kMost, size.width, size.height, text.c_str()));
  }
  return size;
}

Page::Page() : font{kFonts, 0}, svg_text{kSvgTexts, 0} {}

void Page::visit(ParamVisitor& visitor) {
  visitor(font_points, "font_points", "size of the text in points; captions are a little smaller",
          RealRange{6, 24});
  visitor(font, "font", "DejaVu Sans or DejaVu Serif");
  visitor(svg_text, "svg_text",
          "SVG cannot carry a font: outlines look the same everywhere, text can be edited");
  visitor(png_dpi, "png_dpi", "pixels to the inch of a PNG", IntRange{72, 1200});
}

}  // namespace rs::figures
