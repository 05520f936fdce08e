// SPDX-License-Identifier: Apache-2.0
#include "ui/imgui/gl_renderer.h"

#include <QOpenGLContext>
#include <cstddef>

namespace rs::canvas {
namespace {

constexpr const char* kVertexShader = R"(
layout(location = 0) in vec2 position;
layout(location = 1) in vec2 uv;
layout(location = 2) in vec4 colour;
uniform mat4 projection;
out vec2 at;
out vec4 tint;
void main() {
  at = uv;
  tint = colour;
  gl_Position = projection * vec4(position, 0.0, 1.0);
})";
constexpr const char* kFragmentShader = R"(
in vec2 at;
in vec4 tint;
uniform sampler2D pixels;
layout(location = 0) out vec4 result;
void main() { result = tint * texture(pixels, at); })";

const void* byteOffset(size_t bytes) {
  return reinterpret_cast<const void*>(bytes);
}

}  // namespace

GLuint GlRenderer::compile(GLenum kind, const char* body, QString& error) {
  const bool is_es = QOpenGLContext::currentContext()->isOpenGLES();
  const char* parts[] = {is_es ? "#version 300 es\nprecision highp float;\n" : "#version 330 core\n", body};
  const GLuint shader = glCreateShader(kind);
  glShaderSource(shader, 2, parts, nullptr);
  glCompileShader(shader);
  GLint is_compiled = 0;
  glGetShaderiv(shader, GL_COMPILE_STATUS, &is_compiled);
  if (is_compiled == 0) {
    char log[1024] = {};
    glGetShaderInfoLog(shader, sizeof log, nullptr, log);
    error += QString::fromUtf8(log);
  }
  return shader;
}

QString GlRenderer::init() {
  initializeOpenGLFunctions();
  textures_.clear();
  QString error;
  const GLuint vertex = compile(GL_VERTEX_SHADER, kVertexShader, error);
  const GLuint fragment = compile(GL_FRAGMENT_SHADER, kFragmentShader, error);
  program_ = glCreateProgram();
  glAttachShader(program_, vertex);
  glAttachShader(program_, fragment);
  glLinkProgram(program_);
  glDeleteShader(vertex);
  glDeleteShader(fragment);
  GLint is_linked = 0;
  glGetProgramiv(program_, GL_LINK_STATUS, &is_linked);
  if (is_linked == 0 && error.isEmpty()) {
    error = QStringLiteral("the shaders do not link");
  }
  projection_ = glGetUniformLocation(program_, "projection");
  glGenVertexArrays(1, &vertex_array_);
  glGenBuffers(1, &vertices_);
  glGenBuffers(1, &indices_);
  return error;
}

void GlRenderer::destroy() {
  for (const auto& [id, texture] : textures_) {
    glDeleteTextures(1, &texture.name);
  }
  textures_.clear();
  glDeleteProgram(program_);
  glDeleteVertexArrays(1, &vertex_array_);
  glDeleteBuffers(1, &vertices_);
  glDeleteBuffers(1, &indices_);
  program_ = vertex_array_ = vertices_ = indices_ = 0;
}

GLuint GlRenderer::upload(const Texture& texture) {
  Uploaded& there = textures_[texture.id()];
  there.last_frame = frame_;
  const bool is_new = there.name == 0;
  if (is_new) {
    glGenTextures(1, &there.name);
  }
  glBindTexture(GL_TEXTURE_2D, there.name);
  if (there.version == texture.version()) {
    return there.name;
  }
  if (is_new || there.width != texture.width() || there.height != texture.height()) {
    // Pixels are drawn one to one: smoothing would only blur what falls between two.
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_NEAREST);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
    glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA8, texture.width(), texture.height(), 0, GL_RGBA, GL_UNSIGNED_BYTE,
                 texture.pixels().data());
  } else {
    glTexSubImage2D(GL_TEXTURE_2D, 0, 0, 0, texture.width(), texture.height(), GL_RGBA, GL_UNSIGNED_BYTE,
                    texture.pixels().data());
  }
  there.version = texture.version();
  there.width = texture.width();
  there.height = texture.height();
  return there.name;
}

// A texture that was not drawn for a while is gone or hidden; it comes back by one upload.
void GlRenderer::forgetUnused() {
  constexpr uint64_t keep_frames = 60;
  for (auto it = textures_.begin(); it != textures_.end();) {
    if (it->second.last_frame + keep_frames < frame_) {
      glDeleteTextures(1, &it->second.name);
      it = textures_.erase(it);
    } else {
      ++it;
    }
  }
}

