// SPDX-License-Identifier: Apache-2.0
#include "capture/c_libraries.h"

#include <elf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "unit/correlate/proc_tree.h"

namespace egresswatch::capture {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

const char* const kLibrary = "/usr/lib/x86_64-linux-gnu/libc.so.6";

#if defined(__aarch64__)
constexpr Elf64_Half kMachine = EM_AARCH64;
#else
constexpr Elf64_Half kMachine = EM_X86_64;
#endif

std::string elf(unsigned char file_class = ELFCLASS64, Elf64_Half machine = kMachine) {
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = file_class;
  header.e_machine = machine;
  return {reinterpret_cast<const char*>(&header), sizeof header};
}

class CLibrariesTest : public ::testing::Test {
 protected:
  // A process with a root of its own and the program /bin/<pid>. `inode` and `device` are what its maps say.
  void add(const std::string& pid, const std::string& library, const std::string& identity = "fe:01 1234",
           const std::string& content = elf()) {
    if (!content.empty()) tree_.write_in_root(pid, library, content);
    fs::create_directories(tree_.proc() + "/" + pid + "/root");
    tree_.write(pid + "/exe", "program");
    tree_.write(pid + "/maps",
                "5581c0000000-5581c0001000 r-xp 00000000 fe:01 77                         /bin/program\n"
                "7f1e5c000000-7f1e5c028000 r--p 00000000 " +
                    identity + "                       " + library +
                    "\n"
                    "7f1e5c028000-7f1e5c17d000 r-xp 00028000 " +
                    identity + "                       " + library +
                    "\n"
                    "7ffd00000000-7ffd00021000 rw-p 00000000 00:00 0                          [stack]\n");
  }
  CLibraries find(std::size_t limit = 64) const { return find_c_libraries(tree_.proc(), limit); }
  static std::vector<std::string> paths(const CLibraries& libraries) {
    std::vector<std::string> result;
    for (const CLibrary& library : libraries.found) result.push_back(library.path);
    return result;
  }
  ino_t inode_in_root(const std::string& pid, const std::string& path) const {
    struct stat status {};
    EXPECT_EQ(::stat((tree_.proc() + "/" + pid + "/root" + path).c_str(), &status), 0);
    return status.st_ino;
  }
  static ino_t inode(const CLibrary& library) {
    struct stat status {};
    EXPECT_EQ(::fstat(library.file.get(), &status), 0);
    return status.st_ino;
  }

