# shellcheck shell=sh disable=SC2154
# What a deployment would change on this machine: compares the tree of files that shall be there with what is there.
# Sourced by begin.sh and activate.sh, which set $incoming.

# Completes the tree root/ in $incoming by what depends on this machine, and lists all its paths in $incoming/paths,
# those that differ in $incoming/changed.
prepare() {
    version=$(timeout 30 "$incoming/release/mqtt-thing" --version)
    version=${version##* }
    root=$incoming/root
    mkdir -p "$root$BASE" "$root/usr/local/bin"
    ln -sfn "releases/$ID" "$root$BASE/current"
    ln -sfn "../lib/mqtt-thing/current/mqtt-thing" "$root/usr/local/bin/mqtt-thing"
    if [ -n "$WANTED" ]; then
        mkdir -p "$root/etc/default"
        {
            [ ! -e /etc/default/mqtt-thing ] || sed '/^MQTT_THING_THING=/d' /etc/default/mqtt-thing
            printf 'MQTT_THING_THING=%s\n' "$WANTED"
        } >"$root/etc/default/mqtt-thing"
    fi
    if [ -d "$incoming/secret" ]; then
        mkdir -p "$root/etc/mqtt-thing"
        cp "$incoming/secret"/* "$root/etc/mqtt-thing/"
    fi
    (cd "$root" && find . \( -type f -o -type l \) | sed 's/^\.//' | sort) >"$incoming/paths"
    while IFS= read -r path; do
        same "$root$path" "$path" || printf '%s\n' "$path"
    done <"$incoming/paths" >"$incoming/changed"
    new_release=no
    same "$incoming/release/mqtt-thing" "$BASE/releases/$ID/mqtt-thing" || new_release=yes

    fresh=no before=4
    has_unit "$THING" || fresh=yes
    program=$(program_now)
    if [ "$fresh" = no ] && [ -n "$program" ]; then
        health_once "$program" "$(property MainPID "$THING")" 0
        before=$?
    fi
}

nothing_changes() {
    [ ! -s "$incoming/changed" ] && [ "$new_release" = no ] && [ ! -d "$PENDING" ]
}

runs_enabled() {
    [ "$(property ActiveState "$THING")" = active ] && systemctl_ is-enabled --quiet "$THING" 2>/dev/null
}

tell_changes() {
    [ ! -d "$PENDING" ] || plan "an earlier deployment was cut off: first go back to what was there before it"
    if nothing_changes && runs_enabled; then
        outcome would "$version" "it is there already, $(health_in_words "$before"); nothing would be done"
        return
    fi
    [ "$new_release" = no ] || plan "new release $BASE/releases/$ID"
    while IFS= read -r path; do
        if [ -e "$path" ] || [ -L "$path" ]; then plan "replace $path"; else plan "write $path"; fi
    done <"$incoming/changed"
    if [ "$fresh" = yes ]; then
        plan "make its users, enable and start $THING and $RUNNER"
        outcome would "$version" "would be installed"
    else
        running=$(running_jobs)
        [ "$running" -eq 0 ] || [ "$JOBS" != refuse ] ||
            note "it runs jobs now ($running): without --wait-for-jobs or --end-jobs it would be refused"
        plan "restart $THING and $RUNNER"
        outcome would "$version" "would be put in place of what runs there ($(health_in_words "$before"))"
    fi
}

# Copies what the changes will overwrite, with what else is needed to go back, into pending/.
write_pending() {
    way_back=$BASE/.pending.new
    rm -rf "$way_back"
    mkdir -m 700 "$way_back" "$way_back/before" || return 1
    cp "$incoming/changed" "$way_back/paths" || return 1
    printf '%s\n' "$fresh" >"$way_back/fresh"
    : >"$way_back/not-enabled"
    for unit in "$THING" "$RUNNER" "$SETTLE"; do
        systemctl_ is-enabled --quiet "$unit" 2>/dev/null || printf '%s\n' "$unit" >>"$way_back/not-enabled"
    done
    [ ! -e "$BASE/installed" ] || cp "$BASE/installed" "$way_back/" || return 1
    while IFS= read -r path; do
        if [ -e "$path" ] || [ -L "$path" ]; then
            mkdir -p "$way_back/before${path%/*}" && cp -a "$path" "$way_back/before$path" || return 1
        fi
    done <"$incoming/changed"
    sync && mv -T "$way_back" "$PENDING" && sync
}
