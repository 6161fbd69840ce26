# DIRECTORY takes what is completed, FILE is the completion, SETTINGS come first.
eval "$SETTINGS"
source "$FILE"
n=0
spy() {
    _pkill "$@"
    printf '%s\n' "${COMPREPLY[@]+"${COMPREPLY[@]}"}" >"$DIRECTORY/$n.candidates"
}
complete -F spy pgrep pkill pidwait
# The line becomes a comment, and is found in the history before the next one is read.
set +H
bind '"\C-]": insert-comment'
prompted() {
    local line
    line=$(history 1)
    printf %s "${line#*#}" >"$DIRECTORY/$n.line"
    : >"$DIRECTORY/$n.done"
    n=$((n + 1))
}
HISTFILE= HISTCONTROL= HISTTIMEFORMAT=
PROMPT_COMMAND=prompted
