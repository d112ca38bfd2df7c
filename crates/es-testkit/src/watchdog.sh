# Ends what a test process left behind. It reads one line per thing to look after; the end of its
# input means that the process is gone, however it went.
trap '' HUP INT QUIT TERM
pids=
while IFS= read -r line; do
    what=${line#* }
    case $line in
    'process '*) pids="$pids $what" ;;
    'ended '*)
        left=
        for pid in $pids; do
            [ "$pid" = "$what" ] || left="$left $pid"
        done
        pids=$left
        ;;
    'directory '*) set -- "$@" "$what" ;;
    'removed '*)
        for directory in "$@"; do
            shift
            [ "$directory" = "$what" ] || set -- "$@" "$directory"
        done
        ;;
    esac
done
for pid in $pids; do
    kill -KILL "$pid"
done
for directory in "$@"; do
    umount -l "$directory" # it may be a small disk of a test
    # A process that is being killed may still add a file. Whether it is gone cannot be asked: where
    # nobody collects orphans, it stays as a zombie.
    tries=0
    while rm -rf "$directory"; [ -e "$directory" ] && [ "$tries" -lt 100 ]; do
        sleep 0.05
        tries=$((tries + 1))
    done
done
