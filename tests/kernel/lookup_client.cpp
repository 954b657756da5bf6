// SPDX-License-Identifier: Apache-2.0
// lookup_client REQUEST...
//
// A program with no library but the C library, to run in a root of its own. Says "ready", waits for the end of its
// input and looks up one name after the other. REQUEST is a name; "stream:NAME" for addresses of one type of socket;
// "thread:NAME" from another thread; "null" for no name. Exits with the number of lookups that found nothing.
#include <netdb.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

namespace {

bool look_up(const char* name, int type) {
  addrinfo hints{};
  hints.ai_socktype = type;
  addrinfo* result = nullptr;
  if (::getaddrinfo(name, name ? nullptr : "443", &hints, &result) != 0) return false;
  ::freeaddrinfo(result);
  return true;
}

void* look_up_in_thread(void* name) { return look_up(static_cast<const char*>(name), 0) ? name : nullptr; }

bool serve(const char* request) {
  if (std::strcmp(request, "null") == 0) return look_up(nullptr, 0);
  if (std::strncmp(request, "stream:", 7) == 0) return look_up(request + 7, SOCK_STREAM);
  if (std::strncmp(request, "thread:", 7) != 0) return look_up(request, 0);
  pthread_t thread;
  void* found = nullptr;
  char* name = const_cast<char*>(request + 7);
  return ::pthread_create(&thread, nullptr, look_up_in_thread, name) == 0 && ::pthread_join(thread, &found) == 0 &&
         found != nullptr;
}

}  // namespace

int main(int argc, char** argv) {
  char byte;
  if (::write(STDOUT_FILENO, "ready", 5) != 5) return 100;
  while (::read(STDIN_FILENO, &byte, 1) > 0) {
  }
  int failures = 0;
  for (int i = 1; i < argc; ++i)
    if (!serve(argv[i])) ++failures;
  return failures;
}
