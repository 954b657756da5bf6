// SPDX-License-Identifier: Apache-2.0
#include "correlate/mount_table.h"

#include <gtest/gtest.h>

#include <string>

namespace egresswatch::correlate {
namespace {

std::string hosts_in(std::string_view mountinfo) { return location_of("/etc/hosts", mountinfo); }

TEST(MountTable, OnOneFileSystem) {
  EXPECT_EQ(hosts_in("22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw\n"
                     "25 22 0:22 / /proc rw - proc proc rw\n"),
            "254:1 /etc/hosts");
}

// As a service with ProtectSystem= has it: other mounts of the same file systems.
TEST(MountTable, InAMountNamespaceOfItsOwnTheSame) {
  EXPECT_EQ(hosts_in("310 300 254:1 / / ro,relatime master:1 - ext4 /dev/vda1 rw\n"
                     "311 310 0:44 /systemd/inaccessible/dir /home ro - tmpfs tmpfs rw\n"),
            "254:1 /etc/hosts");
}

// As container runtimes have it: a file of the host over that of the image.
TEST(MountTable, InAContainerAFileMountedOverIt) {
  EXPECT_EQ(hosts_in("400 300 0:52 / / rw - overlay overlay rw,lowerdir=/l\n"
                     "401 400 254:1 /var/lib/docker/containers/c1/hosts /etc/hosts rw - ext4 /dev/vda1 rw\n"),
            "254:1 /var/lib/docker/containers/c1/hosts");
}

TEST(MountTable, EtcOfItsOwn) {
  EXPECT_EQ(hosts_in("22 1 254:1 / / rw - ext4 /dev/vda1 rw\n"
                     "23 22 254:2 /@etc /etc rw - ext4 /dev/vda2 rw\n"
                     "24 22 254:3 / /etcetera rw - ext4 /dev/vda3 rw\n"),
            "254:2 /@etc/hosts");
}

TEST(MountTable, RootThatIsADirectoryOfItsFileSystem) {
  EXPECT_EQ(hosts_in("22 1 254:1 /srv/jail / rw - ext4 /dev/vda1 rw\n"), "254:1 /srv/jail/etc/hosts");
}

TEST(MountTable, WhatIsMountedLastOnAPathIsSeen) {
  EXPECT_EQ(hosts_in("22 1 254:1 / / rw - ext4 /dev/vda1 rw\n"
                     "24 23 254:3 / /etc rw - ext4 /dev/vda3 rw\n"
                     "23 22 254:2 / /etc rw - ext4 /dev/vda2 rw\n"),
            "254:3 /hosts");
}

TEST(MountTable, WhatIsMountedOverADirectoryHidesWhatIsMountedBelow) {
  EXPECT_EQ(hosts_in("22 1 254:1 / / rw - ext4 /dev/vda1 rw\n"
                     "23 22 254:2 /hosts1 /etc/hosts rw - ext4 /dev/vda2 rw\n"
                     "24 22 254:3 / /etc rw - ext4 /dev/vda3 rw\n"),
            "254:3 /hosts");
}

// Who was there before sees what is below.
TEST(MountTable, WhatIsMountedOverTheRootIsNotSeen) {
  EXPECT_EQ(hosts_in("23 22 254:2 / / rw - ext4 /dev/vda2 rw\n"
                     "22 1 254:1 / / rw - ext4 /dev/vda1 rw\n"),
            "254:1 /etc/hosts");
}

// In a chroot to a plain directory mountinfo has no line for it.
TEST(MountTable, WithoutARootNothing) {
  EXPECT_EQ(hosts_in("25 22 0:22 / /proc rw - proc proc rw\n"), "");
  EXPECT_EQ(hosts_in("23 22 254:2 / /etc rw - ext4 /dev/vda2 rw\n"), "");
  EXPECT_EQ(hosts_in(""), "");
}

TEST(MountTable, Garbage) {
  EXPECT_EQ(hosts_in("22 1 254:1 /"), "");
  EXPECT_EQ(hosts_in("\n\n   \n/ / / / /\n22  1 254:1 / /\n"), "/ /etc/hosts");
  std::string many = "22 1 254:1 / / rw - ext4 /dev/vda1 rw\n";
  for (int i = 0; i < 1000; ++i) many += std::to_string(100 + i) + " 22 254:1 / /etc rw - ext4 /dev/vda1 rw\n";
  EXPECT_EQ(hosts_in(many), "");
  // a mount that is its own parent
  EXPECT_EQ(hosts_in("22 22 254:1 / / rw - ext4 x rw\n23 23 254:2 / /etc rw - ext4 x rw\n"), "254:1 /etc/hosts");
}

}  // namespace
}  // namespace egresswatch::correlate
