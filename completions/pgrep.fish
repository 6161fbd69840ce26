# fish completion for pgrep. Rendered from the option table: do not edit; see CONTRIBUTING.md.
#
# Which processes there are is told by `pgrep --complete`, whichever of the three is completed: pgrep hurts nobody.

# Sets __pgrep_given to the options in front of the cursor, without their dashes: `-` for a signal word, `--` for the
# end of options. One whose value is being typed is not given yet, but pending. Each key press asks once for each option, so the answer
# is kept as long as the command line is the same.
function __pgrep_read
    set -l line (commandline -cp | string collect)
    test "$line" = "$__pgrep_line"; and return
    set -g __pgrep_line $line
    set -g __pgrep_given
    set -l valued and not p pid F pidfile P parent ancestor g pgroup s session t terminal u euid U uid G group O older younger r runstates exe script cwd rss cpu-time cgroup unit port env ns nslist signal max read-timeout d delimiter complete
    set -g __pgrep_pending
    for word in (commandline -opc)[2..-1]
        if set -q __pgrep_pending[1]
            set -a __pgrep_given $__pgrep_pending
            set __pgrep_pending
            continue
        end
        switch $word
            case --
                set -a __pgrep_given --
                return
            case '--*=*'
                set -a __pgrep_given (string match -r '(?<=^--)[^=]*' -- $word)
            case '--*'
                set __pgrep_pending (string sub -s 3 -- $word)
                contains -- $__pgrep_pending $valued; and continue
                set -a __pgrep_given $__pgrep_pending
                set __pgrep_pending
            case '-?*'
                if test pgrep = pkill; and string match -qir '^-([0-9]+|(SIG)?(EXIT|NULL|HUP|INT|QUIT|ILL|TRAP|ABRT|IOT|BUS|FPE|KILL|USR1|SEGV|USR2|PIPE|ALRM|TERM|STKFLT|CHLD|CLD|CONT|STOP|TSTP|TTIN|TTOU|URG|XCPU|XFSZ|VTALRM|PROF|WINCH|IO|POLL|PWR|SYS|UNUSED|RTMIN(\+[0-9]+)?|RTMAX(-[0-9]+)?))$' -- $word
                    set -a __pgrep_given -
                    continue
                end
                set -l letters (string sub -s 2 -- $word | string split '')
                while set -q letters[1]
                    if not contains -- $letters[1] $valued
                        set -a __pgrep_given $letters[1]
                    else if set -q letters[2]
                        set -a __pgrep_given $letters[1]
                        break
                    else
                        set __pgrep_pending $letters[1]
                    end
                    set -e letters[1]
                end
            case '*'
                set -a __pgrep_given pattern
        end
    end
end

function __pgrep_has_not
    __pgrep_read
    for name in $argv
        contains -- $name $__pgrep_given; and return 1
    end
    return 0
end

# Values that `pgrep --complete` calls $argv[1]; what no process has, $argv[2] knows. The names of the option follow: what is
# typed of the value may stand behind one of them in the same word.
function __pgrep_values
    set -l typed (commandline -t | string unescape)
    if string match -q -- '--*=*' "$typed"
        set typed (string replace -r '^--[^=]*=' '' -- $typed)
    else if test (count $argv) -gt 3
        set typed (string replace -r -- "^-[^-$argv[3]]*$argv[3]" '' "$typed")
    end
    __pgrep_candidates $argv[1] "$typed"
    set -l entries (string match -r '^.*,' -- $typed)
    switch $argv[2]
        case users
            __pgrep_append "$entries" (__fish_complete_users)
        case groups
            __pgrep_append "$entries" (__fish_complete_groups)
        case directories
            __fish_complete_directories "$typed"
    end
end

# Those that are not in the list yet, behind it.
function __pgrep_append
    for candidate in $argv[2..-1]
        contains -- (string replace -r '\t.*' '' -- $candidate) (string split , -- $argv[1]); or echo $argv[1]$candidate
    end
end

function __pgrep_patterns
    __pgrep_candidates pattern (commandline -t | string unescape)
end

function __pgrep_candidates --argument-names what typed
    set -l how
    __pgrep_has_not f full; or set -a how --full
    __pgrep_has_not x exact; or set -a how --exact
    __pgrep_has_not fixed-strings; or set -a how --fixed-strings
    command pgrep --complete $what $how -- "$typed" 2>/dev/null
end

function __pgrep_may_be_pattern
    __pgrep_has_not pattern; or return 1
    not __pgrep_has_not --; or not string match -q -- '-*' (commandline -ct)
end

