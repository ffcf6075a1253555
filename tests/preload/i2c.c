/* For tests only: presents /dev/i2c-1 to a program that runs under LD_PRELOAD, and hands its transfers to the
 * simulated board in the test process, through the Unix socket that MQTT_THING_TEST_I2C names. Each open is one
 * connection. Everything else goes to the kernel as it is.
 *
 * Source of the interface: the kernel's Documentation/i2c/dev-interface.rst and include/uapi/linux/i2c-dev.h.
 *
 * On the socket, all numbers little-endian:
 *   at connect        <- errno:i32                       0, or what open() is to fail with
 *   one transfer      -> kind:u8 address:u8 write:u16 read:u16, then the bytes to write
 *                        kind W write, R read, X write and read with a repeated start, S an SMBus command
 *                     <- errno:i32, then for R and X, when it is 0, the bytes read
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#define DEVICE "/dev/i2c-1"
#define MOST_FDS 4096
#define MOST_BYTES 8192

enum {
    I2C_RETRIES = 0x0701,
    I2C_TIMEOUT = 0x0702,
    I2C_SLAVE_FORCE = 0x0703,
    I2C_TENBIT = 0x0704,
    I2C_FUNCS = 0x0705,
    I2C_SLAVE = 0x0706,
    I2C_RDWR = 0x0707,
    I2C_PEC = 0x0708,
    I2C_SMBUS = 0x0720,
};
/* What the Pi's controller reports: plain transfers, SMBus emulated, no ten-bit addresses. */
#define FUNCTIONS 0x0eff0009UL

struct message {
    uint16_t address, flags, length;
    uint8_t *bytes;
};
struct messages {
    struct message *first;
    uint32_t count;
};

/* For each file of ours the address that was set, plus one; 0 for the files of others. */
static uint8_t ours[MOST_FDS];

static int is_ours(int fd) { return fd >= 0 && fd < MOST_FDS && ours[fd]; }

static int failed(int number) {
    errno = number;
    return -1;
}

static int send_all(int fd, const void *bytes, size_t length) {
    const char *next = bytes;
    while (length > 0) {
        ssize_t sent = send(fd, next, length, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) return failed(ENODEV);
        next += sent;
        length -= (size_t)sent;
    }
    return 0;
}

static int receive_all(int fd, void *bytes, size_t length) {
    char *next = bytes;
    while (length > 0) {
        ssize_t received = recv(fd, next, length, 0);
        if (received < 0 && errno == EINTR) continue;
        if (received <= 0) return failed(ENODEV);
        next += received;
        length -= (size_t)received;
    }
    return 0;
}

static int receive_verdict(int fd) {
    uint8_t bytes[4];
    if (receive_all(fd, bytes, sizeof bytes) < 0) return -1;
    uint32_t number = bytes[0] | bytes[1] << 8 | bytes[2] << 16 | (uint32_t)bytes[3] << 24;
    return number ? failed((int)number) : 0;
}

static int transfer(int fd, char kind, unsigned address, const void *out, size_t writes, void *in, size_t reads) {
    if (writes > MOST_BYTES || reads > MOST_BYTES) return failed(EINVAL);
    uint8_t head[6] = {(uint8_t)kind,           (uint8_t)address,      (uint8_t)writes,
                       (uint8_t)(writes >> 8), (uint8_t)reads, (uint8_t)(reads >> 8)};
    if (send_all(fd, head, sizeof head) < 0 || send_all(fd, out, writes) < 0) return -1;
    if (receive_verdict(fd) < 0) return -1;
    return receive_all(fd, in, reads);
}

static int open_bus(const char *path) {
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof to.sun_path) return failed(ENAMETOOLONG);
    strcpy(to.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    if (fd >= MOST_FDS || connect(fd, (struct sockaddr *)&to, sizeof to) < 0) {
        syscall(SYS_close, fd);
        return failed(ENOENT);
    }
    if (receive_verdict(fd) < 0) {
        int number = errno;
        syscall(SYS_close, fd);
        return failed(number);
    }
    ours[fd] = 1;
    return fd;
}

static int any_open(int directory, const char *path, int flags, unsigned mode) {
    const char *socket_path = getenv("MQTT_THING_TEST_I2C");
    if (socket_path && strcmp(path, DEVICE) == 0) return open_bus(socket_path);
    return (int)syscall(SYS_openat, directory, path, flags, mode);
}

