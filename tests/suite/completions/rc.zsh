# DIRECTORY takes what is completed, COMPLETIONS has the completion.
fpath=($COMPLETIONS $fpath)
autoload -Uz compinit && compinit -D -u
LISTMAX=-1
n=0
compadd() {
    local -a hits
    if [[ ${@[1,(i)(-|--)]} != *-[[:alpha:]]#[OAD]* ]]; then
        builtin compadd -A hits "$@"
        (( $#hits )) && print -rl -- "$IPREFIX"$^hits >>$DIRECTORY/$n.candidates
    fi
    builtin compadd "$@"
}
spy() {
    _main_complete
    compstate[list]=
}
zle -C spy complete-word spy
bindkey '^I' spy
typed() {
    print -rn -- "$BUFFER" >$DIRECTORY/$n.line
    BUFFER=
    : >$DIRECTORY/$n.done
    ((n++))
}
zle -N typed
bindkey '^]' typed
precmd() { : >$DIRECTORY/$n.done; ((n++)) }
