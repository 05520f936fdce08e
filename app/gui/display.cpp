// SPDX-License-Identifier: Apache-2.0
#include "app/gui/display.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace rs::app {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// X servers listen on a socket of this name, in the file system or as an abstract one.
bool answers(const std::string& path, bool is_abstract) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::size_t offset = is_abstract ? 1 : 0;
  if (path.size() + offset >= sizeof address.sun_path) {
    return true;  // not to be told this way: let Qt try
  }
  std::memcpy(address.sun_path + offset, path.data(), path.size());
  const int handle = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (handle < 0) {
    return true;
  }
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + offset + path.size());
  const bool is_there = ::connect(handle, reinterpret_cast<const sockaddr*>(&address), length) == 0;
  ::close(handle);
  return is_there;
}

bool isLocalServerThere(const std::string& display) {
  const std::size_t colon = display.rfind(':');
  const std::string host = display.substr(0, colon);
  if (colon == std::string::npos || (!host.empty() && host != "unix")) {
    return true;  // over the network: let Qt try
  }
  const std::string number = display.substr(colon + 1, display.find('.', colon) - colon - 1);
  const std::string path = "/tmp/.X11-unix/X" + number;
  return answers(path, true) || answers(path, false);
}

}  // namespace

std::string displayProblem() {
  const std::string platform = variable("QT_QPA_PLATFORM");
  if (!platform.empty() && platform.rfind("xcb", 0) != 0 && platform.rfind("wayland", 0) != 0) {
    return "";  // offscreen, vnc and others need none
  }
  const std::string display = variable("DISPLAY");
  if (!variable("WAYLAND_DISPLAY").empty()) {
    return "";
  }
  if (display.empty()) {
    return "there is no display (DISPLAY and WAYLAND_DISPLAY are empty)";
  }
  return isLocalServerThere(display) ? "" : "no X server answers at DISPLAY=" + display;
}

}  // namespace rs::app