#define MODE_OF(flags)                                   \
    ({                                                   \
        unsigned mode_ = 0;                              \
        if ((flags) & (O_CREAT | __O_TMPFILE)) {         \
            va_list rest_;                               \
            va_start(rest_, flags);                      \
            mode_ = va_arg(rest_, unsigned);             \
            va_end(rest_);                               \
        }                                                \
        mode_;                                           \
    })

/* As the kernel's own: <asm/fcntl.h> has O_LARGEFILE as 0 where files are large anyway. */
#if defined(__arm__)
#define LARGE 0400000
#else
#define LARGE 0
#endif

int open(const char *path, int flags, ...) { return any_open(AT_FDCWD, path, flags, MODE_OF(flags)); }
int open64(const char *path, int flags, ...) { return any_open(AT_FDCWD, path, flags | LARGE, MODE_OF(flags)); }
int openat(int at, const char *path, int flags, ...) { return any_open(at, path, flags, MODE_OF(flags)); }
int openat64(int at, const char *path, int flags, ...) { return any_open(at, path, flags | LARGE, MODE_OF(flags)); }
int __open_2(const char *path, int flags) { return any_open(AT_FDCWD, path, flags, 0); }
int __open64_2(const char *path, int flags) { return any_open(AT_FDCWD, path, flags | LARGE, 0); }
int __openat_2(int at, const char *path, int flags) { return any_open(at, path, flags, 0); }
int __openat64_2(int at, const char *path, int flags) { return any_open(at, path, flags | LARGE, 0); }

int close(int fd) {
    if (is_ours(fd)) ours[fd] = 0;
    return (int)syscall(SYS_close, fd);
}

ssize_t read(int fd, void *buffer, size_t count) {
    if (!is_ours(fd)) return syscall(SYS_read, fd, buffer, count);
    return transfer(fd, 'R', ours[fd] - 1, NULL, 0, buffer, count) < 0 ? -1 : (ssize_t)count;
}

ssize_t write(int fd, const void *buffer, size_t count) {
    if (!is_ours(fd)) return syscall(SYS_write, fd, buffer, count);
    return transfer(fd, 'W', ours[fd] - 1, buffer, count, NULL, 0) < 0 ? -1 : (ssize_t)count;
}

static int read_write(int fd, const struct messages *all) {
    const struct message *first = all->first, *second = all->first + 1;
    const int reads = 1;
    if (all->count == 1 && (first->flags & reads))
        return transfer(fd, 'R', first->address, NULL, 0, first->bytes, first->length) < 0 ? -1 : 1;
    if (all->count == 1) return transfer(fd, 'W', first->address, first->bytes, first->length, NULL, 0) < 0 ? -1 : 1;
    if (all->count == 2 && !(first->flags & reads) && (second->flags & reads))
        return transfer(fd, 'X', first->address, first->bytes, first->length, second->bytes, second->length) < 0 ? -1
                                                                                                              : 2;
    return failed(EOPNOTSUPP);
}

static int control(int fd, unsigned long request, unsigned long argument) {
    if (!is_ours(fd)) return (int)syscall(SYS_ioctl, fd, request, argument);
    switch (request) {
    case I2C_FUNCS:
        *(unsigned long *)argument = FUNCTIONS;
        return 0;
    case I2C_SLAVE:
    case I2C_SLAVE_FORCE:
        if (argument > 0x7f) return failed(EINVAL);
        ours[fd] = (uint8_t)(argument + 1);
        return 0;
    case I2C_RETRIES:
    case I2C_TIMEOUT:
    case I2C_PEC:
        return 0;
    case I2C_TENBIT:
        return argument ? failed(EINVAL) : 0;
    case I2C_RDWR:
        return read_write(fd, (const struct messages *)argument);
    case I2C_SMBUS:
        transfer(fd, 'S', ours[fd] - 1, NULL, 0, NULL, 0);
        return failed(EOPNOTSUPP);
    default:
        return failed(ENOTTY);
    }
}

#define ARGUMENT_OF(request)                          \
    ({                                                \
        va_list rest_;                                \
        va_start(rest_, request);                     \
        unsigned long argument_ = va_arg(rest_, unsigned long); \
        va_end(rest_);                                \
        argument_;                                    \
    })

int ioctl(int fd, unsigned long request, ...) { return control(fd, request, ARGUMENT_OF(request)); }
int __ioctl_time64(int fd, unsigned long request, ...) { return control(fd, request, ARGUMENT_OF(request)); }