void GlRenderer::bindState(const ImDrawData& data, int width, int height) {
  glEnable(GL_BLEND);
  glBlendEquation(GL_FUNC_ADD);
  // Qt composes the canvas with its alpha: what is drawn must leave it opaque.
  glBlendFuncSeparate(GL_SRC_ALPHA, GL_ONE_MINUS_SRC_ALPHA, GL_ONE, GL_ONE_MINUS_SRC_ALPHA);
  glDisable(GL_CULL_FACE);
  glDisable(GL_DEPTH_TEST);
  glDisable(GL_STENCIL_TEST);
  glEnable(GL_SCISSOR_TEST);
  glViewport(0, 0, width, height);
  glPixelStorei(GL_UNPACK_ALIGNMENT, 4);
  glPixelStorei(GL_UNPACK_ROW_LENGTH, 0);
  const float sx = 2 / data.DisplaySize.x;
  const float sy = -2 / data.DisplaySize.y;
  const float matrix[16] = {
      sx, 0, 0, 0, 0, sy, 0, 0, 0, 0, -1, 0, -1 - data.DisplayPos.x * sx, 1 - data.DisplayPos.y * sy, 0, 1};
  glUseProgram(program_);
  glUniformMatrix4fv(projection_, 1, GL_FALSE, matrix);
  glActiveTexture(GL_TEXTURE0);
  glBindVertexArray(vertex_array_);
  glBindBuffer(GL_ARRAY_BUFFER, vertices_);
  glBindBuffer(GL_ELEMENT_ARRAY_BUFFER, indices_);
  for (GLuint i = 0; i < 3; ++i) {
    glEnableVertexAttribArray(i);
  }
}

void GlRenderer::drawList(const ImDrawList& list, const ImDrawData& data, int height) {
  glBufferData(GL_ARRAY_BUFFER, list.VtxBuffer.size_in_bytes(), list.VtxBuffer.Data, GL_STREAM_DRAW);
  glBufferData(GL_ELEMENT_ARRAY_BUFFER, list.IdxBuffer.size_in_bytes(), list.IdxBuffer.Data, GL_STREAM_DRAW);
  const ImVec2 scale = data.FramebufferScale;
  for (const ImDrawCmd& command : list.CmdBuffer) {
    const int x0 = static_cast<int>(std::lround((command.ClipRect.x - data.DisplayPos.x) * scale.x));
    const int y0 = static_cast<int>(std::lround((command.ClipRect.y - data.DisplayPos.y) * scale.y));
    const int x1 = static_cast<int>(std::lround((command.ClipRect.z - data.DisplayPos.x) * scale.x));
    const int y1 = static_cast<int>(std::lround((command.ClipRect.w - data.DisplayPos.y) * scale.y));
    if (x1 <= x0 || y1 <= y0) {
      continue;
    }
    glScissor(x0, height - y1, x1 - x0, y1 - y0);
    // GLES 3 has no base vertex: the attributes start further on instead.
    const size_t base = command.VtxOffset * sizeof(ImDrawVert);
    constexpr GLsizei stride = sizeof(ImDrawVert);
    glVertexAttribPointer(0, 2, GL_FLOAT, GL_FALSE, stride, byteOffset(base + offsetof(ImDrawVert, pos)));
    glVertexAttribPointer(1, 2, GL_FLOAT, GL_FALSE, stride, byteOffset(base + offsetof(ImDrawVert, uv)));
    glVertexAttribPointer(2, 4, GL_UNSIGNED_BYTE, GL_TRUE, stride,
                          byteOffset(base + offsetof(ImDrawVert, col)));
    glBindTexture(GL_TEXTURE_2D, upload(*static_cast<const Texture*>(command.TextureId)));
    glDrawElements(GL_TRIANGLES, static_cast<GLsizei>(command.ElemCount),
                   sizeof(ImDrawIdx) == 2 ? GL_UNSIGNED_SHORT : GL_UNSIGNED_INT,
                   byteOffset(command.IdxOffset * sizeof(ImDrawIdx)));
  }
}

void GlRenderer::render(const ImDrawData& data, int width, int height) {
  ++frame_;
  bindState(data, width, height);
  for (int n = 0; n < data.CmdListsCount; ++n) {
    drawList(*data.CmdLists[n], data, height);
  }
  forgetUnused();
  glDisable(GL_SCISSOR_TEST);
  glDisable(GL_BLEND);
  glBindVertexArray(0);
  glUseProgram(0);
}

}  // namespace rs::canvas
