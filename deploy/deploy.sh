#!/usr/bin/env bash
# Puts mqtt-thing on Raspberry Pis as a service, over ssh alone; takes it back where it does not come up.
# `deploy/deploy.sh --help` says how. What it does on a host is in deploy/host/.
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly HERE
# shellcheck source=deploy/deploy-binary.sh
source "$HERE/deploy-binary.sh"
# shellcheck source=deploy/deploy-host.sh
source "$HERE/deploy-host.sh"
# shellcheck source=deploy/deploy-show.sh
source "$HERE/deploy-show.sh"

usage() {
    cat <<'HELP'
Puts mqtt-thing with its topology on Raspberry Pis as a service that starts with them. Checks everything first and tells
all that is wrong; then installs, waits until the broker hears the thing, and goes back to what was there before when it
does not. Done again, it changes nothing. Whenever it is cut off, each host has a version that works.

Usage: deploy/deploy.sh [OPTIONS] USER@HOST... --topology FILE
       deploy/deploy.sh [OPTIONS] USER@HOST... --uninstall [--purge]

What goes there:
  -t, --topology FILE    the lab's file; each host finds its own part by its address
      --thing NAME       this host is that thing, whatever its address is (one host only); it remembers
      --binary FILE      this program; repeat it for several architectures (otherwise what
                         deploy/build.sh made, or cargo build --release for this machine's)
      --build            build what is missing
      --secrets DIR      what "mqtt-thing broker init" made: its folder, or one of its clients/

How:
      --dry-run          do all checks, say what would be done, change nothing
      --wait SECONDS     how long a thing may take until it is online (60)
      --jobs N           so many hosts at a time (8)
      --wait-for-jobs    where jobs run, wait for their end (otherwise such a host is refused)
      --end-jobs         where jobs run, end them
      --ignore CHECK     go on although this check fails: broker or clock
      --uninstall        take all of it away; keeps state and /etc/mqtt-thing ..
      --purge            .. and with this, takes them and the users away, too

The way there:
  -i, --identity FILE    the private key
  -p, --port PORT
      --ssh-config FILE
  -o, --ssh-option OPT   as ssh -o, repeat it
The user must be root, or be allowed sudo without a password, as on Raspberry Pi OS.

      --json             the outcome of each host as JSON on standard output
  -h, --help             this text

Examples:
  deploy/build.sh armv7 && deploy/deploy.sh pi@172.16.32.157 pi@172.16.32.117 --topology lab.toml
  deploy/deploy.sh pi@pi3.local --topology lab.toml --thing inner --build
  deploy/deploy.sh pi@172.16.32.157 --topology lab.toml --secrets set-up --dry-run
  deploy/deploy.sh pi@172.16.32.157 --uninstall

Exit codes: 0 all hosts are well, 1 some are not (each is named), 2 the command line or a file cannot be used.
HELP
}

die() {
    printf 'deploy.sh: %s\n' "$1" >&2
    shift
    [ $# -eq 0 ] || printf '  %s\n' "$@" >&2
    exit 2
}

# --- the command line -----------------------------------------------------------

topology='' thing='' secrets='' dry_run=no wait_s=60 at_a_time=8 jobs=refuse ignore=() uninstall=no purge=no json=no build=no
identity='' port='' ssh_config='' ssh_options=() binaries=() hosts=()

parse() {
    local option value
    while [ $# -gt 0 ]; do
        option=$1
        shift
        case $option in
            --*=*) value=${option#*=} option=${option%%=*} ;;
            -t | --topology | --thing | --binary | --secrets | --wait | --jobs | --ignore | -i | --identity | -p | --port | \
                --ssh-config | -o | --ssh-option)
                [ $# -gt 0 ] || die "$option needs a value"
                value=$1
                shift ;;
            *) value= ;;
        esac
        case $option in
            -t | --topology) topology=$value ;;
            --thing) thing=$value ;;
            --binary) binaries+=("$value") ;;
            --secrets) secrets=$value ;;
            --wait) wait_s=$value ;;
            --jobs) at_a_time=$value ;;
            --ignore) ignore+=("$value") ;;
            -i | --identity) identity=$value ;;
            -p | --port) port=$value ;;
            --ssh-config) ssh_config=$value ;;
            -o | --ssh-option) ssh_options+=("$value") ;;
            --build) build=yes ;;
            --dry-run) dry_run=yes ;;
            --wait-for-jobs) jobs="wait" ;;
            --end-jobs) jobs=end ;;
            --uninstall) uninstall=yes ;;
            --purge) purge=purge ;;
            --json) json=yes ;;
            -h | --help) usage; exit 0 ;;
            -*) die "unknown option $option" "deploy/deploy.sh --help lists them" ;;
            *) hosts+=("$option") ;;
        esac
    done
}

