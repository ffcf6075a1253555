# shellcheck shell=bash disable=SC2154
# What people see: a line per host that changes while it is worked on, or plain lines where no terminal is; at the end a
# table. deploy.sh sources this and sets what it does not. Everything but --json goes to standard error.

# Runs a function for all hosts, so many at a time, each with its number.
for_each_host() {
    local n running=0
    start_painting
    for n in "${!hosts[@]}"; do
        if [ $running -ge "$at_a_time" ]; then
            wait -n || true
            running=$((running - 1))
        fi
        ("$1" "$n") &
        running=$((running + 1))
    done
    for n in $(jobs -pr); do
        [ "$n" = "$painter" ] || wait "$n" || true
    done
    stop_painting
}

end_workers() {
    local pid
    for pid in $(jobs -p); do kill "$pid" 2>/dev/null || true; done
}

# show N KIND TEXT
show() {
    case $2 in
        problem | cure) printf '%s\t%s\n' "$2" "$3" >>"$work/$1/problems" ;;
    esac
    if [ -n "$painter" ]; then
        case $2 in
            step) printf '%s\n' "$3" >"$work/$1/step.new" && mv "$work/$1/step.new" "$work/$1/step" ;;
            *) say "$@" 2>>"$work/messages" ;;
        esac
    else
        say "$@"
    fi
}

say() {
    local host=${hosts[$1]}
    case $2 in
        step) printf '%s: %s\n' "$host" "$3" ;;
        note) printf '%s: note: %s\n' "$host" "$3" ;;
        problem) printf '%s: %sproblem%s: %s\n' "$host" "$red" "$plain" "$3" ;;
        cure) printf '%s:   cure: %s\n' "$host" "$3" ;;
        plan) printf '%s: would: %s\n' "$host" "$3" ;;
        said) printf '%s:   | %s\n' "$host" "$3" ;;
    esac >&2
}

# ends N WORD VERSION TEXT: a host's outcome, which is its last.
ends() {
    printf '%s\t%s\t%s\t%s\n' "$2" "$3" "$((SECONDS - began))" "$4" >"$work/$1/outcome.new"
    mv "$work/$1/outcome.new" "$work/$1/outcome"
    if [ -n "$painter" ]; then
        show "$1" step "$(in_words "$2"): $4"
    else
        printf '%s: %s: %s\n' "${hosts[$1]}" "$(in_words "$2")" "$4" >&2
    fi
}

in_words() {
    case $1 in
        unchanged) if [ "$uninstall" = yes ]; then echo "not there"; else echo "already there"; fi ;;
        rolledback) echo "rolled back" ;;
        would) echo "dry run" ;;
        lost | broken) echo "cut off" ;;
        *) echo "$1" ;;
    esac
}

is_well() {
    local word
    IFS=$'\t' read -r word _ <"$work/$1/outcome" || return 1
    case $word in
        installed | upgraded | unchanged | would | removed) ;;
        *) return 1 ;;
    esac
}

red='' green='' plain=''
if [ -t 2 ] && [ -z "${NO_COLOR-}" ] && [ "${TERM-}" != dumb ]; then
    red=$'\e[31m' green=$'\e[32m' plain=$'\e[0m'
fi

show_outcomes() {
    local n word version seconds text colour wide=4
    for n in "${!hosts[@]}"; do
        [ -s "$work/$n/outcome" ] || printf 'failed\t-\t%s\tit was not finished\n' "$((SECONDS - began))" >"$work/$n/outcome"
        [ "${#hosts[$n]}" -le "$wide" ] || wide=${#hosts[$n]}
    done
    printf '\n%-*s  %-13s  %-10s  %5s\n' "$wide" host outcome version time >&2
    for n in "${!hosts[@]}"; do
        IFS=$'\t' read -r word version seconds text <"$work/$n/outcome"
        colour=$red
        ! is_well "$n" || colour=$green
        printf '%-*s  %s%-13s%s  %-10s  %3s s  %s\n' "$wide" "${hosts[$n]}" "$colour" "$(in_words "$word")" "$plain" "$version" "$seconds" "$text" >&2
    done
    [ "$json" = no ] || show_json
}

show_json() {
    local n word version seconds text separator='['
    for n in "${!hosts[@]}"; do
        IFS=$'\t' read -r word version seconds text <"$work/$n/outcome"
        [ "$version" != - ] || version=
        printf '%s{"host":%s,"outcome":%s,"well":%s,"version":%s,"seconds":%s,"text":%s,"problems":[%s]}' "$separator" "$(quoted "${hosts[$n]}")" \
            "$(quoted "$word")" "$(is_well "$n" && echo true || echo false)" "$(quoted "$version")" "$seconds" "$(quoted "$text")" "$(problems_of "$n")"
        separator=$',\n '
    done
    printf ']\n'
}

# {"text":"..","cures":["..",..]} of each problem that a host has.
problems_of() {
    local kind text before='' end=''
    [ -e "$work/$1/problems" ] || return 0
    while IFS=$'\t' read -r kind text; do
        if [ "$kind" = problem ]; then
            printf '%s{"text":%s,"cures":[' "$end" "$(quoted "$text")"
            before='' end=']},'
        elif [ -n "$end" ]; then
            printf '%s%s' "$before" "$(quoted "$text")"
            before=,
        fi
    done <"$work/$1/problems"
    printf '%s' "${end%,}"
}

quoted() {
    local text=${1//\\/\\\\}
    text=${text//\"/\\\"}
    printf '"%s"' "${text//$'\t'/\\t}"
}

# --- a line per host that changes ------------------------------------------------

painter=''

# For several hosts on a terminal that has a line for each. With one, ssh may ask for a password on that terminal.
start_painting() {
    local rows
    [ -t 2 ] && [ "${TERM-dumb}" != dumb ] && [ ${#hosts[@]} -gt 1 ] || return 0
    rows=$(stty size <&2 2>/dev/null | cut -d' ' -f1) || return 0
    [ "${rows:-0}" -gt $((${#hosts[@]} + 1)) ] || return 0
    rm -f "$work/painted"
    : >>"$work/messages"
    paint &
    painter=$!
}

stop_painting() {
    [ -n "$painter" ] || return 0
    : >"$work/painted"
    wait "$painter" || true
    painter=''
}

# Draws until it is told to stop, then takes the lines away: the table comes in their place. What hosts said beside
# their steps stays, above the lines.
paint() {
    local n drawn=0 told=0 count columns wide=4 text last=no
    for n in "${!hosts[@]}"; do
        [ ${#hosts[$n]} -le "$wide" ] || wide=${#hosts[$n]}
    done
    while :; do
        [ ! -e "$work/painted" ] || last=yes
        columns=$(stty size <&2 2>/dev/null | cut -d' ' -f2) || columns=80
        {
            [ "$drawn" -eq 0 ] || printf '\e[%dA\r\e[J' "$drawn"
            count=$(wc -l <"$work/messages")
            [ "$count" -le "$told" ] || sed -n "$((told + 1)),${count}p" "$work/messages"
            told=$count
            [ $last = no ] || break
            for n in "${!hosts[@]}"; do
                text=
                [ ! -e "$work/$n/step" ] || text=$(cat "$work/$n/step")
                printf -v text '%-*s  %s' "$wide" "${hosts[$n]}" "$text"
                printf '%s\n' "${text:0:columns - 1}"
            done
        } >&2
        drawn=${#hosts[@]}
        sleep 0.15
    done
}
