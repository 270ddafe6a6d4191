# The kit: everything `strowger build` needs besides itself, in build/lib/strowger. Archives of the runtime and of modules
# and hot.bc are put there by their own rules; here come the C and C++ libraries' files. No compiler, linker or header is
# needed on the machine that builds a proxy.

set(kit_names Scrt1.o rcrt1.o crti.o crtn.o crtbeginS.o crtendS.o libc.so.6 libc_nonshared.a ld-linux-x86-64.so.2 libm.so.6
    libstdc++.a libgcc.a libgcc_eh.a libc.a libm-2.36.a libmvec.a libre2.a libcares.a libboost_context.a)

# System archives that modules name with `links`.
file(GLOB kit_module_files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/stdlib/*/*.module)
foreach(file ${kit_module_files})
  file(STRINGS ${file} lines REGEX "^[ ]*links ")
  foreach(line ${lines})
    string(REGEX REPLACE "^[ ]*links +" "" words "${line}")
    string(REGEX REPLACE "#.*" "" words "${words}")
    separate_arguments(words)
    foreach(word ${words})
      list(APPEND kit_names lib${word}.a)
    endforeach()
  endforeach()
endforeach()
list(REMOVE_DUPLICATES kit_names)

set(kit_files "")
foreach(name ${kit_names})
  # The driver knows where the C library and gcc keep their files.
  execute_process(COMMAND ${CMAKE_CXX_COMPILER} -print-file-name=${name} OUTPUT_VARIABLE path OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(NOT EXISTS "${path}")
    message(WARNING "kit: ${name} was not found; proxies that need it will not link")
    continue()
  endif()
  file(REAL_PATH "${path}" real)
  add_custom_command(OUTPUT ${KIT}/${name}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${KIT}
    COMMAND ${CMAKE_COMMAND} -E copy ${real} ${KIT}/${name}
    DEPENDS ${real} VERBATIM)
  list(APPEND kit_files ${KIT}/${name})
endforeach()

# Archives that were built with a sanitizer need its run time in each proxy: the words that the driver would give the linker.
if(STROWGER_SANITIZE)
  string(REGEX REPLACE ",?fuzzer-no-link" "" sanitizers "${STROWGER_SANITIZE}")
  execute_process(COMMAND ${CMAKE_CXX_COMPILER} "-###" -fsanitize=${sanitizers} -x c++ /dev/null ERROR_VARIABLE line)
  string(REGEX MATCHALL "--whole-archive|--no-whole-archive|[^\" ]*libclang_rt[^\" ]*" words "${line}")
  execute_process(COMMAND ${CMAKE_CXX_COMPILER} -print-file-name=libresolv.so OUTPUT_VARIABLE path OUTPUT_STRIP_TRAILING_WHITESPACE)
  string(REPLACE ";" "\n" words "${words};${path}")
  file(CONFIGURE OUTPUT ${KIT}/link.rsp CONTENT "${words}\n" @ONLY)
endif()

# What writes the profiles of `strowger build --pgo-generate`: clang's, whichever compiler builds this.
find_program(KIT_CLANG NAMES clang++-19 REQUIRED)
execute_process(COMMAND ${KIT_CLANG} -print-resource-dir OUTPUT_VARIABLE path OUTPUT_STRIP_TRAILING_WHITESPACE)
set(name libclang_rt.profile-x86_64.a)
add_custom_command(OUTPUT ${KIT}/${name} COMMAND ${CMAKE_COMMAND} -E copy ${path}/lib/linux/${name} ${KIT}/${name} VERBATIM)
list(APPEND kit_files ${KIT}/${name})

add_custom_target(strowger_kit ALL DEPENDS ${kit_files})
if(TARGET strowger_runtime)
  add_dependencies(strowger_kit strowger_runtime strowger_sim)
endif()
foreach(module ${module_targets})
  add_dependencies(strowger_kit ${module})
endforeach()
if(TARGET strowger_hot_bitcode)
  add_dependencies(strowger_kit strowger_hot_bitcode)
endif()

if(TARGET compiler_driver_test)
  add_dependencies(compiler_driver_test strowger strowger_kit)
endif()

if(TARGET strowger)
  install(TARGETS strowger RUNTIME DESTINATION bin)
  install(DIRECTORY ${KIT}/ DESTINATION lib/strowger)
  install(DIRECTORY ${CMAKE_SOURCE_DIR}/examples ${CMAKE_SOURCE_DIR}/docs DESTINATION share/strowger)
  install(FILES ${CMAKE_SOURCE_DIR}/LICENSE ${CMAKE_SOURCE_DIR}/README.md DESTINATION share/strowger)
endif()
