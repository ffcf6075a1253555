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

if [ "$DRY_RUN" = yes ]; then
    # the comparison writes a tree that is root's, which the user could not take away from his own
    incoming=$(mktemp -d) || exit 1
    trap 'rm -rf "$incoming"' EXIT
    cp -R "$stage/root" "$incoming/" && ln -s "$stage/release" "$incoming/release"
    [ ! -d "$stage/secret" ] || cp -R "$stage/secret" "$incoming/"
    prepare
    tell_changes
    exit 0
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
