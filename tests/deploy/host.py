"""A machine to deploy to: a root of its own with a real sshd, real accounts and a real sudo.

    unshare --mount --pid --fork --kill-child python3 host.py FOLDER PORT [FILE=STAND_IN ..]

It is process 1 of its own process namespace, so everything that runs there ends with it. Programs and libraries are
this machine's, read-only; /etc, /var, /home, /run, /tmp, /dev and /usr/local are its own, plain folders in FOLDER, so that
a test can look into them from outside. The network is this machine's: sshd listens on loopback, on PORT.

What is a stand-in: no systemd runs there. `systemctl` and `journalctl` are systemctl.py beside this file, which really
runs the units. Any further file may be covered by a stand-in, as /usr/bin/dpkg=/tmp/dpkg or /proc/cpuinfo=/tmp/cpuinfo.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys

PASSWD = """root:x:0:0:root:/root:/bin/bash
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
sshd:x:100:65534::/run/sshd:/usr/sbin/nologin
pi:x:1000:1000::/home/pi:/bin/bash
guest:x:1001:1001::/home/guest:/bin/bash
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
"""
GROUP = "root:x:0:\ndaemon:x:1:\nshadow:x:42:\ni2c:x:998:\ngpio:x:997:\npi:x:1000:\nguest:x:1001:\nnogroup:x:65534:\n"
SUDOERS = """Defaults secure_path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
root ALL=(ALL:ALL) ALL
pi ALL=(ALL) NOPASSWD: ALL
"""
SSHD = """Port {port}
ListenAddress 127.0.0.1
HostKey /etc/ssh/host_key
AuthorizedKeysFile /etc/ssh/authorized_keys
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
PermitRootLogin prohibit-password
StrictModes no
PrintMotd no
MaxStartups 100
"""
OWN = ["etc", "var", "home", "run", "tmp", "root", "dev", "usr-local"]


def mount(*words):
    subprocess.run(["mount", *words], check=True)


def write(path, text, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)
    os.chmod(path, mode)


def furnish(folder, port):
    """Makes what is the machine's own, unless it is there already: then it was only switched off."""
    if os.path.exists(f"{folder}/etc/passwd"):
        return
    for name in OWN:
        os.makedirs(f"{folder}/{name}", exist_ok=True)
    etc = f"{folder}/etc"
    write(f"{etc}/passwd", PASSWD)
    write(f"{etc}/group", GROUP)
    names = [line.split(":")[0] for line in PASSWD.split()]
    write(f"{etc}/shadow", "".join(f"{name}:*:19000:0:99999:7:::\n" for name in names), 0o640)
    write(f"{etc}/gshadow", "".join(f"{line.split(':')[0]}:*::\n" for line in GROUP.split()), 0o640)
    write(f"{etc}/sudoers", SUDOERS, 0o440)
    write(f"{etc}/ssh/sshd_config", SSHD.format(port=port))
    write(f"{etc}/nsswitch.conf", "passwd: files\ngroup: files\nshadow: files\nhosts: files\n")
    write(f"{etc}/hosts", f"127.0.0.1 localhost {socket.gethostname()}\n")
    os.makedirs(f"{etc}/alternatives")
    for name in ["pam.d", "security", "ld.so.cache", "login.defs", "alternatives/awk"]:
        if os.path.isdir(f"/etc/{name}"):
            shutil.copytree(f"/etc/{name}", f"{etc}/{name}", symlinks=True)
        elif os.path.exists(f"/etc/{name}"):
            shutil.copy(f"/etc/{name}", f"{etc}/{name}", follow_symlinks=False)
    for name in ["systemd/system", "sysusers.d", "tmpfiles.d", "udev/rules.d", "modules-load.d", "default"]:
        os.makedirs(f"{etc}/{name}", exist_ok=True)
    for name in ["lib", "log", "tmp"]:
        os.makedirs(f"{folder}/var/{name}", exist_ok=True)
    for name, owner in [("pi", 1000), ("guest", 1001)]:
        os.makedirs(f"{folder}/home/{name}", exist_ok=True)
        os.chown(f"{folder}/home/{name}", owner, owner)
    for name in ["bin", "sbin", "lib", "share"]:
        os.makedirs(f"{folder}/usr-local/{name}", exist_ok=True)
    for name in ["tmp", "var/tmp"]:
        os.chmod(f"{folder}/{name}", 0o1777)


def enter(folder, stand_ins):
    """Mounts the root and goes into it."""
    mount("--make-rprivate", "/")
    root = f"{folder}/root-of-it"
    os.makedirs(root, exist_ok=True)
    mount("-t", "tmpfs", "-o", "mode=755", "none", root)
    for name in ["usr", "proc", "sys", *OWN[:-1]]:
        os.makedirs(f"{root}/{name}")
    for name in ["bin", "sbin", "lib", "lib64", "lib32"]:
        if os.path.islink(f"/{name}"):
            os.symlink(os.readlink(f"/{name}"), f"{root}/{name}")
    mount("--bind", "/usr", f"{root}/usr")
    mount("-o", "remount,bind,ro", f"{root}/usr")
    mount("--bind", f"{folder}/usr-local", f"{root}/usr/local")
    for name in OWN[:-1]:
        mount("--bind", f"{folder}/{name}", f"{root}/{name}")
    mount("-t", "proc", "none", f"{root}/proc")
    for name in ["null", "zero", "random", "urandom", "full"]:
        open(f"{root}/dev/{name}", "a").close()
        mount("--bind", f"/dev/{name}", f"{root}/dev/{name}")
    for link, target in [("fd", "/proc/self/fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")]:
        if not os.path.lexists(f"{root}/dev/{link}"):
            os.symlink(target, f"{root}/dev/{link}")
    for path, stand_in in stand_ins:
        mount("--bind", stand_in, f"{root}{path}")
    os.chroot(root)
    os.chdir("/")


def main():
    folder, port = sys.argv[1], sys.argv[2]
    systemctl = os.path.join(os.path.dirname(os.path.abspath(__file__)), "systemctl.py")
    furnish(folder, port)
    # what a start of the machine clears
    shutil.rmtree(f"{folder}/run")
    os.makedirs(f"{folder}/run/systemd/system")
    os.makedirs(f"{folder}/run/sshd", 0o755)
    stand_ins = [("/usr/bin/systemctl", systemctl), ("/usr/bin/journalctl", systemctl)]
    enter(folder, stand_ins + [tuple(word.split("=", 1)) for word in sys.argv[3:]])
    os.environ.clear()
    os.environ["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os._exit(0))
    subprocess.run(["systemctl", "stand-in-boot"], check=True)
    subprocess.Popen(["/usr/sbin/sshd", "-D", "-e"])
    while True:
        try:
            os.wait()
        except ChildProcessError:
            return


main()
