# Tests that need the whole toolchain or the tree: loopback calls, what the compiler makes, the layer rules.
find_program(PYTHON3 python3 REQUIRED)

add_test(NAME layers COMMAND ${PYTHON3} ${CMAKE_SOURCE_DIR}/tests/layers_test.py)

# Transactions against a written model, and whole proxies in the simulator: tests/explore, tests/sim.
if(TARGET mod_tm AND TARGET mod_rr AND TARGET strowger_sim AND TARGET module_defaults)
  foreach(name explore sim)
    file(GLOB ${name}_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/${name}/*.cpp)
    strowger_tests(${name}_test SOURCES ${${name}_sources}
      LIBS -Wl,--start-group mod_tm mod_rr strowger_sim strowger_runtime module_defaults -Wl,--end-group)
  endforeach()
  if(STROWGER_SANITIZE MATCHES "fuzzer")
    add_executable(proxy_fuzz EXCLUDE_FROM_ALL ${CMAKE_SOURCE_DIR}/tests/fuzz/proxy_fuzz.cpp ${CMAKE_SOURCE_DIR}/tests/sim/scripts.cpp
      ${CMAKE_SOURCE_DIR}/tests/sim/sip_text.cpp)
    target_link_libraries(proxy_fuzz PRIVATE -Wl,--start-group mod_tm mod_rr strowger_sim strowger_runtime module_defaults -Wl,--end-group)
    target_link_options(proxy_fuzz PRIVATE -fsanitize=fuzzer)
    foreach(name sdp digest connection uac)
      add_executable(${name}_fuzz EXCLUDE_FROM_ALL ${CMAKE_SOURCE_DIR}/tests/fuzz/${name}_fuzz.cpp)
      target_link_libraries(${name}_fuzz PRIVATE -Wl,--start-group mod_pv mod_sdpops mod_nathelper mod_sanity mod_sl mod_auth mod_tls mod_uac
        mod_websocket strowger_runtime module_defaults -Wl,--end-group)
      target_link_options(${name}_fuzz PRIVATE -fsanitize=fuzzer)
    endforeach()
  endif()
endif()

if(NOT TARGET strowger)
  return()
endif()
# A compiled script in the simulator (tests/fuzz/run script).
if(STROWGER_SANITIZE MATCHES "fuzzer" AND TARGET strowger_sim)
  add_custom_command(OUTPUT ${CMAKE_BINARY_DIR}/script_fuzz.o
    COMMAND $<TARGET_FILE:strowger> build -q --emit obj ${CMAKE_SOURCE_DIR}/tests/fuzz/script.cfg -o ${CMAKE_BINARY_DIR}/script_fuzz.o
    DEPENDS ${CMAKE_SOURCE_DIR}/tests/fuzz/script.cfg strowger strowger_kit VERBATIM)
  add_executable(script_fuzz EXCLUDE_FROM_ALL ${CMAKE_SOURCE_DIR}/tests/fuzz/script_fuzz.cpp ${CMAKE_BINARY_DIR}/script_fuzz.o)
  target_link_libraries(script_fuzz PRIVATE -Wl,--start-group ${module_targets} strowger_sim strowger_runtime module_defaults -Wl,--end-group)
  target_link_options(script_fuzz PRIVATE -fsanitize=fuzzer)
endif()
add_test(NAME code_pages COMMAND ${PYTHON3} ${CMAKE_SOURCE_DIR}/tests/code_pages_test.py $<TARGET_FILE:strowger>)
add_test(NAME module_symbols COMMAND ${PYTHON3} ${CMAKE_SOURCE_DIR}/tests/symbols_test.py $<TARGET_FILE:strowger> ${KIT})
foreach(name sarif format scenario)
  add_test(NAME ${name} COMMAND ${PYTHON3} -W ignore ${CMAKE_SOURCE_DIR}/tests/${name}_test.py $<TARGET_FILE:strowger>)
endforeach()
foreach(name examples tutorials bad_input toolchain tls ws dns hardened proxy_protocol connections workers database)
  add_test(NAME loopback_${name} COMMAND ${PYTHON3} -m unittest -v ${name}_test
           WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}/tests/loopback)
  set_tests_properties(loopback_${name} PROPERTIES TIMEOUT 300 ENVIRONMENT
    "STROWGER=${CMAKE_BINARY_DIR}/bin/strowger;PYTHONDONTWRITEBYTECODE=1;PYTHONWARNINGS=ignore")
endforeach()
add_test(NAME torture COMMAND ${PYTHON3} -W ignore ${CMAKE_SOURCE_DIR}/tests/loopback/torture.py ${CMAKE_BINARY_DIR}/bin/strowger
         ${CMAKE_SOURCE_DIR}/tests/data/torture)
set_tests_properties(torture PROPERTIES TIMEOUT 300 ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")
add_test(NAME reference_tables COMMAND ${PYTHON3} ${CMAKE_SOURCE_DIR}/tests/reference/reference_test.py)
set_tests_properties(reference_tables PROPERTIES TIMEOUT 300 ENVIRONMENT
  "STROWGER=${CMAKE_BINARY_DIR}/bin/strowger;PYTHONDONTWRITEBYTECODE=1")
# Under the system call filter, which kills a proxy that makes a call that its script should not need.
if(NOT STROWGER_SANITIZE)
  set_property(TEST loopback_tls loopback_dns loopback_database APPEND PROPERTY ENVIRONMENT "STROWGER_SECCOMP=kill")
endif()
# SIPp's media ports and timing do not like company.
set_tests_properties(loopback_examples loopback_tutorials PROPERTIES RUN_SERIAL ON)

# Random scripts over random messages, compiled and evaluated: tests/property.
file(GLOB property_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/property/*.cpp)
list(FILTER property_sources EXCLUDE REGEX "probe_main\\.cpp$")
add_library(property_probe OBJECT ${CMAKE_SOURCE_DIR}/tests/property/probe_main.cpp)
target_compile_options(property_probe PRIVATE ${RUNTIME_FLAGS})
target_include_directories(property_probe PRIVATE ${INTERFACE_DIR})
add_executable(property_test ${property_sources})
target_link_libraries(property_test PRIVATE compiler_link compiler_analysis)
target_include_directories(property_test SYSTEM PRIVATE ${LLVM_INCLUDE_DIRS})
target_compile_definitions(property_test PRIVATE PROPERTY_KIT="${KIT}" PROPERTY_PROBE="$<TARGET_OBJECTS:property_probe>")
add_dependencies(property_test strowger_kit property_probe)
add_test(NAME property COMMAND property_test)
set_tests_properties(property PROPERTIES TIMEOUT 300)
