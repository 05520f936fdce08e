# Dear ImGui as Debian packages it (libimgui-dev): a static library and headers, but no CMake package of its own.
# Defines imgui::imgui. The library calls into stb, which Debian keeps in a library of its own.
find_path(ImGui_INCLUDE_DIR imgui.h PATH_SUFFIXES imgui)
find_library(ImGui_LIBRARY imgui)
find_library(ImGui_STB_LIBRARY stb)
if(ImGui_INCLUDE_DIR)
  file(STRINGS "${ImGui_INCLUDE_DIR}/imgui.h" version_line REGEX "define IMGUI_VERSION +\"")
  string(REGEX REPLACE ".*\"([0-9.]+).*" "\\1" ImGui_VERSION "${version_line}")
endif()
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(ImGui REQUIRED_VARS ImGui_LIBRARY ImGui_STB_LIBRARY ImGui_INCLUDE_DIR
                                  VERSION_VAR ImGui_VERSION)
if(ImGui_FOUND AND NOT TARGET imgui::imgui)
  add_library(imgui::imgui STATIC IMPORTED)
  set_target_properties(imgui::imgui PROPERTIES IMPORTED_LOCATION "${ImGui_LIBRARY}"
                        INTERFACE_INCLUDE_DIRECTORIES "${ImGui_INCLUDE_DIR}" INTERFACE_LINK_LIBRARIES "${ImGui_STB_LIBRARY}")
endif()
