# shellcheck shell=sh
# Shows what an activation says until its verdict. begin.sh sources it; deploy.sh sends it again, behind lib.sh, when
# the connection was lost meanwhile.

follow() {
    if [ ! -e "$1" ]; then
        outcome lost - "the connection was lost before anything was touched"
        return
    fi
    its_pid='' patience=50
    exec 7<"$1"
    while :; do
        while IFS= read -r line <&7; do
            case $line in
                "pid "*) its_pid=${line#pid } ;;
                "outcome "*) printf '%s\n' "$line"; return ;;
                *) printf '%s\n' "$line" ;;
            esac
        done
        # its last words may have come between the look at the log and the look at the process
        if [ "$patience" -le 0 ]; then
            outcome broken - "the activation was ended from outside; at the next start, or the next deployment, the host goes back to what it had"
            return
        fi
        if [ -z "$its_pid" ]; then
            patience=$((patience - 1))
        elif ! grep -qs activate.sh "/proc/$its_pid/cmdline"; then
            patience=0
        fi
        sleep 0.2
    done
}
