# SPDX-License-Identifier: Apache-2.0
# `cpack -G RPM` in a build directory that was configured with CMAKE_INSTALL_PREFIX=/usr. Build it on the distribution that
# it is for: its shared libraries become its dependencies.
set(CPACK_GENERATOR RPM)
set(CPACK_PACKAGE_NAME egresswatch)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "egresswatch maintainers <egresswatch@example.com>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Tells which connections to Azure Key Vault fail, and where")
set(CPACK_PACKAGE_DESCRIPTION
    "A passive daemon that sees every outbound connection and DNS answer of a host with eBPF, and tells which of those that
Azure Key Vault depends on fail, at which stage, why, and for which systemd unit.")
set(CPACK_PACKAGING_INSTALL_PREFIX ${CMAKE_INSTALL_PREFIX})
# /etc lies outside the prefix
set(CPACK_SET_DESTDIR ON)
set(CPACK_RPM_PACKAGE_RELOCATABLE OFF)
set(CPACK_STRIP_FILES ON)
set(CPACK_RPM_FILE_NAME RPM-DEFAULT)
set(CPACK_RPM_PACKAGE_RELEASE 1)
set(CPACK_RPM_PACKAGE_LICENSE "Apache-2.0 AND (GPL-2.0-only OR BSD-2-Clause)")
set(CPACK_RPM_PACKAGE_GROUP "System Environment/Daemons")
set(CPACK_RPM_PACKAGE_AUTOREQ ON)
# The BPF objects are inside the program: there is nothing for debuginfo to take out.
set(CPACK_RPM_DEBUGINFO_PACKAGE OFF)
# links under /usr/lib/.build-id are of use with debuginfo packages only
set(CPACK_RPM_SPEC_MORE_DEFINE "%define _build_id_links none")
set(CPACK_RPM_PACKAGE_REQUIRES "systemd >= 245")
set(CPACK_RPM_USER_FILELIST "%config(noreplace) /etc/egresswatch/egresswatch.yaml"
                            "%config(noreplace) /etc/logrotate.d/egresswatch")
set(CPACK_RPM_PRE_UNINSTALL_SCRIPT_FILE ${PROJECT_SOURCE_DIR}/packaging/rpm/preun.sh)
set(CPACK_RPM_POST_UNINSTALL_SCRIPT_FILE ${PROJECT_SOURCE_DIR}/packaging/rpm/postun.sh)
set(CPACK_RPM_POST_INSTALL_SCRIPT_FILE ${PROJECT_SOURCE_DIR}/packaging/rpm/post.sh)
include(CPack)
