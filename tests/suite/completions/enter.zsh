# Types lines into an interactive shell, each with a TAB and Enter behind it. The shell's own rc file leaves N.done at the
# prompt that follows.
#
# enter.zsh DIRECTORY COMMAND...
emulate -R zsh
zmodload zsh/zpty zsh/zselect
directory=$1
shift
lines=("${(@f)$(<$directory/lines)}")
print 0 >$directory/current
zpty -b shell "${(@q)@}"
output=$REPLY
until_done() {
    local said
    until [[ -e $directory/$1.done ]]; do
        zselect -r $output -t 1 # until it writes, or for 10 ms
        zpty -r -t shell said && print -rn -- "$said" >>$directory/terminal
        zpty -t shell || { print -u2 'the shell has exited'; exit 1 }
    done
}
until_done 0
for n in {1..$#lines}; do
    print $n >$directory/current
    zpty -w -n shell "$lines[n]"$'\t\r'
    until_done $n
done
zpty -w shell exit
while zpty -t shell; do zselect -t 1; zpty -r -t shell said; done
exit 0
