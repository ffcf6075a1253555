# shellcheck shell=sh
# Root's part begins: takes what arrived over into a folder that no user can change, starts the activation apart from
# this ssh session, so that it goes on when the session ends, and follows what it says. With --dry-run it says what
# would be done, and that is all.

stage=$1
# shellcheck source=deploy/host/lib.sh
. "$stage/host/lib.sh"
# shellcheck disable=SC1091
. "$stage/settings"
# shellcheck source=deploy/host/changes.sh
. "$stage/host/changes.sh"
# shellcheck source=deploy/host/follow.sh
. "$stage/host/follow.sh"

# The comparison writes a tree that is root's, which the user could not take away from his own.
compare() {
    if ! incoming=$(mktemp -d); then
        outcome failed - "${TMPDIR:-/tmp} cannot take it; nothing was touched"
        exit 0
    fi
    trap 'rm -rf "$incoming"' EXIT
    cp -R "$stage/root" "$incoming/" && ln -s "$stage/release" "$incoming/release"
    [ ! -d "$stage/secret" ] || cp -R "$stage/secret" "$incoming/"
    prepare
}

# A deployment that changes something restarts the thing, which ends its jobs: hours of work perhaps, so nobody is
# surprised by it.
spare_jobs() {
    waiting=
    while running=$(running_jobs) && [ "$running" -gt 0 ]; do
        case $JOBS in
            end) return ;;
            wait)
                [ -n "$waiting" ] || step "waiting for the end of its jobs ($running)"
                waiting=yes
                sleep 2 ;;
            *)
                outcome refused "$version" "$(jobs_in_words "$running")"
                exit 0 ;;
        esac
    done
}

package=$(dpkg-query -W -f '${Version}' mqtt-thing 2>/dev/null)
[ -z "$package" ] || note "the package mqtt-thing $package is installed; what is deployed goes before it until --uninstall"
if [ "$DRY_RUN" = yes ]; then
    compare
    tell_changes
    exit 0
fi
if [ "$(running_jobs)" -gt 0 ]; then
    compare
    if nothing_changes; then changes=no; else changes=yes; fi
    rm -rf "$incoming"
    trap - EXIT
    [ $changes = no ] || spare_jobs
fi

incoming=$BASE/incoming.$TOKEN
(umask 022 && mkdir -p "$BASE/logs" "$BASE/releases")
find "$BASE" -maxdepth 1 -name 'incoming.*' -mmin +10 -exec rm -rf {} +
if ! (umask 077 && cp -R "$stage" "$incoming" && chown -R root:root "$incoming"); then
    rm -rf "$incoming"
    outcome failed - "$BASE cannot take it; nothing was touched"
    exit 0
fi
log=$BASE/logs/$TOKEN.log
(umask 022 && : >"$log")
step "activation"
# As a unit of its own where systemd listens: some set-ups end all that a user has started when he logs out.
systemd-run --quiet --collect --unit="mqtt-thing-deploy-$TOKEN" \
    /bin/sh "$incoming/host/activate.sh" "$incoming" "$log" >/dev/null 2>&1 </dev/null ||
    setsid /bin/sh "$incoming/host/activate.sh" "$incoming" "$log" >/dev/null 2>&1 </dev/null &
follow "$log"
