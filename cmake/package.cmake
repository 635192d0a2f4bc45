# What is installed beside the binary, and the Debian package that CPack makes of it:
#   cmake --build build/release --target package
# The manual page and the completions are written from the program's own --help.
include(GNUInstallDirs)
find_package(Python3 COMPONENTS Interpreter)
find_program(GZIP gzip)

install(FILES deploy/systemd/slod.service DESTINATION lib/systemd/system COMPONENT files)
install(FILES config/rules/slod.yml DESTINATION /etc/slod/rules COMPONENT files)
install(FILES deploy/debian/slod.yaml DESTINATION /etc/slod COMPONENT files)
install(FILES deploy/debian/default DESTINATION /etc/default RENAME slod COMPONENT files)
install(DIRECTORY DESTINATION /etc/slod/secrets COMPONENT files
  DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
install(DIRECTORY DESTINATION /var/lib/slod COMPONENT files
  DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)

# Documents lie beside each other as they do in the source, so that their links lead somewhere.
file(GLOB documents CONFIGURE_DEPENDS docs/*.md docs/*.yaml docs/*.png)
install(FILES ${documents} DESTINATION ${CMAKE_INSTALL_DOCDIR}/docs COMPONENT files)
install(FILES README.md ARCHITECTURE.md CHANGELOG.md CONTRIBUTING.md Dockerfile deploy/debian/copyright
  DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT files)
# Debian has the licence's text already, and wants no second copy.
file(CREATE_LINK ../../common-licenses/Apache-2.0 ${PROJECT_BINARY_DIR}/LICENSE SYMBOLIC)
install(FILES ${PROJECT_BINARY_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT files)
install(DIRECTORY config DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT files
  FILES_MATCHING PATTERN *.yaml PATTERN *.yml PATTERN *.json PATTERN state EXCLUDE PATTERN secrets EXCLUDE)
foreach(folder grafana helm kubernetes pipeline systemd)
  install(DIRECTORY deploy/${folder} DESTINATION ${CMAKE_INSTALL_DOCDIR}/deploy COMPONENT files)
endforeach()
install(FILES deploy/debian/lintian-overrides DESTINATION share/lintian/overrides RENAME slod
  COMPONENT files)

# Whoever builds the package answers for it, as Debian's own tools have it.
if("$ENV{DEBEMAIL}" STREQUAL "")
  set(slod_maintainer "slod built without DEBEMAIL <nobody@slod.invalid>")
elseif("$ENV{DEBFULLNAME}" STREQUAL "")
  set(slod_maintainer "$ENV{DEBEMAIL} <$ENV{DEBEMAIL}>")
else()
  set(slod_maintainer "$ENV{DEBFULLNAME} <$ENV{DEBEMAIL}>")
endif()

if(Python3_FOUND AND GZIP)
  set(manual ${PROJECT_BINARY_DIR}/manual)
  set(slod_version "${PROJECT_VERSION}")
  configure_file(deploy/debian/changelog.in ${manual}/changelog.Debian @ONLY)
  add_custom_command(
    OUTPUT ${manual}/slod.1.gz ${manual}/slod.bash ${manual}/_slod ${manual}/changelog.Debian.gz
    COMMAND ${Python3_EXECUTABLE} -B ${PROJECT_SOURCE_DIR}/deploy/manual/manual.py
      $<TARGET_FILE:slod> ${manual}
    COMMAND ${GZIP} -9nkf ${manual}/slod.1 ${manual}/changelog.Debian
    DEPENDS slod deploy/manual/manual.py deploy/manual/slod.1.in ${manual}/changelog.Debian
    COMMENT "Writing the manual page and the completions"
    VERBATIM)
  add_custom_target(manual DEPENDS ${manual}/slod.1.gz)
  install(FILES ${manual}/slod.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1
    COMPONENT files OPTIONAL)
  install(FILES ${manual}/slod.bash DESTINATION share/bash-completion/completions RENAME slod
    COMPONENT files OPTIONAL)
  install(FILES ${manual}/_slod DESTINATION share/zsh/vendor-completions
    COMPONENT files OPTIONAL)
  install(FILES ${manual}/changelog.Debian.gz DESTINATION ${CMAKE_INSTALL_DOCDIR}
    COMPONENT files OPTIONAL)
endif()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_PACKAGE_NAME slod)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "${slod_maintainer}")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "SLO and error-budget daemon for Prometheus metrics")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"slod keeps service-level objectives and their error budgets. It reads
Prometheus metrics, counts good and bad events, pages when a budget burns
too fast, and tells a pipeline whether a change may be deployed now. It
needs no other service: one process and one SQLite file.")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "adduser, init-system-helpers (>= 1.54~), tzdata")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "ca-certificates")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "prometheus, prometheus-alertmanager")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
foreach(script conffiles postinst prerm postrm)
  list(APPEND CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${PROJECT_SOURCE_DIR}/deploy/debian/${script})
endforeach()
include(CPack)
