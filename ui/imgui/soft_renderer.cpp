// SPDX-License-Identifier: Apache-2.0
#include "ui/imgui/soft_renderer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "ui/imgui/texture.h"

namespace rs::canvas {
namespace {

struct Box {
  int x0, y0, x1, y1;
};

struct Vertex {
  float x, y, u, v;
  uint32_t colour;
};

struct Target {
  uint32_t* pixels;
  int width;
  Box clip;
  const Texture* texture;
};

unsigned channel(uint32_t pixel, unsigned i) {
  return pixel >> (8 * i) & 255U;
}

// What a vertex colour leaves of a texel.
uint32_t modulate(uint32_t a, uint32_t b) {
  if (a == 0xffffffffU) {
    return b;
  }
  uint32_t product = 0;
  for (unsigned i = 0; i < 4; ++i) {
    product |= (channel(a, i) * channel(b, i) + 127) / 255 << (8 * i);
  }
  return product;
}

void blend(uint32_t& into, uint32_t source) {
  const unsigned alpha = source >> 24U;
  if (alpha == 255) {
    into = source;
  } else if (alpha > 0) {
    uint32_t mixed = 0xff000000U;
    for (unsigned i = 0; i < 3; ++i) {
      mixed |= (channel(source, i) * alpha + channel(into, i) * (255 - alpha) + 127) / 255 << (8 * i);
    }
    into = mixed;
  }
}

uint32_t texel(const Texture& texture, float u, float v) {
  const int x = std::clamp(static_cast<int>(u * static_cast<float>(texture.width())), 0, texture.width() - 1);
  const int y =
      std::clamp(static_cast<int>(v * static_cast<float>(texture.height())), 0, texture.height() - 1);
  return texture
      .pixels()[static_cast<size_t>(y) * static_cast<size_t>(texture.width()) + static_cast<size_t>(x)];
}

// The first pixel whose centre is at or after a coordinate.
int firstPixel(float at) {
  return static_cast<int>(std::ceil(at - 0.5F));
}

// The texel under the first pixel of a rectangle that shows its texture one to one, pixel for pixel; else -1.
int firstTexel(float from, float step, float texels, float offset) {
  const float at = from * texels + offset * step * texels - 0.5F;
  return std::abs(step * texels - 1) < 1e-3F && std::abs(at - std::round(at)) < 0.01F
             ? static_cast<int>(std::round(at))
             : -1;
}

// Whether the rectangle was a plain copy of texels, and is done.
bool copyTexels(const Target& target, const Box& box, const Vertex& a, float du, float dv) {
  const Texture& texture = *target.texture;
  const int u =
      firstTexel(a.u, du, static_cast<float>(texture.width()), static_cast<float>(box.x0) + 0.5F - a.x);
  const int v =
      firstTexel(a.v, dv, static_cast<float>(texture.height()), static_cast<float>(box.y0) + 0.5F - a.y);
  const int width = box.x1 - box.x0;
  const int height = box.y1 - box.y0;
  if (u < 0 || v < 0 || u + width > texture.width() || v + height > texture.height()) {
    return false;
  }
  for (int row = 0; row < height; ++row) {
    const uint32_t* from =
        texture.pixels().data() + static_cast<size_t>(v + row) * static_cast<size_t>(texture.width()) + u;
    uint32_t* into =
        target.pixels + static_cast<size_t>(box.y0 + row) * static_cast<size_t>(target.width) + box.x0;
    // Most texels of a glyph are empty and most of a picture are opaque.
    for (int i = 0; i < width; ++i) {
      if (from[i] >> 24U != 0) {
        blend(into[i], modulate(a.colour, from[i]));
      }
    }
  }
  return true;
}

void fillPlain(const Target& target, const Box& box, uint32_t colour) {
  for (int y = box.y0; y < box.y1; ++y) {
    uint32_t* row = target.pixels + static_cast<size_t>(y) * static_cast<size_t>(target.width);
    if (colour >> 24U == 255) {
      std::fill(row + box.x0, row + box.x1, colour);
    } else {
      std::for_each(row + box.x0, row + box.x1, [colour](uint32_t& pixel) { blend(pixel, colour); });
    }
  }
}

// a: upper left, c: lower right.
void fillRectangle(const Target& target, const Vertex& a, const Vertex& c) {
  const Box box{std::max(firstPixel(a.x), target.clip.x0), std::max(firstPixel(a.y), target.clip.y0),
                std::min(firstPixel(c.x), target.clip.x1), std::min(firstPixel(c.y), target.clip.y1)};
  const bool is_plain = a.u == c.u && a.v == c.v;
  const float du = (c.u - a.u) / (c.x - a.x);
  const float dv = (c.v - a.v) / (c.y - a.y);
  if (box.x0 >= box.x1 || box.y0 >= box.y1 || (!is_plain && copyTexels(target, box, a, du, dv))) {
    return;
  }
  if (is_plain) {
    fillPlain(target, box, modulate(a.colour, texel(*target.texture, a.u, a.v)));
    return;
  }
  for (int y = box.y0; y < box.y1; ++y) {
    uint32_t* row = target.pixels + static_cast<size_t>(y) * static_cast<size_t>(target.width);
    const float v = a.v + (static_cast<float>(y) + 0.5F - a.y) * dv;
    for (int x = box.x0; x < box.x1; ++x) {
      const float u = a.u + (static_cast<float>(x) + 0.5F - a.x) * du;
      blend(row[x], modulate(a.colour, texel(*target.texture, u, v)));
    }
  }
}

double edge(const Vertex& a, const Vertex& b, double x, double y) {
  return (static_cast<double>(b.x) - a.x) * (y - a.y) - (static_cast<double>(b.y) - a.y) * (x - a.x);
}

// A pixel whose centre lies on the border of two triangles belongs to the one that it is above or left of.
bool isInside(double weight, const Vertex& a, const Vertex& b) {
  return weight > 0 || (weight == 0 && (b.y < a.y || (b.y == a.y && b.x > a.x)));
}

void shadePixel(const Target& target, int px, int py, const std::array<Vertex, 3>& t,
                const std::array<float, 3>& w) {
  uint32_t colour = 0;
  for (unsigned i = 0; i < 4; ++i) {
    const auto part = [i](const Vertex& v) { return static_cast<float>(channel(v.colour, i)); };
    const float mixed = w[0] * part(t[0]) + w[1] * part(t[1]) + w[2] * part(t[2]);
    colour |= static_cast<uint32_t>(std::lround(std::clamp(mixed, 0.0F, 255.0F))) << (8 * i);
  }
  const float u = w[0] * t[0].u + w[1] * t[1].u + w[2] * t[2].u;
  const float v = w[0] * t[0].v + w[1] * t[1].v + w[2] * t[2].v;
  blend(target.pixels[static_cast<size_t>(py) * static_cast<size_t>(target.width) + static_cast<size_t>(px)],
        modulate(colour, texel(*target.texture, u, v)));
}

// The pixels of a row that may be inside: a long thin triangle has few in each row of its bounding box. One
// more on either side makes up for rounding; isInside decides.
std::pair<int, int> spanOf(const std::array<Vertex, 3>& t, const Box& box, double y) {
  double first = box.x0;
  double end = box.x1;
  for (size_t i = 0; i < 3; ++i) {
    const Vertex& a = t[i];
    const Vertex& b = t[(i + 1) % 3];
    const double rise = static_cast<double>(b.y) - a.y;
    if (rise == 0) {
      continue;
    }
    const double crossing = a.x + (static_cast<double>(b.x) - a.x) * (y - a.y) / rise - 0.5;
    if (rise > 0) {
      end = std::min(end, std::floor(crossing) + 2);
    } else {
      first = std::max(first, std::ceil(crossing) - 1);
    }
  }
  return first < end ? std::pair(static_cast<int>(first), static_cast<int>(end)) : std::pair(0, 0);
}

void fillTriangle(const Target& target, std::array<Vertex, 3> t) {
  double area = edge(t[0], t[1], t[2].x, t[2].y);
  if (area == 0) {
    return;
  }
  if (area < 0) {
    std::swap(t[1], t[2]);
    area = -area;
  }
  const Box box{std::max(firstPixel(std::min({t[0].x, t[1].x, t[2].x})), target.clip.x0),
                std::max(firstPixel(std::min({t[0].y, t[1].y, t[2].y})), target.clip.y0),
                std::min(firstPixel(std::max({t[0].x, t[1].x, t[2].x})) + 1, target.clip.x1),
                std::min(firstPixel(std::max({t[0].y, t[1].y, t[2].y})) + 1, target.clip.y1)};
  for (int py = box.y0; py < box.y1; ++py) {
    const double y = py + 0.5;
    const auto [first, end] = spanOf(t, box, y);
    for (int px = first; px < end; ++px) {
      const double x = px + 0.5;
      const std::array<double, 3> w{edge(t[1], t[2], x, y), edge(t[2], t[0], x, y), edge(t[0], t[1], x, y)};
      if (isInside(w[0], t[1], t[2]) && isInside(w[1], t[2], t[0]) && isInside(w[2], t[0], t[1])) {
        shadePixel(target, px, py, t,
                   {static_cast<float>(w[0] / area), static_cast<float>(w[1] / area),
                    static_cast<float>(w[2] / area)});
      }
    }
  }
}

// Whether four corners (as ImGui's rectangles have them) are upright and of one colour.
bool isRectangle(const std::array<Vertex, 4>& q) {
  return q[0].y == q[1].y && q[1].x == q[2].x && q[2].y == q[3].y && q[3].x == q[0].x && q[0].x < q[2].x &&
         q[0].y < q[2].y && q[0].u == q[3].u && q[1].u == q[2].u && q[0].v == q[1].v && q[2].v == q[3].v &&
         q[0].colour == q[1].colour && q[1].colour == q[2].colour && q[2].colour == q[3].colour;
}

void drawCommand(const ImDrawList& list, const ImDrawCmd& command, const ImVec2& origin, const ImVec2& scale,
                 const Target& target) {
  const auto vertexAt = [&](unsigned i) {
    const ImDrawVert& v =
        list.VtxBuffer[static_cast<int>(command.VtxOffset + list.IdxBuffer[static_cast<int>(i)])];
    return Vertex{(v.pos.x - origin.x) * scale.x, (v.pos.y - origin.y) * scale.y, v.uv.x, v.uv.y, v.col};
  };
  const unsigned end = command.IdxOffset + command.ElemCount;
  for (unsigned i = command.IdxOffset; i + 2 < end; i += 3) {
    const std::array<Vertex, 3> t{vertexAt(i), vertexAt(i + 1), vertexAt(i + 2)};
    const ImDrawIdx* index = list.IdxBuffer.Data + i;
    if (i + 5 < end && index[3] == index[0] && index[4] == index[2]) {
      const std::array<Vertex, 4> quad{t[0], t[1], t[2], vertexAt(i + 5)};
      if (isRectangle(quad)) {
        fillRectangle(target, quad[0], quad[2]);
        i += 3;
        continue;
      }
    }
    fillTriangle(target, t);
  }
}

}  // namespace

void renderInSoftware(const ImDrawData& data, int width, int height, std::span<uint32_t> pixels) {
  const ImVec2 origin = data.DisplayPos;
  const ImVec2 scale = data.FramebufferScale;
  for (int n = 0; n < data.CmdListsCount; ++n) {
    const ImDrawList& list = *data.CmdLists[n];
    for (const ImDrawCmd& command : list.CmdBuffer) {
      // As for any edge: pixels whose middle is inside.
      const auto pixel = [](float at) { return static_cast<int>(std::lround(at)); };
      const Box clip{std::max(0, pixel((command.ClipRect.x - origin.x) * scale.x)),
                     std::max(0, pixel((command.ClipRect.y - origin.y) * scale.y)),
                     std::min(width, pixel((command.ClipRect.z - origin.x) * scale.x)),
                     std::min(height, pixel((command.ClipRect.w - origin.y) * scale.y))};
      const Target target{pixels.data(), width, clip, static_cast<const Texture*>(command.TextureId)};
      drawCommand(list, command, origin, scale, target);
    }
  }
}

}  // namespace rs::canvas
