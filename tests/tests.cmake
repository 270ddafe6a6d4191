# Tests that need the whole toolchain or the tree: loopback calls, what the compiler makes, the layer rules.
find_program(PYTHON3 python3 REQUIRED)

add_test(NAME layers COMMAND ${PYTHON3} ${CMAKE_SOURCE_DIR}/tests/layers_test.py)
if(NOT TARGET strowger)
  return()
endif()
add_test(NAME code_pages COMMAND ${PYTHON3} ${CMAKE_SOURCE_DIR}/tests/code_pages_test.py $<TARGET_FILE:strowger>)
add_test(NAME module_symbols COMMAND ${PYTHON3} ${CMAKE_SOURCE_DIR}/tests/symbols_test.py $<TARGET_FILE:strowger> ${KIT})
foreach(name sarif format)
  add_test(NAME ${name} COMMAND ${PYTHON3} -W ignore ${CMAKE_SOURCE_DIR}/tests/${name}_test.py $<TARGET_FILE:strowger>)
endforeach()
foreach(name examples bad_input toolchain)
  add_test(NAME loopback_${name} COMMAND ${PYTHON3} -m unittest -v ${name}_test
           WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}/tests/loopback)
  set_tests_properties(loopback_${name} PROPERTIES TIMEOUT 300 ENVIRONMENT
    "STROWGER=${CMAKE_BINARY_DIR}/bin/strowger;PYTHONDONTWRITEBYTECODE=1;PYTHONWARNINGS=ignore")
endforeach()
# SIPp's media ports and timing do not like company.
set_tests_properties(loopback_examples PROPERTIES RUN_SERIAL ON)
