# shellcheck shell=sh
# Looks at what deploy.sh sent, in the staging folder $1, as the user who logged in: is it whole, is everything
# right for it here? Only then root's part is started. Up to there nothing on this machine has changed.

stage=$1
# shellcheck source=deploy/host/lib.sh
. "$stage/host/lib.sh"
# shellcheck disable=SC1091 # WANTED, ID, TOKEN, WAIT, IGNORE, JOBS, DRY_RUN, SENT_AT
. "$stage/settings"
# shellcheck source=deploy/host/checks.sh
. "$stage/host/checks.sh"

if ! (cd "$stage" && sha256sum --quiet -c manifest) >/dev/null 2>&1; then
    outcome failed - "what arrived is not what was sent; nothing was touched"
    exit 0
fi
version=$(timeout 30 "$stage/release/mqtt-thing" --version 2>&1)
code=$?
if [ $code -ne 0 ]; then
    printf '%s\n' "$version" | tail -n 3 | said
    case $code in
        124) why=": it did not end within 30 s" ;;
        12[5-7]) why= ;;
        *) if [ $code -gt 128 ]; then why=": it died by SIG$(kill -l $code)"; else why=; fi ;;
    esac
    outcome refused - "the new program does not run on this host$why; nothing was touched"
    exit 0
fi
case $version in
    "mqtt-thing "*) ;;
    *)
        printf '%s\n' "$version" | head -n 1 | said
        outcome refused - "what was sent is not mqtt-thing: its --version says something else; nothing was touched"
        exit 0 ;;
esac
version=${version##* }

step "checks"
check_all
if [ $problems -gt 0 ]; then
    [ $problems -eq 1 ] && count="1 problem" || count="$problems problems"
    outcome refused "$version" "$count; nothing was touched"
    exit 0
fi

# shellcheck disable=SC2154,SC2086 # $sudo, two words or none, is from checks.sh
exec $sudo sh "$stage/host/begin.sh" "$stage"