  test::ProcTree tree_;
};

TEST_F(CLibrariesTest, OpensTheFileInTheRootOfItsProcess) {
  add("100", kLibrary);
  const CLibraries libraries = find();
  ASSERT_THAT(paths(libraries), ElementsAre(kLibrary));
  EXPECT_EQ(inode(libraries.found[0]), inode_in_root("100", kLibrary));
  EXPECT_EQ(libraries.over_limit, 0U);
  EXPECT_EQ(libraries.unreadable_processes, 0U);
}

TEST_F(CLibrariesTest, TheOwnComesFirst) {
  add("1", "/a/libc.so.6", "fe:01 1");
  add("self", "/own/libc.so.6", "fe:01 2");
  add("2", "/b/libc.so.6", "fe:01 3");
  const CLibraries libraries = find(1);
  EXPECT_THAT(paths(libraries), ElementsAre("/own/libc.so.6"));
  EXPECT_EQ(libraries.over_limit, 2U);
}

TEST_F(CLibrariesTest, OneFileOfManyProcessesOnce) {
  for (const char* pid : {"100", "101", "102"}) add(pid, kLibrary);
  add("200", kLibrary, "fe:02 1234");
  EXPECT_THAT(paths(find()), ElementsAre(kLibrary, kLibrary));
}

TEST_F(CLibrariesTest, NamesOfBeforeGlibc234) {
  add("100", "/lib/x86_64-linux-gnu/libc-2.31.so", "fe:01 1");
  add("101", "/lib64/libc-2.17.so", "fe:01 2");
  add("102", "/lib/libcap.so.2", "fe:01 3");
  add("103", "/lib/ld-musl-x86_64.so.1", "fe:01 4");
  add("104", "/lib/xlibc.so.6", "fe:01 5");
  EXPECT_THAT(paths(find()), UnorderedElementsAre("/lib/x86_64-linux-gnu/libc-2.31.so", "/lib64/libc-2.17.so"));
}

TEST_F(CLibrariesTest, PathWithBlanks) {
  add("100", "/opt/my app/libc.so.6");
  EXPECT_THAT(paths(find()), ElementsAre("/opt/my app/libc.so.6"));
}

TEST_F(CLibrariesTest, NotOf32BitProcessesNorOtherMachines) {
  add("100", "/lib/libc.so.6", "fe:01 1", elf(ELFCLASS32));
  add("101", "/lib/libc.so.6", "fe:01 2", elf(ELFCLASS64, EM_S390));
  add("102", "/lib/libc.so.6", "fe:01 3", "GROUP ( libc.so )");
  add("103", "/lib/libc.so.6", "fe:01 4", elf().substr(0, 40));
  EXPECT_THAT(paths(find()), IsEmpty());
}

// In a chroot within this mount namespace: the path is that from here.
TEST_F(CLibrariesTest, PathFromTheRootOfTheReader) {
  const std::string path = "/srv/jail/lib/libc.so.6";
  tree_.write_in_root("self", path, elf());
  add("100", path, "fe:01 " + std::to_string(inode_in_root("self", path)), "");
  // another file of that path, which the reader cannot see
  add("101", path, "fe:07 1", "");
  const CLibraries libraries = find();
  ASSERT_THAT(paths(libraries), ElementsAre(path));
  EXPECT_EQ(inode(libraries.found[0]), inode_in_root("self", path));
}

// After an upgrade; the next process of the same program has the new file.
TEST_F(CLibrariesTest, DeletedFileIsLeftOut) {
  add("100", std::string(kLibrary) + " (deleted)", "fe:01 1", "");
  EXPECT_THAT(paths(find()), IsEmpty());
  fs::create_directories(tree_.proc() + "/101");
  for (const char* part : {"root", "exe"})
    fs::create_symlink(tree_.proc() + "/100/" + part, tree_.proc() + "/101/" + part);
  tree_.write_in_root("100", kLibrary, elf());
  tree_.write("101/maps", std::string("7f1e5c028000-7f1e5c17d000 r-xp 00028000 fe:01 2   ") + kLibrary + "\n");
  EXPECT_THAT(paths(find()), ElementsAre(kLibrary));
}

TEST_F(CLibrariesTest, ALinkInThePlaceOfTheFileDoesNotLeadOut) {
  tree_.write("outside", elf());
  add("100", "/lib/libc.so.6", "fe:01 1", "");
  fs::create_directories(tree_.proc() + "/100/root/lib");
  fs::create_symlink(tree_.proc() + "/outside", tree_.proc() + "/100/root/lib/libc.so.6");
  EXPECT_THAT(paths(find()), IsEmpty());
}

TEST_F(CLibrariesTest, WhatIsNoFileIsNotWaitedFor) {
  add("100", "/lib/libc.so.6", "fe:01 1", "");
  fs::create_directories(tree_.proc() + "/100/root/lib");
  ASSERT_EQ(::mkfifo((tree_.proc() + "/100/root/lib/libc.so.6").c_str(), 0600), 0);
  EXPECT_THAT(paths(find()), IsEmpty());
}

TEST_F(CLibrariesTest, KernelThreadsAndWhatIsNoProcessDoNotCount) {
  fs::create_directories(tree_.proc() + "/2/root");  // no exe
  fs::create_directories(tree_.proc() + "/sys");
  tree_.write("100x/maps", "");
  const CLibraries libraries = find();
  EXPECT_THAT(paths(libraries), IsEmpty());
  EXPECT_EQ(libraries.unreadable_processes, 0U);
}

TEST_F(CLibrariesTest, MapsThatNeverEndAreNotReadToTheEnd) {
  add("100", kLibrary);
  const std::string line = "7f1e5c028000-7f1e5c17d000 rw-p 00000000 00:00 0 " + std::string(1 << 20, ' ') + "\n";
  std::ofstream maps(tree_.proc() + "/100/maps");
  for (int i = 0; i < 20; ++i) maps << line;
  maps << "7f1e5c028000-7f1e5c17d000 r-xp 00028000 fe:01 1   " << kLibrary << "\n" << std::flush;
  const CLibraries libraries = find();
  EXPECT_THAT(paths(libraries), IsEmpty());
  EXPECT_EQ(libraries.unreadable_processes, 1U);
}

TEST(CLibraries, OfThisProcess) {
  const CLibraries libraries = find_c_libraries("/proc", 1);
  ASSERT_EQ(libraries.found.size(), 1U);
  EXPECT_TRUE(libraries.found[0].path.ends_with("/libc.so.6")) << libraries.found[0].path;
}

}  // namespace
}  // namespace egresswatch::capture
