# rs_add_fuzz(name): one parser, tests/fuzz/<name>_fuzz.cpp with LLVMFuzzerTestOneInput, seeds in corpus/<name>/.
# With RS_FUZZ it is a libFuzzer program (tools/check/fuzz.sh runs them all); without, a test that feeds the seeds.
if(NOT RS_FUZZ)
  add_library(rs_fuzz_replay OBJECT ${PROJECT_SOURCE_DIR}/tests/fuzz/replay.cpp)
  target_link_libraries(rs_fuzz_replay PUBLIC rs_options)
endif()

function(rs_add_fuzz name)
  add_executable(fuzz_${name} ${name}_fuzz.cpp)
  target_link_libraries(fuzz_${name} PRIVATE rs_options rs_core nlohmann_json::nlohmann_json)
  target_compile_definitions(fuzz_${name} PRIVATE RS_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  if(RS_FUZZ)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  else()
    target_link_libraries(fuzz_${name} PRIVATE rs_fuzz_replay)
    add_test(NAME "fuzz: the seeds of ${name} do no harm"
             COMMAND fuzz_${name} ${CMAKE_CURRENT_SOURCE_DIR}/corpus/${name})
    set_tests_properties("fuzz: the seeds of ${name} do no harm" PROPERTIES LABELS fuzz)
  endif()
endfunction()
