#!/usr/bin/env python3
"""A stand-in for systemctl and journalctl on a machine where no systemd runs, for the tests of deploy.sh.

It reads the unit files and really runs them: ExecStart as User and SupplementaryGroups with Environment and
EnvironmentFile, StateDirectory and RuntimeDirectory made with owner and mode, Type=notify waited for over a socket,
Type=oneshot, Restart=, RestartSec=, RestartPreventExitStatus=, Wants=, Condition PathExists, enable and disable by links, static
units. It knows nothing of sandboxing, cgroups, dependencies beyond Wants= and timers. One supervisor a service keeps its
state in /run/stand-in/UNIT.json and its output in /var/log/stand-in/UNIT.log, which is what `journalctl` shows.
"""

import grp
import json
import os
import pwd
import shlex
import signal
import socket
import subprocess
import sys
import time

FOLDERS = ["/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system", "/stand-in-units"]
STATE, LOGS = "/run/stand-in", "/var/log/stand-in"


def find(unit):
    for folder in FOLDERS:
        path = f"{folder}/{unit}"
        if os.path.exists(path):
            return path
    return None


def read(unit):
    """Settings by (section, name), each a list; an empty value resets it, as systemd.syntax has it."""
    settings, section = {}, ""
    with open(find(unit)) as file:
        for line in file.read().replace("\\\n", " ").splitlines():
            line = line.strip()
            if line.startswith("["):
                section = line.strip("[]")
            elif line and line[0] not in "#;":
                name, value = (part.strip() for part in line.split("=", 1))
                if value:
                    settings.setdefault((section, name), []).append(value)
                else:
                    settings.pop((section, name), None)
    return settings


def last(settings, name, usual="", section="Service"):
    return settings.get((section, name), [usual])[-1]


def words(settings, name, section="Service"):
    return [word for value in settings.get((section, name), []) for word in value.split()]


def state(unit):
    try:
        with open(f"{STATE}/{unit}.json") as file:
            found = json.load(file)
    except (OSError, ValueError):
        return {"ActiveState": "inactive", "MainPID": 0, "Supervisor": 0}
    if found["Supervisor"] and not os.path.exists(f"/proc/{found['Supervisor']}"):
        found.update(ActiveState="failed" if found["ActiveState"] == "failed" else "inactive", MainPID=0, Supervisor=0)
    return found


def save(unit, **values):
    os.makedirs(STATE, exist_ok=True)
    with open(f"{STATE}/{unit}.json.new", "w") as file:
        json.dump(values, file)
    os.rename(f"{STATE}/{unit}.json.new", f"{STATE}/{unit}.json")


def environment(settings):
    found = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    pairs = [pair for value in settings.get(("Service", "Environment"), []) for pair in shlex.split(value)]
    for path in settings.get(("Service", "EnvironmentFile"), []):
        if os.path.exists(path.lstrip("-")):
            with open(path.lstrip("-")) as file:
                pairs += [shlex.split(line)[0] for line in file if "=" in line and line.strip()[0] not in "#;"]
        elif not path.startswith("-"):
            raise FileNotFoundError(path)
    found.update(pair.split("=", 1) for pair in pairs)
    return found


def prepare(settings):
    """The user's ids and the environment; makes the folders."""
    user = last(settings, "User", "root")
    account = pwd.getpwnam(user)
    gid = grp.getgrnam(last(settings, "Group")).gr_gid if last(settings, "Group") else account.pw_gid
    more = [grp.getgrnam(name).gr_gid for name in words(settings, "SupplementaryGroups")]
    env = environment(settings)
    for name, base, variable in [("StateDirectory", "/var/lib", "STATE_DIRECTORY"), ("RuntimeDirectory", "/run", "RUNTIME_DIRECTORY")]:
        for folder in words(settings, name):
            path = f"{base}/{folder}"
            os.makedirs(path, exist_ok=True)
            os.chown(path, account.pw_uid, gid)
            os.chmod(path, int(last(settings, name + "Mode", "0755"), 8))
            env[variable] = path
    env.update(USER=user, HOME=account.pw_dir, LOGNAME=user)
    return account.pw_uid, gid, more, env


