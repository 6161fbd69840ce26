# How many lines the list takes that a new shell with compinit and nothing else shows after `COMMAND -` and TAB.
#
# list.zsh DIRECTORY-OF-PROGRAMS DIRECTORY-OF-COMPLETIONS COMMAND
emulate -R zsh
zmodload zsh/zpty
zpty shell env PATH=$1:$PATH TERM=xterm zsh -f -i
zpty -w shell "fpath=($2 \$fpath); autoload -U compinit; compinit -u -D; stty cols 100 rows 400; LISTMAX=1; print RE''ADY"
zpty -r shell text '*READY*'
zpty -w -n shell "$3 -"$'\t'
zpty -r shell text '*possibilities (*lines)*'
print ${${text##*possibilities \(}%% *}
