# Types lines into an interactive shell, each with a TAB and Enter behind it. The shell's own rc file leaves N.done at the
# prompt that follows.
#
# enter.zsh DIRECTORY COMMAND...
emulate -R zsh
zmodload zsh/zpty
directory=$1
shift
lines=("${(@f)$(<$directory/lines)}")
print 0 >$directory/current
zpty -b shell "${(@q)@}"
until_done() {
    local said
    until [[ -e $directory/$1.done ]]; do
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
while zpty -t shell; do zpty -r -t shell said; done
exit 0
