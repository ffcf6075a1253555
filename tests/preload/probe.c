/* The smallest program that asks a GrovePi for a level and lights a LED: what the preload library is tested with. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

static void check(int good, const char *what) {
    if (!good) {
        perror(what);
        exit(1);
    }
}

int main(void) {
    unsigned long functions = 0;
    unsigned char reply[2];
    int fd = open("/dev/i2c-1", O_RDWR | O_CLOEXEC);
    check(fd >= 0, "open");
    check(ioctl(fd, 0x0705, &functions) == 0, "I2C_FUNCS");
    check(ioctl(fd, 0x0706, 4UL) == 0, "I2C_SLAVE");
    check(write(fd, "\x01\x03\x00\x00", 4) == 4, "write");
    usleep(2000);
    check(read(fd, reply, 2) == 2, "read");
    check(write(fd, "\x02\x04\x01\x00", 4) == 4, "write");
    usleep(2000);
    printf("%lx %02x %02x\n", functions, reply[0], reply[1]);
    check(close(fd) == 0, "close");
    fd = open("/proc/self/comm", O_RDONLY);
    check(fd >= 0 && read(fd, reply, 2) == 2 && close(fd) == 0, "another file");
    return 0;
}
