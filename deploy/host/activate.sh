# shellcheck shell=sh
# Puts what is in the folder $1 in charge of this machine, as a transaction: either it comes up at least as well as
# what ran before, or all is put back. Runs as root, apart from the ssh session that started it, and writes to the log $2.
# Killed or cut off at any point, the next of these or mqtt-thing-settle.service goes back by way of pending/.

incoming=$1
exec >>"$2" 2>&1 </dev/null
echo "pid $$"
umask 022
# shellcheck source=deploy/host/lib.sh
. "$incoming/host/lib.sh"
# shellcheck disable=SC1091
. "$incoming/settings"
# shellcheck source=deploy/host/changes.sh
. "$incoming/host/changes.sh"

finish() {
    # the log may be read by everybody; the folder may hold secrets
    rm -rf "$incoming"
    outcome "$@"
    exit 0
}

put_files() {
    # the way back must stand before the first change that needs it
    cat "$incoming/host/lib.sh" "$incoming/host/settle.sh" >"$incoming/settle" &&
        put "$incoming/settle" "$BASE/host/settle" 755 root:root || return 1
    put_one "/etc/systemd/system/$SETTLE" && systemctl_ daemon-reload &&
        systemctl_ enable "$SETTLE" >/dev/null 2>&1 || return 1
    # the owner's own, for --uninstall
    if [ -e /etc/default/mqtt-thing ] && ! grep -qsxF /etc/default/mqtt-thing "$BASE/installed"; then
        put /etc/default/mqtt-thing "$BASE/default-before" 644 root:root || return 1
    fi
    while IFS= read -r path; do
        put_one "$path" || return 1
    done <"$incoming/changed"
    sort -u "$incoming/paths" "$(readable "$BASE/installed")" >"$incoming/installed" &&
        put "$incoming/installed" "$BASE/installed" 644 root:root && sync
}

readable() { if [ -e "$1" ]; then echo "$1"; else echo /dev/null; fi; }

put_one() {
    grep -qxF "$1" "$incoming/changed" || return 0
    if [ "${1%/*}" = /etc/mqtt-thing ] && [ -e "$incoming/secret/${1##*/}" ]; then
        put "$incoming/root$1" "$1" 600 mqtt-thing:root
    else
        put "$incoming/root$1" "$1" 644 root:root
    fi
}

make_users() {
    systemd-sysusers "$incoming/root/etc/sysusers.d/mqtt-thing.conf" || return 1
    id mqtt-thing >/dev/null
}

put_release() {
    release=$BASE/releases/$ID
    [ $new_release = no ] && { touch "$release"; return; }
    rm -rf "$BASE/releases/.new"
    mkdir -p "$BASE/releases" && mkdir -m 755 "$BASE/releases/.new" &&
        cp "$incoming/release"/* "$BASE/releases/.new/" &&
        chmod 755 "$BASE/releases/.new/mqtt-thing" && chmod 644 "$BASE/releases/.new/topology.toml" &&
        mkdir "$BASE/releases/.new/units" && cp "$incoming/root/etc/systemd/system"/*.service "$BASE/releases/.new/units/" &&
        chmod 644 "$BASE/releases/.new/units"/* && sync || return 1
    # one of that name whose program differs can only be damaged
    rm -rf "$release"
    mv -T "$BASE/releases/.new" "$release"
}

start_it() {
    systemctl_ daemon-reload
    # each of these has nothing to do on some machine
    systemd-tmpfiles --create /etc/tmpfiles.d/mqtt-thing.conf >/dev/null 2>&1
    modprobe i2c-dev >/dev/null 2>&1
    if command -v udevadm >/dev/null; then
        udevadm control --reload >/dev/null 2>&1 && udevadm trigger --subsystem-match=i2c-dev --subsystem-match=gpio >/dev/null 2>&1
    fi
    systemctl_ enable "$THING" >/dev/null 2>&1
    start_anew
}

tell_why() {
    printf '%s\n' "$told" | said
    if command -v journalctl >/dev/null; then
        timeout 20 journalctl --no-pager -q -o cat -n 15 -u "$THING" --since "@$began" 2>/dev/null | said
    fi
}

# The last three; never the one that runs.
prune() {
    running=$(readlink "$BASE/current")
    # shellcheck disable=SC2010,SC2012 # names are ours, without spaces
    ls -1t "$BASE/releases" | grep -vxF "${running##*/}" | tail -n +3 |
        while IFS= read -r old; do rm -rf "$BASE/releases/$old"; done
    # shellcheck disable=SC2012
    ls -1t "$BASE/logs" | tail -n +6 | while IFS= read -r old; do rm -f "$BASE/logs/$old"; done
}

exec 9>"$BASE/lock"
if ! flock -n 9; then
    finish refused - "another deployment to this host is at work"
fi
began=$(date +%s)

if [ -d "$PENDING" ]; then
    note "an earlier deployment was cut off; going back to what was there before it"
    go_back
fi
prepare
if nothing_changes; then
    if runs_enabled && [ "$before" -eq 0 ]; then
        finish unchanged "$version" "online"
    fi
    step "it is there already; starting it, waiting for health"
    systemctl_ enable "$THING" >/dev/null 2>&1
    systemctl_ start --no-block "$RUNNER" "$THING"
    wait_well "$BASE/current/mqtt-thing" "$WAIT"
    case "$health" in
        0) finish unchanged "$version" "online" ;;
        1) printf '%s\n' "$told" | said; finish unchanged "$version" "online, with faults" ;;
    esac
    tell_why
    finish failed "$version" "$(health_in_words "$health")"
fi
running=$(running_jobs)
if [ "$running" -gt 0 ] && [ "$JOBS" != end ]; then
    finish refused "$version" "$(jobs_in_words "$running")"
fi

previous=$(program_now)
[ -z "$previous" ] || previous=$(readlink -f "$previous")
if ! put_release || ! make_users || ! write_pending; then
    rm -rf "$BASE/.pending.new" "$BASE/releases/.new"
    [ "$fresh" = no ] || clean_up
    finish failed "$version" "the files could not be written (disk full?); nothing was changed"
fi
step "switching to $version"
if ! put_files; then
    health=4 told="the files could not be written (disk full?)"
elif ! start_it; then
    health=4 told="systemd does not start it: systemctl status $THING $RUNNER"
else
    step "waiting for health, $WAIT s at most"
    wait_well "$BASE/releases/$ID/mqtt-thing" "$WAIT"
fi

if [ "$fresh" = yes ] && [ "$health" -le 1 ]; then
    verdict=installed
elif [ "$fresh" = no ] && [ "$health" -lt 4 ] && [ "$health" -le "$before" ]; then
    verdict=upgraded
else
    step "it is $(health_in_words "$health"); going back"
    tell_why
    went="$health"
    go_back
    if [ "$fresh" = yes ]; then
        finish failed "$version" "it was $(health_in_words "$went"); all of it was taken away again"
    fi
    version=$(timeout 30 "$previous" --version 2>/dev/null)
    finish rolledback "${version##* }" "the new one was $(health_in_words "$went"); the one before is back, $(health_in_words "$health")"
fi
forget_pending
prune
[ "$(property ActiveState "$RUNNER")" != failed ] || note "$RUNNER failed, so no jobs run: journalctl -u $RUNNER"
case "$health" in
    0) finish $verdict "$version" "online" ;;
    1) printf '%s\n' "$told" | said; finish $verdict "$version" "online, with faults" ;;
    *) tell_why; finish failed "$version" "in place: $(health_in_words "$health"); what was there before was $(health_in_words "$before")" ;;
esac
