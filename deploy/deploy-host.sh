# shellcheck shell=bash disable=SC2154
# One host: asked what it is, sent what it needs, followed until its verdict. deploy.sh sources this, sets what it does
# not, and runs each of the three functions for several hosts side by side.

# ssh as the options say. Host keys are checked as always. Without a terminal, or with several hosts, nobody could
# answer a question; with one host a password is asked for once.
make_ssh() {
    local option
    ssh=(ssh -o ConnectTimeout=15 -o ServerAliveInterval=10 -o ServerAliveCountMax=3 -o ForwardAgent=no -o ForwardX11=no -T)
    [ -z "$ssh_config" ] || ssh+=(-F "$ssh_config")
    [ -z "$identity" ] || ssh+=(-i "$identity" -o IdentitiesOnly=yes)
    [ -z "$port" ] || ssh+=(-p "$port")
    for option in ${ssh_options[@]+"${ssh_options[@]}"}; do ssh+=(-o "$option"); done
    if [ -t 0 ] && [ -t 2 ] && [ ${#hosts[@]} -eq 1 ]; then
        ssh+=(-o ControlMaster=auto -o "ControlPath=$work/ssh" -o ControlPersist=20)
    else
        ssh+=(-o BatchMode=yes)
    fi
}

fact() { sed -n "s/^fact $2 //p" "$work/$1/facts"; }

# What is said by ssh itself, when it fails, without its name before it.
ssh_complaint() { sed '/^$/d; s/^ssh: //' "$work/$1/ssh" | tail -n 1 | tr -d '\r'; }

ask_host() {
    local n=$1 host=${hosts[$1]} missing
    show "$n" step "asking what it is"
    if ! cat "$HERE/host/lib.sh" "$HERE/host/facts.sh" | "${ssh[@]}" "$host" 'exec sh -s' >"$work/$n/facts" 2>"$work/$n/ssh" ||
        ! grep -q '^fact end' "$work/$n/facts"; then
        ends "$n" failed - "ssh: $(ssh_complaint "$n")"
        return
    fi
    if [ "$(fact "$n" architecture)" = armhf ] &&
        { [ "$(fact "$n" machine)" = armv6l ] || [ "$(fact "$n" processor)" = 6 ]; }; then
        ends "$n" refused - "$(fact "$n" model) has an ARMv6 processor, a Pi 2 or later is needed; nothing was touched"
        return
    fi
    case $(fact "$n" architecture) in
        armhf | arm64 | amd64) ;;
        *) ends "$n" refused - "its architecture is $(fact "$n" architecture); armhf, arm64 and amd64 are known; nothing was touched"
            return ;;
    esac
    missing=$(fact "$n" missing | paste -sd ' ' -)
    if [ -n "$missing" ]; then
        show "$n" problem "it has no $missing"
        show "$n" cure "sudo apt-get install coreutils diffutils tar util-linux"
        ends "$n" refused - "tools are missing; nothing was touched"
    fi
}

# What `mqtt-thing broker init` writes for a client. Nothing else is taken from its folder.
readonly SECRETS=(password client.crt client.key ca.crt)

holds_secrets() {
    local name
    for name in "${SECRETS[@]}"; do
        [ ! -f "$1/$name" ] || return 0
    done
    return 1
}

