# shellcheck shell=sh
# What deploy.sh's scripts on a Pi share: the places, the words that go back to deploy.sh, files that are
# replaced as a whole, and the way back. POSIX sh: /bin/sh is dash there.
#
# The words, one a line: `step TEXT`, `note TEXT`, `said TEXT` (a line of somebody else, shown indented),
# `problem NAME TEXT`, `cure TEXT`, `plan TEXT`, and last `outcome WORD TEXT`.

# A first place for the system's programs: a user's PATH over ssh has no sbin.
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
export PATH LC_ALL

# Everything of a deployment that is no file of the system:
#   releases/<id>/   the program with its topology and units, the last three
#   current          -> the release that runs
#   pending/         there from before the first change until the verdict; holds the way back
#   incoming.<token> what arrived; gone after the verdict
#   logs/<token>.log what a deployment said
#   installed        every path that was put on this machine;  made: every folder that was made for one
#   host/            these scripts, for mqtt-thing-settle.service
BASE=/usr/local/lib/mqtt-thing
PENDING=$BASE/pending
THING=mqtt-thing.service
RUNNER=mqtt-thing-runner.service
SETTLE=mqtt-thing-settle.service

step() { printf 'step %s\n' "$*"; }
note() { printf 'note %s\n' "$*"; }
plan() { printf 'plan %s\n' "$*"; }
cure() { printf 'cure %s\n' "$*"; }
said() { sed '/^$/d; s/^/said /'; }
outcome() {
    word=$1
    shift
    printf 'outcome %s %s\n' "$word" "$*"
}

# Seconds that no clock setting moves: a Pi has no clock of its own and may learn the time right now.
uptime_s() { cut -d. -f1 /proc/uptime; }

# A systemd that hangs must not hang us. It gets none of our files: a child would keep the lock.
systemctl_() { timeout 60 systemctl "$@" </dev/null 9>&-; }
property() { systemctl_ show -p "$1" --value "$2" 2>/dev/null; }
has_unit() { [ "$(property LoadState "$1")" = loaded ]; }

# Whether what is at a path is what shall be there.
same() {
    if [ -L "$1" ] || [ -L "$2" ]; then
        [ -L "$1" ] && [ -L "$2" ] && [ "$(readlink "$1")" = "$(readlink "$2")" ]
    else
        cmp -s "$1" "$2"
    fi
}

# put FROM TO MODE OWNER:GROUP. Whoever reads TO finds the old or the new, never a half.
put() {
    folder=${2%/*}
    beside=$folder/.${2##*/}.mqtt-thing-new
    make_folder "$folder" || return 1
    rm -f "$beside"
    cp -P "$1" "$beside" || { rm -f "$beside"; return 1; }
    if [ ! -L "$beside" ]; then
        if ! chown "$4" "$beside" || ! chmod "$3" "$beside" || ! sync "$beside"; then
            rm -f "$beside"
            return 1
        fi
    fi
    mv -fT "$beside" "$2"
}

# Notes what it makes, so that it can be taken away again.
make_folder() {
    [ -d "$1" ] && return
    make_folder "${1%/*}" && mkdir -m 755 "$1" && printf '%s\n' "$1" >>"$BASE/made"
}

# Which thing this machine is, as an earlier --thing or its owner has written it down.
remembered_thing() {
    sed -n "s/^MQTT_THING_THING=[\"']\{0,1\}\([a-z0-9_]*\).*/\1/p" /etc/default/mqtt-thing 2>/dev/null | tail -n 1
}

# The program that is to be asked about the thing that runs now.
program_now() {
    for program in "$BASE/current/mqtt-thing" /usr/local/bin/mqtt-thing /usr/bin/mqtt-thing; do
        if [ -x "$program" ]; then
            printf '%s\n' "$program"
            return
        fi
    done
}

# health_once PROGRAM PID SECONDS: `mqtt-thing health` of that process. 0 well, 1 faults, 3 offline, 4 not running.
# What it said is in $told.
health_once() {
    told=$(timeout $(($3 + 10)) "$1" health --wait "$3" --pid "$2" 2>&1)
    code=$?
    case $code in
        0 | 1 | 3 | 4) ;;
        # older than `health`: then all that can be said is whether it runs
        2) code=4; [ "$(property ActiveState "$THING")" = active ] && code=0 ;;
        *) code=4 ;;
    esac
    return $code
}

