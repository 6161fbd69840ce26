set fish_greeting
set fish_complete_path $COMPLETIONS
function prompted --on-event fish_prompt
    read -l n <$DIRECTORY/current
    echo >$DIRECTORY/$n.done
end