complete -c pgrep -e
complete -c pgrep -f
complete -c pgrep -n __pgrep_may_be_pattern -a '(__pgrep_patterns)'
complete -c pgrep -s f -l full -n '__pgrep_has_not f full --' -d 'match against the whole command line, not the process name'
complete -c pgrep -s x -l exact -n '__pgrep_has_not x exact --' -d 'the pattern must match the whole name (with -f, the whole command line)'
complete -c pgrep -s i -l ignore-case -n '__pgrep_has_not i ignore-case --' -d 'match without regard to upper and lower case'
complete -c pgrep -l fixed-strings -n '__pgrep_has_not fixed-strings --' -d 'patterns are plain text, not regular expressions'
complete -c pgrep -l and -x -a '(__pgrep_values and none and)' -n '__pgrep_has_not --' -d 'this pattern must match too; may be repeated'
complete -c pgrep -l not -x -a '(__pgrep_values not none not)' -n '__pgrep_has_not --' -d 'this pattern must not match; may be repeated'
complete -c pgrep -s v -l inverse -n '__pgrep_has_not v inverse n newest o oldest --' -d 'select what does not meet all criteria together'
complete -c pgrep -s p -l pid -x -a '(__pgrep_values pid none p pid)' -n '__pgrep_has_not p pid F pidfile --' -d 'process IDs'
complete -c pgrep -s F -l pidfile -r -F -n '__pgrep_has_not p pid F pidfile --' -d 'the process whose ID is in FILE; - is standard input'
complete -c pgrep -s L -l logpidfile -n '__pgrep_has_not L logpidfile --' -d 'with -F: fail unless somebody holds a lock on the file'
complete -c pgrep -s P -l parent -x -a '(__pgrep_values parent none P parent)' -n '__pgrep_has_not P parent --' -d 'children of these processes'
complete -c pgrep -l ancestor -x -a '(__pgrep_values ancestor none ancestor)' -n '__pgrep_has_not ancestor --' -d 'descendants of these processes'
complete -c pgrep -s g -l pgroup -x -a '(__pgrep_values pgroup none g pgroup)' -n '__pgrep_has_not g pgroup --' -d 'process group IDs; 0 is our own'
complete -c pgrep -s s -l session -x -a '(__pgrep_values session none s session)' -n '__pgrep_has_not s session --' -d 'session IDs; 0 is our own'
complete -c pgrep -s t -l terminal -x -a '(__pgrep_values terminal none t terminal)' -n '__pgrep_has_not t terminal --' -d 'controlling terminals, without /dev/; ? is none'
complete -c pgrep -s u -l euid -x -a '(__pgrep_values euid users u euid)' -n '__pgrep_has_not u euid --' -d 'effective users, by name or number'
complete -c pgrep -s U -l uid -x -a '(__pgrep_values uid users U uid)' -n '__pgrep_has_not U uid --' -d 'real users, by name or number'
complete -c pgrep -s G -l group -x -a '(__pgrep_values group groups G group)' -n '__pgrep_has_not G group --' -d 'real groups, by name or number'
complete -c pgrep -s O -l older -x -a '(__pgrep_values older none O older)' -n '__pgrep_has_not O older --' -d 'started at least so long ago: seconds, or as in 2h30m'
complete -c pgrep -l younger -x -a '(__pgrep_values younger none younger)' -n '__pgrep_has_not younger --' -d 'started less than so long ago'
complete -c pgrep -s r -l runstates -x -a '(__pgrep_values runstates none r runstates)' -n '__pgrep_has_not r runstates --' -d 'in any of these states, as ps shows them'
complete -c pgrep -l no-zombies -n '__pgrep_has_not no-zombies --' -d 'leave out who has ended but was not reaped'
complete -c pgrep -l no-kernel-threads -n '__pgrep_has_not no-kernel-threads --' -d 'leave out the threads of the kernel'
complete -c pgrep -l exe -r -F -a '(__pgrep_values exe files exe)' -n '__pgrep_has_not exe --' -d 'running this executable, by path or base name'
complete -c pgrep -l exe-deleted -n '__pgrep_has_not exe-deleted --' -d 'running an executable that was deleted or replaced since'
complete -c pgrep -l script -x -a '(__pgrep_values script none script)' -n '__pgrep_has_not script --' -d 'running this script in an interpreter, by path or base name'
complete -c pgrep -l cwd -x -a '(__pgrep_values cwd directories cwd)' -n '__pgrep_has_not cwd --' -d 'with this working directory, or one below it'
complete -c pgrep -l rss -x -n '__pgrep_has_not rss --' -d 'with at least so much in memory: bytes, or as in 500M'
complete -c pgrep -l cpu-time -x -a '(__pgrep_values cpu-time none cpu-time)' -n '__pgrep_has_not cpu-time --' -d 'with at least so much CPU time used'
complete -c pgrep -l cgroup -x -a '(__pgrep_values cgroup none cgroup)' -n '__pgrep_has_not cgroup --' -d 'in this cgroup; PATH/ is all of it and below, NAME:PATH is in v1'
complete -c pgrep -l unit -x -a '(__pgrep_values unit none unit)' -n '__pgrep_has_not unit --' -d 'in these systemd units; without a suffix, services'
complete -c pgrep -l local -n '__pgrep_has_not local --' -d 'in our own PID namespace: nothing that runs in a container of ours'
complete -c pgrep -l port -x -a '(__pgrep_values port none port)' -n '__pgrep_has_not port --' -d 'holding these local ports; tcp:PORT, udp:PORT, PORT-PORT'
complete -c pgrep -l env -x -a '(__pgrep_values env none env)' -n '__pgrep_has_not env --' -d 'with these environment variables'
complete -c pgrep -l ns -x -a '(__pgrep_values ns none ns)' -n '__pgrep_has_not ns --' -d 'in the same namespaces as process PID'
complete -c pgrep -l nslist -x -a '(__pgrep_values nslist none nslist)' -n '__pgrep_has_not nslist --' -d 'with --ns: only these count (ipc, mnt, net, pid, user, uts)'
complete -c pgrep -s H -l require-handler -n '__pgrep_has_not H require-handler --' -d 'only processes that catch the signal to be sent'
complete -c pgrep -s A -l ignore-ancestors -n '__pgrep_has_not A ignore-ancestors --' -d 'leave out our own ancestors'
complete -c pgrep -s w -l lightweight -n '__pgrep_has_not w lightweight tree --' -d 'look at threads instead of processes'
complete -c pgrep -s n -l newest -n '__pgrep_has_not v inverse n newest o oldest --' -d 'only the most recently started'
complete -c pgrep -s o -l oldest -n '__pgrep_has_not v inverse n newest o oldest --' -d 'only the least recently started'
complete -c pgrep -l tree -n '__pgrep_has_not w lightweight tree --' -d 'with each match, its descendants too'
complete -c pgrep -l signal -x -a '(__pgrep_values signal none signal)' -n '__pgrep_has_not signal --' -d 'the signal, by name or number (with -H also in pgrep and pidwait)'
complete -c pgrep -l max -x -n '__pgrep_has_not max --' -d 'if more than N processes match, do nothing and exit with 4'
complete -c pgrep -l read-timeout -x -a '(__pgrep_values read-timeout none read-timeout)' -n '__pgrep_has_not read-timeout --' -d 'give up reading a process that does not answer (default 1s; 0: never)'
complete -c pgrep -l allow-none -n '__pgrep_has_not allow-none --' -d 'exit with 0 if nothing matched'
complete -c pgrep -s c -l count -n '__pgrep_has_not c count print0 --' -d 'the number of matches'
complete -c pgrep -s l -l list-name -n '__pgrep_has_not l list-name quiet --' -d 'PID and process name'
complete -c pgrep -s a -l list-full -n '__pgrep_has_not a list-full quiet --' -d 'PID and command line'
complete -c pgrep -s Q -l shell-quote -n '__pgrep_has_not Q shell-quote --' -d 'quote what -l and -a print for a shell'
complete -c pgrep -s d -l delimiter -x -n '__pgrep_has_not d delimiter print0 --' -d 'what stands between two items instead of a newline'
complete -c pgrep -l print0 -n '__pgrep_has_not c count d delimiter print0 verbose json --' -d 'end each item with a NUL and print its text exactly'
complete -c pgrep -l quiet -n '__pgrep_has_not l list-name a list-full quiet verbose json --' -d 'print nothing'
complete -c pgrep -l verbose -n '__pgrep_has_not print0 quiet verbose json --' -d 'a line for each process: PID, user, name, and what became of it'
complete -c pgrep -l json -n '__pgrep_has_not print0 quiet verbose json --' -d 'one JSON document about all of it'
complete -c pgrep -l complete -x -a '(__pgrep_values complete none complete)' -n '__pgrep_has_not complete --' -d 'list what may stand as WHAT (an option\'s value, pattern) and exit'
complete -c pgrep -s h -l help -n '__pgrep_has_not h help --' -d 'show this help and exit'
complete -c pgrep -s V -l version -n '__pgrep_has_not V version --' -d 'show the version and exit'