# Everything that can be seen to be wrong from here, before a host is asked.
check_command_line() {
    local host one seen=' '
    [ ${#hosts[@]} -gt 0 ] || die "no host is named" "deploy/deploy.sh pi@HOST --topology FILE; --help says more"
    for host in "${hosts[@]}"; do
        case $host in
            '' | *[!A-Za-z0-9@._:%[\]-]*) die "\"$host\" is no USER@HOST" ;;
        esac
        case $seen in *" $host "*) die "$host is named twice" ;; esac
        seen+="$host "
    done
    [[ $wait_s =~ ^[1-9][0-9]{0,3}$ ]] || die "--wait $wait_s: 1 to 9999 seconds are possible"
    [[ $at_a_time =~ ^[1-9][0-9]{0,2}$ ]] || die "--jobs $at_a_time: 1 to 999 are possible"
    for one in ${ignore[@]+"${ignore[@]}"}; do
        case $one in
            broker | clock) ;;
            *) die "--ignore $one: only broker and clock can be ignored" ;;
        esac
    done
    if [ $uninstall = yes ]; then
        [ -z "$topology$thing$secrets${binaries[*]-}" ] || die "--uninstall needs no topology, thing, binary or secrets"
        [ $dry_run = no ] || die "--uninstall has no --dry-run"
        return
    fi
    [ $purge = no ] || die "--purge goes with --uninstall"
    [ -n "$topology" ] || die "no --topology FILE is given" "resources/one-pi.toml is one to start from"
    if [ ! -f "$topology" ] || [ ! -r "$topology" ]; then die "there is no file $topology"; fi
    if [ -n "$thing" ]; then
        [ ${#hosts[@]} -eq 1 ] || die "--thing goes with one host, ${#hosts[@]} are named" \
            "each host finds its part of the file by its address, or remembers the --thing of an earlier time"
        [[ $thing =~ ^[a-z0-9_]+$ ]] || die "--thing $thing: a name has a to z, 0 to 9 and _"
    fi
    [ -z "$secrets" ] || check_secrets_folder
    for one in ${binaries[@]+"${binaries[@]}"}; do
        [ -n "$(machine_of "$one")" ] || die "$one is no program for a Pi (no ELF file)"
    done
    for one in tar sha256sum ssh; do
        command -v $one >/dev/null || die "$one is not there"
    done
}

# Any other folder is a slip of the hand, and may hold what must not leave this machine.
check_secrets_folder() {
    local folder
    [ -d "$secrets" ] || die "there is no folder $secrets"
    for folder in "$secrets" "$secrets"/clients/*; do
        ! holds_secrets "$folder" || return 0
    done
    die "$secrets is not from \"mqtt-thing broker init\": neither it nor a folder in $secrets/clients has one of ${SECRETS[*]}" \
        "--secrets DIR takes the folder that broker init made, or one of its clients/"
}

# Where a program that runs here is at hand: a mistake in the file is found before any host is asked.
check_topology_here() {
    local program code=0
    for program in ${binaries[@]+"${binaries[@]}"} "$HERE/../target/release/mqtt-thing"; do
        # the braces also take what bash says of one that dies by a signal
        { "$program" --version >"$work/version"; } 2>/dev/null || continue
        grep -q '^mqtt-thing ' "$work/version" || continue
        "$program" check "$topology" >/dev/null 2>"$work/complaints" || code=$?
        if [ $code -eq 1 ]; then
            cat "$work/complaints" >&2
            die "$topology has mistakes; no host was touched"
        fi
        return
    done
}

main() {
    parse "$@"
    check_command_line
    work=$(mktemp -d "${TMPDIR:-/tmp}/mqtt-thing-deploy.XXXXXX")
    trap 'end_workers; rm -rf "$work"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    make_ssh
    local n failed=0
    for n in "${!hosts[@]}"; do
        mkdir "$work/$n"
    done
    began=$SECONDS
    if [ $uninstall = yes ]; then
        for_each_host remove_from_host
    else
        check_topology_here
        for_each_host ask_host
        choose_binaries
        for_each_host deliver_to_host
    fi
    show_outcomes
    for n in "${!hosts[@]}"; do
        is_well "$n" || failed=1
    done
    exit $failed
}

main "$@"
