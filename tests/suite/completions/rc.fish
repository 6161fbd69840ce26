# Each line of DIRECTORY/lines is completed by the completions in COMPLETIONS.
for file in $COMPLETIONS/*.fish
    source $file
end
set n 0
while read -l line
    set n (math $n + 1)
    complete -C $line >$DIRECTORY/$n.candidates
end <$DIRECTORY/lines
