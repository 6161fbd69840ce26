# DIRECTORY takes what is completed, FILE is the completion, SETTINGS come first.
eval "$SETTINGS"
source "$FILE"
n=1
spy() {
    _pkill "$@"
    printf '%s\n' "${COMPREPLY[@]+"${COMPREPLY[@]}"}" >"$DIRECTORY/$n.candidates"
}
complete -F spy pgrep pkill pidwait
typed() {
    printf %s "$READLINE_LINE" >"$DIRECTORY/$n.line"
    READLINE_LINE= READLINE_POINT=0
    : >"$DIRECTORY/$n.done"
    n=$((n + 1))
}
bind -x '"\C-]": typed'
PROMPT_COMMAND=': >"$DIRECTORY/ready"'