def supervise(unit):
    """Runs a service until it is told to stop, in a process of its own."""
    settings = read(unit)
    kind = last(settings, "Type", "simple")
    me = os.getpid()
    asked = {"stop": False, "child": None}

    def on_stop(*_):
        asked["stop"] = True
        if asked["child"]:
            asked["child"].terminate()

    signal.signal(signal.SIGTERM, on_stop)
    os.makedirs(LOGS, exist_ok=True)
    log = open(f"{LOGS}/{unit}.log", "ab", buffering=0)
    while True:
        try:
            uid, gid, more, env = prepare(settings)
            heard = None
            if kind == "notify":
                path = f"{STATE}/{unit}.notify"
                if os.path.exists(path):
                    os.unlink(path)
                heard = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
                heard.bind(path)
                os.chmod(path, 0o777)
                heard.settimeout(0.1)
                env["NOTIFY_SOCKET"] = path
            child = subprocess.Popen(
                shlex.split(last(settings, "ExecStart")), env=env, user=uid, group=gid, extra_groups=more,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", umask=int(last(settings, "UMask", "0022"), 8))
        except (OSError, KeyError, subprocess.SubprocessError) as error:
            log.write(f"stand-in: {unit} cannot be started: {error}\n".encode())
            code = 203
        else:
            asked["child"] = child
            save(unit, ActiveState="activating" if heard or kind == "oneshot" else "active", MainPID=child.pid, Supervisor=me)
            if asked["stop"]:
                child.terminate()
            stop_by = None
            while child.poll() is None:
                if asked["stop"]:
                    stop_by = stop_by or time.monotonic() + float(last(settings, "TimeoutStopSec", "90"))
                    if time.monotonic() > stop_by:
                        child.kill()
                if heard:
                    try:
                        if b"READY=1" in heard.recv(4096):
                            save(unit, ActiveState="active", MainPID=child.pid, Supervisor=me)
                    except socket.timeout:
                        pass
                else:
                    time.sleep(0.02)
            code = child.returncode
            if heard:
                heard.close()
        # RuntimeDirectory ends with the service, systemd.exec
        for folder in words(settings, "RuntimeDirectory"):
            subprocess.run(["rm", "-rf", f"/run/{folder}"], check=False)
        policy = last(settings, "Restart", "no")
        again = policy == "always" or (policy == "on-failure" and code != 0)
        if asked["stop"] or kind == "oneshot" or not again or str(code) in words(settings, "RestartPreventExitStatus"):
            failed = code != 0 and not asked["stop"]
            save(unit, ActiveState="failed" if failed else "inactive", MainPID=0, Supervisor=0)
            os._exit(0)
        log.write(f"stand-in: {unit} ended with {code}, again in a moment\n".encode())
        save(unit, ActiveState="activating", MainPID=0, Supervisor=me)
        # a tenth of what the unit says, for tests shall be quick
        until = time.monotonic() + float(last(settings, "RestartSec", "0.1")) / 10
        while time.monotonic() < until and not asked["stop"]:
            time.sleep(0.02)


def start(unit, block=True):
    if not find(unit):
        return f"Unit {unit} not found."
    if state(unit)["Supervisor"]:
        return None
    settings = read(unit)
    for path in words(settings, "ConditionPathExists", "Unit"):
        if not os.path.exists(path):
            return None
    for other in words(settings, "Wants", "Unit"):
        if find(other):
            start(other, block=False)
    save(unit, ActiveState="activating", MainPID=0, Supervisor=os.getpid())
    if os.fork() == 0:
        os.setsid()
        if os.fork():
            os._exit(0)
        null = os.open("/dev/null", os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(null, number)
        os.closerange(3, 256)
        save(unit, ActiveState="activating", MainPID=0, Supervisor=os.getpid())
        try:
            supervise(unit)
        finally:
            os._exit(1)
    os.wait()
    while block and state(unit)["ActiveState"] == "activating":
        time.sleep(0.02)
    return f"{unit} failed" if block and state(unit)["ActiveState"] == "failed" else None


def stop(unit):
    while (supervisor := state(unit)["Supervisor"]):
        try:
            os.kill(supervisor, signal.SIGTERM)
        except ProcessLookupError:
            pass
        time.sleep(0.02)
    save(unit, ActiveState="inactive", MainPID=0, Supervisor=0)


def links(unit):
    return [f"/etc/systemd/system/{target}.wants/{unit}" for target in words(read(unit), "WantedBy", "Install")] if find(unit) else []


def enable(unit):
    for link in links(unit):
        os.makedirs(os.path.dirname(link), exist_ok=True)
        if not os.path.lexists(link):
            os.symlink(find(unit), link)


def disable(unit):
    for folder in [f for f in os.listdir("/etc/systemd/system") if f.endswith(".wants")]:
        link = f"/etc/systemd/system/{folder}/{unit}"
        if os.path.lexists(link):
            os.unlink(link)
        if not os.listdir(f"/etc/systemd/system/{folder}"):
            os.rmdir(f"/etc/systemd/system/{folder}")


def boot():
    """What is wanted by multi-user.target, those that come before others first."""
    folder = "/etc/systemd/system/multi-user.target.wants"
    units = os.listdir(folder) if os.path.isdir(folder) else []
    for unit in sorted(units, key=lambda unit: not words(read(unit), "Before", "Unit") if find(unit) else True):
        if find(unit):
            start(unit, block=last(read(unit), "Type") == "oneshot")


def show(unit, names, value_only):
    known = dict(state(unit), LoadState="loaded" if find(unit) else "not-found", NRestarts=0)
    for name in names:
        print(known.get(name, "") if value_only else f"{name}={known.get(name, '')}")


def main():
    if os.path.basename(sys.argv[0]) == "journalctl":
        unit = sys.argv[sys.argv.index("-u") + 1]
        unit = unit if unit.endswith(".service") else f"{unit}.service"
        if os.path.exists(f"{LOGS}/{unit}.log"):
            subprocess.run(["tail", "-n", "15", f"{LOGS}/{unit}.log"], check=True)
        return 0
    options = [word for word in sys.argv[1:] if word.startswith("-")]
    plain = [word for word in sys.argv[1:] if not word.startswith("-")]
    if "-p" in sys.argv:
        names = sys.argv[sys.argv.index("-p") + 1]
        plain.remove(names)
    verb, units = plain[0], plain[1:]
    units = [unit if "." in unit else f"{unit}.service" for unit in units]
    problems = []
    for unit in units:
        if verb in ("start", "restart"):
            if verb == "restart":
                stop(unit)
            problems.append(start(unit, block="--no-block" not in options))
        elif verb == "stop":
            stop(unit)
        elif verb == "reenable":
            disable(unit)
            enable(unit)
        elif verb in ("enable", "disable"):
            if verb == "enable" and not find(unit):
                problems.append(f"Unit {unit} not found.")
                continue
            enable(unit) if verb == "enable" else disable(unit)
            if "--now" in options:
                start(unit) if verb == "enable" else stop(unit)
        elif verb == "is-enabled":
            wanted = links(unit)
            on = bool(find(unit)) and (not wanted or all(os.path.lexists(link) for link in wanted))
            if not on:
                return 1
        elif verb == "is-active":
            if state(unit)["ActiveState"] != "active":
                return 3
        elif verb == "show":
            show(unit, names.split(","), "--value" in options)
    if verb == "stand-in-boot":
        boot()
    elif verb not in ("start", "restart", "stop", "enable", "disable", "reenable", "is-enabled", "is-active", "show", "daemon-reload", "reset-failed"):
        problems.append(f"the stand-in does not know {verb}")
    problems = [problem for problem in problems if problem]
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


sys.exit(main())
