fpath=($COMPLETIONS $fpath)
autoload -Uz compinit && compinit -D -u
setopt extended_glob magic_equal_subst
precmd() {
    local n=$(<$DIRECTORY/current)
    : >$DIRECTORY/$n.done
}
