# Types lines into an interactive shell, each with a TAB and a Ctrl-] behind it, which the shell's own rc file (rc.bash,
# rc.zsh) answers by leaving N.done.
#
# drive.zsh DIRECTORY COMMAND...
emulate -R zsh
zmodload zsh/zpty zsh/zselect
directory=$1
shift
lines=("${(@f)$(<$directory/lines)}")
zpty -b shell "${(@q)@}"
output=$REPLY
until_there() {
    local said
    until [[ -e $1 ]]; do
        zselect -r $output -t 1 # until it writes, or for 10 ms
        zpty -r -t shell said && print -rn -u2 -- "$said"
        zpty -t shell || { print -u2 'the shell has exited'; exit 1 }
    done
}
until_there $directory/0.done
for n in {1..$#lines}; do
    zpty -w -n shell "$lines[n]"$'\t\x1d'
    until_there $directory/$n.done
done
zpty -w shell exit
while zpty -t shell; do zselect -t 1; zpty -r -t shell said; done
exit 0
