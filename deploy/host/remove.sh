# shellcheck shell=sh
# Takes away what deploy.sh put on this machine; with "purge" state, configuration and users, too. Behind lib.sh on the
# standard input of root's shell. Cut off, it can be done again.

# What an earlier time without "purge" left here. Where the service is there all the same, that is somebody else's.
has_leftovers() {
    [ "$package" != installed ] && ! has_unit "$THING" || return 1
    for path in /etc/mqtt-thing /var/lib/mqtt-thing /var/lib/mqtt-thing-runner; do
        [ ! -e "$path" ] || return 0
    done
    id mqtt-thing >/dev/null 2>&1 || id mqtt-thing-runner >/dev/null 2>&1
}

remove() {
    purge=$1
    package=$(dpkg-query -W -f '${db:Status-Status}' mqtt-thing 2>/dev/null)
    if [ ! -d "$BASE" ]; then
        if [ "$purge" != purge ] || ! has_leftovers; then
            outcome unchanged - "nothing of it is here"
            return
        fi
        # for the lock
        mkdir -p "$BASE"
    fi
    exec 9>"$BASE/lock"
    if ! flock -n 9; then
        outcome refused - "another deployment to this host is at work"
        return
    fi
    step "stopping"
    for unit in "$THING" "$RUNNER"; do
        if [ "$package" = installed ]; then
            systemctl_ stop "$unit" >/dev/null 2>&1
        else
            systemctl_ disable --now "$unit" >/dev/null 2>&1
        fi
    done
    systemctl_ disable "$SETTLE" >/dev/null 2>&1
    step "removing"
    [ ! -e "$BASE/installed" ] || while IFS= read -r path; do
        case $path in
            /etc/mqtt-thing/*) ;;
            /etc/default/mqtt-thing)
                # what somebody else wrote there stays, or comes back
                sed -i '/^MQTT_THING_THING=/d' "$path"
                grep -s '^MQTT_THING_THING=' "$BASE/default-before" >>"$path"
                [ -s "$path" ] || [ -e "$BASE/default-before" ] || rm -f "$path" ;;
            *) rm -f "$path" ;;
        esac
    done <"$BASE/installed"
    if [ "$purge" = purge ] && [ "$package" = installed ]; then
        note "state, configuration and users are the package's, too: apt purge mqtt-thing"
    elif [ "$purge" = purge ]; then
        rm -rf /etc/mqtt-thing /var/lib/mqtt-thing /var/lib/mqtt-thing-runner
        for user in mqtt-thing mqtt-thing-runner; do
            userdel "$user" >/dev/null 2>&1
            groupdel "$user" >/dev/null 2>&1
        done
    fi
    # /etc/mqtt-thing is kept when something is in it
    remove_empty_folders
    systemctl_ daemon-reload
    rm -rf "$BASE"
    if [ "$package" = installed ]; then
        systemctl_ reenable "$THING" >/dev/null 2>&1
        systemctl_ start --no-block "$THING"
        outcome removed - "the package's own is back in charge"
    else
        outcome removed - "nothing of it is left$([ "$purge" = purge ] || echo "; its state, /etc/mqtt-thing and users stay, --purge removes them")"
    fi
}