# wait_well PROGRAM SECONDS: until the thing is well and stays so, or for so long. Sets $health.
wait_well() {
    end=$(($(uptime_s) + $2)) faulty=0
    while :; do
        pid=$(property MainPID "$THING")
        health=4
        if [ "${pid:-0}" -gt 0 ]; then
            health_once "$1" "$pid" 2
            health=$?
            # online, but not well: a board may take a moment after the start, not a minute
            [ $health -ne 1 ] || faulty=$((faulty + 1))
            if [ $health -eq 0 ] || [ $faulty -ge 5 ]; then
                sleep 1
                # one that is online and ends at once is not well
                if [ "$(property MainPID "$THING")" = "$pid" ]; then return; fi
                health=4
            fi
        else
            # shellcheck disable=SC2034 # for whoever tells why
            told="$THING does not run"
            if [ "$(property ActiveState "$THING")" = failed ]; then return; fi
            sleep 0.5
        fi
        if [ "$(uptime_s)" -ge $end ]; then return; fi
    done
}

health_in_words() {
    case $1 in
        0) echo online ;;
        1) echo "online, with faults" ;;
        3) echo "running, but not online" ;;
        *) echo "not running" ;;
    esac
}

# Puts every file back as pending/ has it. Can be cut off anywhere and done again.
restore() {
    while IFS= read -r unit; do
        systemctl_ disable "$unit" >/dev/null 2>&1
        # the way back at a start of the machine is no service to stop: it is who is doing this
        [ "$unit" = "$SETTLE" ] || systemctl_ stop "$unit" >/dev/null 2>&1
    done <"$PENDING/not-enabled"
    while IFS= read -r path; do
        if [ -e "$PENDING/before$path" ] || [ -L "$PENDING/before$path" ]; then
            beside=${path%/*}/.${path##*/}.mqtt-thing-new
            rm -f "$beside"
            cp -a "$PENDING/before$path" "$beside" && mv -fT "$beside" "$path"
        else
            rm -f "$path"
        fi
    done <"$PENDING/paths"
    if [ -e "$PENDING/installed" ]; then
        cp "$PENDING/installed" "$BASE/.installed.new" && mv -f "$BASE/.installed.new" "$BASE/installed"
    else
        rm -f "$BASE/installed"
    fi
    remove_empty_folders
    sync
    systemctl_ daemon-reload
    # its link may lead to a file that is gone, where a package's lies elsewhere
    grep -qxF "$THING" "$PENDING/not-enabled" || systemctl_ reenable "$THING" >/dev/null 2>&1
}

# Ends what runs, waits for its end, and starts what is there now. Not `restart`: until that has come to it, the process
# that is asked for its health would be the old one.
start_anew() {
    for unit in "$THING" "$RUNNER"; do
        systemctl_ stop "$unit" >/dev/null 2>&1
    done
    systemctl_ reset-failed "$RUNNER" "$THING" >/dev/null 2>&1
    for unit in "$RUNNER" "$THING"; do
        ! has_unit "$unit" || systemctl_ start --no-block "$unit" || return 1
    done
}

# Of the folders that were made, those in which nothing is left, the deepest first.
remove_empty_folders() {
    [ -e "$BASE/made" ] || return 0
    sort -r "$BASE/made" | while IFS= read -r folder; do
        rmdir "$folder" 2>/dev/null
    done
    left=$(while IFS= read -r folder; do [ ! -d "$folder" ] || printf '%s\n' "$folder"; done <"$BASE/made")
    printf '%s' "${left:+$left
}" >"$BASE/made"
}

# After the verdict. The rename is the moment from which nothing is pending.
forget_pending() {
    rm -rf "$BASE/.settled"
    mv -T "$PENDING" "$BASE/.settled" && sync && rm -rf "$BASE/.settled"
}

# Takes a deployment back: the files, then what ran before them, and waits for that. Sets $health.
go_back() {
    fresh=$(cat "$PENDING/fresh")
    restore
    if [ "$fresh" = yes ]; then
        forget_pending
        clean_up
        health=4
        return
    fi
    start_anew
    wait_well "$(program_now)" "$WAIT"
    forget_pending
}

# After a first installation that failed: nothing stays but the logs, which tell why.
clean_up() {
    rm -rf "$BASE/releases" "$BASE/host"
    remove_empty_folders
}

# How many jobs run now: the processes that the thing or its runner has started and that have not ended. (The thing's
# report tells it, too, but is up to 30 s old.)
running_jobs() {
    sed 's/.*) //' /proc/[0-9]*/stat 2>/dev/null |
        awk -v thing="$(property MainPID "$THING")" -v runner="$(property MainPID "$RUNNER")" \
            '$1 != "Z" && $2 > 0 && ($2 == thing || $2 == runner) {jobs++} END {print jobs + 0}'
}

jobs_in_words() { echo "it runs jobs now ($1): --wait-for-jobs waits for their end, --end-jobs ends them"; }
