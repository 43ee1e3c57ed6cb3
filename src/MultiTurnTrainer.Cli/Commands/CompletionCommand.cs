namespace MultiTurnTrainer.Cli.Commands;

/// <summary><c>mtt completion</c>: what a shell needs to complete commands, options and their values.</summary>
internal static class CompletionCommand
{
    private const string _help = """
        Print a script that completes commands, options, values, settings and codes of findings in a shell.

        Examples:
          mtt completion bash >> ~/.bashrc
          mtt completion zsh >> ~/.zshrc
          mtt completion fish > ~/.config/fish/completions/mtt.fish
        """;

    // Each asks mtt itself, so that a script never goes out of date; where mtt knows nothing, files are offered.
    private static readonly Dictionary<string, string> _scripts = new(StringComparer.Ordinal)
    {
        ["bash"] = """
            _mtt() {
              local IFS=$'\n'
              COMPREPLY=($(mtt "[suggest:$COMP_POINT]" "$COMP_LINE" 2>/dev/null))
              [[ "${COMPREPLY[0]}" == *= ]] && compopt -o nospace
            }
            complete -o default -F _mtt mtt
            """,
        ["fish"] = """
            complete -c mtt -a '(mtt "[suggest:"(commandline -C)"]" (commandline -cp) 2>/dev/null)'
            """,
        ["zsh"] = """
            _mtt() {
              local -a found=("${(@f)$(mtt "[suggest:$CURSOR]" "$BUFFER" 2>/dev/null)}")
              if [[ -n "${found[1]}" ]]; then compadd -- "${found[@]}"; else _files; fi
            }
            compdef _mtt mtt
            """,
    };

    private static readonly Argument<string> _shell = new("SHELL") { Description = "bash, fish or zsh." };

    public static Command Create()
    {
        _shell.AcceptOnlyFromAmong([.. _scripts.Keys.Order(StringComparer.Ordinal)]);
        Command command = new("completion", _help) { _shell };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        Console.Out.WriteLine(_scripts[parsed.GetValue(_shell)!]);
        return ExitCode.Done;
    }
}
