# shellcheck shell=sh
# At the start of a machine whose last deployment was cut off between the first change and its verdict: goes back to
# what was there before. Stands behind lib.sh as host/settle, for mqtt-thing-settle.service, before the thing is started.

settle() {
    [ -d "$PENDING" ] || return 0
    exec 9>"$BASE/lock"
    flock -n 9 || return 0
    printf 'mqtt-thing-settle: a deployment was cut off; going back to what was there before it\n'
    restore
    fresh=$(cat "$PENDING/fresh")
    forget_pending
    [ "$fresh" = no ] || clean_up
}

settle