# A thing's `address` in the topology, which is its id and its account; nothing where none stands there.
address_of() {
    awk -v name="$1" '
        /^[[:space:]]*\[/ {table = $0; gsub(/[][:space:]["\047]|#.*/, "", table)}
        table == "things." name && /^[[:space:]]*address[[:space:]]*=/ {
            if (split($0, parts, /["\047]/) > 2) print parts[2]
            exit
        }' "$topology"
}

# All that a host's client may be called: the id of the thing that it is said to be, its addresses, the name that was
# typed. The host says some of it: nothing of that may lead to another folder.
clients_of() {
    local its_thing=$thing
    [ -n "$its_thing" ] || its_thing=$(fact "$1" thing)
    {
        [ -z "$its_thing" ] || address_of "$its_thing"
        fact "$1" addresses | tr -s ' ' '\n'
        echo "${hosts[$1]#*@}"
    } | awk '/^[A-Za-z0-9._:%-]+$/ && !seen[$0]++'
}

# The folder of the host's secrets: DIR itself, or the one below DIR/clients that has one of these names.
secrets_of() {
    local id
    [ -d "$secrets/clients" ] || { echo "$secrets"; return; }
    for id in $(clients_of "$1"); do
        if holds_secrets "$secrets/clients/$id"; then echo "$secrets/clients/$id"; return; fi
    done
}

no_secrets_for() {
    local n=$1 folder there=()
    for folder in "$secrets"/clients/*; do
        ! holds_secrets "$folder" || there+=("${folder##*/}")
    done
    show "$n" problem "$secrets/clients has none of $(clients_of "$n" | paste -sd ' ' -); it has ${there[*]-}"
    show "$n" cure "--secrets $secrets/clients/NAME with the one that this host is"
    ends "$n" refused - "no secrets for it; nothing was touched"
}

# Everything that the host gets, in one folder. Nothing of it is written on the way: it goes as one stream.
make_stage() {
    local n=$1 stage=$work/$1/stage its_secrets unit id name
    mkdir -p "$stage"/{release,host,root/etc/{mqtt-thing,sysusers.d,tmpfiles.d,udev/rules.d,modules-load.d,systemd/system}}
    cp "$(cat "$work/$n/binary")" "$stage/release/mqtt-thing"
    chmod 755 "$stage/release/mqtt-thing"
    cp "$topology" "$stage/release/topology.toml"
    cp "$topology" "$stage/root/etc/mqtt-thing/topology.toml"
    cp "$HERE"/host/*.sh "$stage/host/"
    for unit in "$HERE"/systemd/*.service "$HERE"/host/*.service; do
        sed 's|/usr/bin/mqtt-thing|/usr/local/bin/mqtt-thing|g' "$unit" >"$stage/root/etc/systemd/system/${unit##*/}"
    done
    cp "$HERE/systemd/mqtt-thing.sysusers.conf" "$stage/root/etc/sysusers.d/mqtt-thing.conf"
    cp "$HERE/systemd/mqtt-thing.tmpfiles.conf" "$stage/root/etc/tmpfiles.d/mqtt-thing.conf"
    cp "$HERE"/systemd/*.rules "$stage/root/etc/udev/rules.d/"
    cp "$HERE/systemd/mqtt-thing.modules-load.conf" "$stage/root/etc/modules-load.d/mqtt-thing.conf"
    # the same content has the same name, so that a second time finds that all is there
    id=$(cd "$stage" && find release root -type f | sort | xargs -d '\n' sha256sum | sha256sum | cut -c 1-12)
    if [ -n "$secrets" ]; then
        its_secrets=$(secrets_of "$n")
        [ -n "$its_secrets" ] || return 1
        mkdir -m 700 "$stage/secret"
        for name in "${SECRETS[@]}"; do
            [ ! -f "$its_secrets/$name" ] || cp "$its_secrets/$name" "$stage/secret/"
        done
    fi
    cat >"$stage/settings" <<SETTINGS
ID=$id
TOKEN=$(date -u +%Y%m%d-%H%M%S)-$(od -An -N4 -tx4 /dev/urandom | tr -d ' ')
WANTED=$thing
WAIT=$wait_s
IGNORE="${ignore[*]-}"
JOBS=$jobs
DRY_RUN=$dry_run
SENT_AT=$(date +%s)
SETTINGS
    (cd "$stage" && find . -type f | sort | xargs -d '\n' sha256sum >../manifest && mv ../manifest .)
}

# In a shell of its own on the host: takes the stream into a folder in the home of the user that nobody else can read,
# has it looked at, and takes the folder away again whatever happens. Folders whose shell has ended were left by a power cut.
# shellcheck disable=SC2016 # for the host's shell
readonly RECEIVE='exec sh -c '\''umask 077; cd || exit 1
for old in .mqtt-thing-deploy.*; do
    grep -qs mqtt-thing-deploy "/proc/${old##*.}/cmdline" || rm -rf "$old"
done
stage=$HOME/.mqtt-thing-deploy.$$
trap "rm -rf \"$stage\"" EXIT
trap "exit 1" HUP INT TERM PIPE
# one of our own number, from before a start of the machine
rm -rf "$stage"
mkdir "$stage" || exit 1
tar -xf - -C "$stage" || { echo "outcome failed - it has no room for what was sent; nothing was touched"; exit 0; }
sh "$stage/host/arrive.sh" "$stage"'\'

deliver_to_host() {
    local n=$1 host=${hosts[$1]} token tries=0
    [ ! -s "$work/$n/outcome" ] || return 0
    if ! make_stage "$n"; then
        no_secrets_for "$n"
        return
    fi
    token=$(sed -n 's/^TOKEN=//p' "$work/$n/stage/settings")
    show "$n" step "sending $(du -hs "$work/$n/stage" | cut -f1)"
    tar -C "$work/$n/stage" -cf - . 2>/dev/null |
        "${ssh[@]}" "$host" "$RECEIVE" 2>"$work/$n/ssh" | follow_lines "$n" || true
    rm -rf "$work/$n/stage"
    # the activation goes on without us: ask for what became of it
    while [ ! -s "$work/$n/outcome" ] && [ $tries -lt 5 ]; do
        tries=$((tries + 1))
        show "$n" step "connection lost ($(ssh_complaint "$n")); asking again"
        sleep $tries
        { cat "$HERE/host/lib.sh" "$HERE/host/follow.sh"; echo "follow \"\$BASE/logs/$token.log\""; } |
            "${ssh[@]}" "$host" 'exec sh -s' 2>"$work/$n/ssh" | follow_lines "$n" || true
    done
    [ -s "$work/$n/outcome" ] ||
        ends "$n" failed - "connection lost: $(ssh_complaint "$n"); it has a version that works, deploy again to see to it"
}

remove_from_host() {
    local n=$1 host=${hosts[$1]}
    show "$n" step "uninstalling"
    # shellcheck disable=SC2016 # for the host's shell
    { cat "$HERE/host/lib.sh" "$HERE/host/remove.sh"; echo "remove $purge"; } |
        "${ssh[@]}" "$host" 'exec sh -c '\''if [ "$(id -u)" -eq 0 ]; then exec sh -s; else exec sudo -n sh -s; fi'\' 2>"$work/$n/ssh" |
        follow_lines "$n" || true
    [ -s "$work/$n/outcome" ] || ends "$n" failed - "ssh: $(ssh_complaint "$n")"
}

# The words of the host's scripts (deploy/host/lib.sh), as they come. It is another machine's text: only what can be
# printed is shown.
follow_lines() {
    local n=$1 line kind rest name
    while IFS= read -r line; do
        # not by a filter before the loop: that would hold lines back until it has many
        line=${line//[[:cntrl:]]/}
        kind=${line%% *} rest=${line#* }
        case $kind in
            step | note | said | cure | plan) show "$n" "$kind" "$rest" ;;
            problem) show "$n" problem "${rest#* }" ;;
            outcome)
                name=${rest%% *} rest=${rest#* }
                ends "$n" "$name" "${rest%% *}" "${rest#* }" ;;
        esac
    done
}
