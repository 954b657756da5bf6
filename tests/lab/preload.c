// SPDX-License-Identifier: Apache-2.0
// Loaded in front of the C library (LD_PRELOAD, see preload.py): a kernel that refuses some of what bpf(2) is asked for,
// a wall clock that somebody sets, and a process that has no descriptor left. libbpf calls bpf(2) by syscall(3). The limit
// itself (prlimit(2)) would hit the sanitizers, too, which make a pipe when they look at an object.
//
//   FAULT_BPF    rules "<command>:<type>:<name>:<errno>", separated by spaces. The type is the one of a map, of a program or
//                of an attachment, -1 for any; the name that of a map or program, "" for any.
//   FAULT_STATE  a file with struct state, looked at whenever it matters
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

typedef long (*syscall_function)(long, ...);

static long call(long number, long a, long b, long c, long d, long e, long f)
{
	static syscall_function real;
	if (!real)
		real = (syscall_function)dlsym(RTLD_NEXT, "syscall");
	return real(number, a, b, c, d, e, f);
}

struct request {
	long type;
	const char *name;
};

static struct request request_of(long command, const union bpf_attr *attr)
{
	switch (command) {
	case BPF_MAP_CREATE:
		return (struct request){ attr->map_type, attr->map_name };
	case BPF_PROG_LOAD:
		return (struct request){ attr->prog_type, attr->prog_name };
	case BPF_LINK_CREATE:
		return (struct request){ attr->link_create.attach_type, "" };
	default:
		return (struct request){ -1, "" };
	}
}

// 0, or what the kernel shall say.
static int refusal(long command, const union bpf_attr *attr)
{
	const char *rules = getenv("FAULT_BPF");
	if (!rules || !attr)
		return 0;
	const struct request asked = request_of(command, attr);
	while (*rules) {
		long of = -1, type = -1;
		int error = 0, used = 0;
		char name[BPF_OBJ_NAME_LEN + 1] = "";
		// an empty name is no match for %[
		if (sscanf(rules, "%ld:%ld:%16[^: ]:%d %n", &of, &type, name, &error, &used) != 4) {
			name[0] = 0;
			if (sscanf(rules, "%ld:%ld::%d %n", &of, &type, &error, &used) != 3)
				abort();
		}
		if (of == command && (type == -1 || type == asked.type) &&
		    (!name[0] || strncmp(name, asked.name, BPF_OBJ_NAME_LEN - 1) == 0))
			return error;
		rules += used;
	}
	return 0;
}

long syscall(long number, ...)
{
	va_list list;
	va_start(list, number);
	long arguments[6];
	for (int i = 0; i < 6; ++i)
		arguments[i] = va_arg(list, long);
	va_end(list);
	if (number == SYS_bpf) {
		const int error = refusal(arguments[0], (const union bpf_attr *)arguments[1]);
		if (error) {
			errno = error;
			return -1;
		}
	}
	return call(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5]);
}

struct state {
	int64_t ahead_ns;       // of the wall clock
	int64_t no_descriptors; // 1: nothing that makes one works
};

static const volatile struct state *state(void)
{
	static const struct state none;
	static const volatile struct state *shared;
	if (!shared) {
		shared = &none;
		const char *path = getenv("FAULT_STATE");
		const int fd = path ? (int)call(SYS_openat, AT_FDCWD, (long)path, O_RDONLY | O_CLOEXEC, 0, 0, 0) : -1;
		if (fd >= 0) {
			void *mapped = mmap(NULL, sizeof(struct state), PROT_READ, MAP_SHARED, fd, 0);
			if (mapped != MAP_FAILED)
				shared = mapped;
			close(fd);
		}
	}
	return shared;
}

static int64_t ahead_ns(void)
{
	return state()->ahead_ns;
}

static int descriptor(long number, long a, long b, long c, long d)
{
	if (state()->no_descriptors) {
		errno = EMFILE;
		return -1;
	}
	return (int)call(number, a, b, c, d, 0, 0);
}

static mode_t mode_of(int flags, va_list list)
{
	return flags & (O_CREAT | __O_TMPFILE) ? va_arg(list, mode_t) : 0;
}

int open(const char *path, int flags, ...)
{
	va_list list;
	va_start(list, flags);
	const mode_t mode = mode_of(flags, list);
	va_end(list);
	return descriptor(SYS_openat, AT_FDCWD, (long)path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
	va_list list;
	va_start(list, flags);
	const mode_t mode = mode_of(flags, list);
	va_end(list);
	return descriptor(SYS_openat, AT_FDCWD, (long)path, flags, mode);
}

int socket(int domain, int type, int protocol)
{
	return descriptor(SYS_socket, domain, type, protocol, 0);
}

int accept(int fd, struct sockaddr *restrict address, socklen_t *restrict size)
{
	return descriptor(SYS_accept4, fd, (long)address, (long)size, 0);
}

int accept4(int fd, struct sockaddr *restrict address, socklen_t *restrict size, int flags)
{
	return descriptor(SYS_accept4, fd, (long)address, (long)size, flags);
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
	const long result = call(SYS_clock_gettime, clock, (long)now, 0, 0, 0, 0);
	if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
		const int64_t second = 1000000000;
		int64_t nanoseconds = now->tv_nsec + ahead_ns() % second;
		now->tv_sec += ahead_ns() / second + (nanoseconds >= second) - (nanoseconds < 0);
		now->tv_nsec = (nanoseconds + second) % second;
	}
	return (int)result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
	(void)zone;
	struct timespec time;
	if (clock_gettime(CLOCK_REALTIME, &time) != 0)
		return -1;
	*now = (struct timeval){ time.tv_sec, time.tv_nsec / 1000 };
	return 0;
}

time_t time(time_t *result)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	if (result)
		*result = now.tv_sec;
	return now.tv_sec;
}
