# Files that are made, not written. All of them go to <build>/generated, which is on the include
# path beside src.

set(generated ${PROJECT_BINARY_DIR}/generated)
find_program(PYTHON python3 REQUIRED PATHS /usr/bin NO_DEFAULT_PATH)

# --- base/version.h, base/build_info.h ----------------------------------------------------------
configure_file(cmake/version.h.in ${generated}/base/version.h @ONLY)

# The commit is looked up at each build but written only when it differs. It has a header of its
# own, which src/cli/version.cc alone includes: a commit must not rebuild the house.
add_custom_target(onggi_build_info
  COMMAND ${CMAKE_COMMAND} -D SOURCE=${PROJECT_SOURCE_DIR} -D OUTPUT=${generated}/base/build_info.h
          -P ${PROJECT_SOURCE_DIR}/cmake/build_info.cmake
  BYPRODUCTS ${generated}/base/build_info.h
  COMMENT "Asking git which commit this is")

# --- sql/catalogue.h, sql/catalogue.cc ----------------------------------------------------------
# onggi_sql_library(USES <targets...>) -> onggi_sql: the statements and migrations of sql/
function(onggi_sql_library)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "" "USES")
  file(GLOB_RECURSE files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/sql/*.sql)
  set(script ${PROJECT_SOURCE_DIR}/cmake/embed_sql.py)
  set(outputs ${generated}/sql/catalogue.h ${generated}/sql/catalogue.cc)
  add_custom_command(
    OUTPUT ${outputs}
    COMMAND ${PYTHON} ${script} ${PROJECT_SOURCE_DIR}/sql ${generated}/sql
    DEPENDS ${script} ${files}
    COMMENT "Embedding sql/")
  add_library(onggi_sql STATIC ${outputs})
  target_include_directories(onggi_sql PUBLIC ${onggi_includes})
  target_link_libraries(onggi_sql PUBLIC ${arg_USES})
  target_compile_options(onggi_sql PRIVATE -Wno-overlength-strings)
endfunction()

# --- console/assets.cc: the web pages -----------------------------------------------------------
set(docs ${PROJECT_SOURCE_DIR}/web/docs)
set(docs_installed ${PROJECT_BINARY_DIR}/web_docs.stamp)
add_custom_command(
  OUTPUT ${docs_installed}
  COMMAND ${PROJECT_SOURCE_DIR}/cmake/npm_install.sh ${docs}
  COMMAND ${CMAKE_COMMAND} -E touch ${docs_installed}
  DEPENDS ${PROJECT_SOURCE_DIR}/cmake/npm_install.sh ${docs}/package-lock.json
  COMMENT "Installing web/docs")

set(onggi_assets ${generated}/console/assets.cc)
set(embed_assets ${PROJECT_SOURCE_DIR}/cmake/embed_assets.py)
add_custom_command(
  OUTPUT ${onggi_assets}
  COMMAND ${PYTHON} ${embed_assets} ${PROJECT_SOURCE_DIR}/web ${onggi_assets}
  DEPENDS ${embed_assets} ${docs_installed} ${docs}/index.html ${docs}/docs.js
          ${PROJECT_SOURCE_DIR}/web/landing/index.html
  COMMENT "Embedding web/")
set_source_files_properties(${onggi_assets} PROPERTIES COMPILE_OPTIONS -Wno-c23-extensions SKIP_UNITY_BUILD_INCLUSION ON)  # #embed
