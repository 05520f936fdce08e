// SPDX-License-Identifier: Apache-2.0
//
// Draws ImGui's triangles with GL 3.3 core or GLES 3, found by Qt's own resolver, so that it works with any
// platform plug-in. Every call needs the context current that init() had.
#pragma once

#include <imgui.h>

#include <QOpenGLExtraFunctions>
#include <QString>
#include <map>

#include "ui/imgui/texture.h"

namespace rs::canvas {

class GlRenderer : protected QOpenGLExtraFunctions {
 public:
  // Empty when all is well, else what the driver said.
  [[nodiscard]] QString init();
  void render(const ImDrawData& data, int width, int height);
  void destroy();

 private:
  struct Uploaded {
    GLuint name = 0;
    uint64_t version = 0;
    int width = 0;
    int height = 0;
    uint64_t last_frame = 0;
  };
  GLuint compile(GLenum kind, const char* body, QString& error);
  void bindState(const ImDrawData& data, int width, int height);
  GLuint upload(const Texture& texture);
  void forgetUnused();
  void drawList(const ImDrawList& list, const ImDrawData& data, int height);

  GLuint program_ = 0;
  GLuint vertex_array_ = 0;
  GLuint vertices_ = 0;
  GLuint indices_ = 0;
  GLint projection_ = -1;
  std::map<uint64_t, Uploaded> textures_;  // by Texture::id()
  uint64_t frame_ = 0;
};

}  // namespace rs::canvas
