namespace MultiTurnTrainer.Cli;

/// <summary>What is wrong with a command line, in the form that all errors have: the option, its value, what is accepted.</summary>
internal static class ParseProblems
{
    /// <summary>Every problem, with the hint that goes with all of them; none where the command line can be run.</summary>
    public static (IReadOnlyList<string> Problems, string Hint) Of(ParseResult parsed)
    {
        // A shell's question for completions is about a line that is not whole yet.
        if (parsed.Tokens.Any(token => token.Type == TokenType.Directive))
        {
            return ([], "");
        }

        string[] unknown = parsed.Tokens.Any(token => token.Type == TokenType.DoubleDash) ? [] : UnknownOptions(parsed);
        // Without a command there is nothing else to say about what was taken for one.
        bool misspelt = parsed.UnmatchedTokens.Count > 0;
        string[] problems =
        [
            .. unknown.Select(name => $"there is no option '{name}'"),
            .. misspelt && parsed.CommandResult.Command is RootCommand
                ? parsed.UnmatchedTokens.Take(1).Select(word => $"there is no command '{word}'")
                : parsed.Errors.Select(Text),
        ];
        return (problems, Hint(parsed, unknown));
    }

    private static string Text(ParseError error) =>
        error.SymbolResult switch
        {
            // A bound of ours, which says everything.
            OptionResult { Option: var bounded }
                when error.Message.StartsWith($"{bounded.Name} ", StringComparison.Ordinal) => error.Message,
            OptionResult { Tokens: { Count: > 0 } tokens, Option: var option } => Value(
                option.Name,
                option.ValueType,
                Accepted(option),
                tokens
            ),
            ArgumentResult { Tokens: { Count: > 0 } tokens, Argument: var argument } => Value(
                argument.Name,
                argument.ValueType,
                Accepted(argument),
                tokens
            ),
            OptionResult { Option: { Required: true } missing } => $"{missing.Name} is needed",
            ArgumentResult missing => $"{missing.Argument.Name} is needed",
            _ => null,
        } ?? error.Message.TrimEnd('.');

    private static string? Value(string name, Type type, string[] accepted, IReadOnlyList<Token> tokens)
    {
        string[] values = [.. tokens.Select(token => token.Value)];
        if (accepted.Length > 0)
        {
            string wrong = Array.Find(values, value => !accepted.Contains(value)) ?? values[^1];
            return $"{name} {wrong}: is not known, one of {string.Join(", ", accepted)} is";
        }

        type = Nullable.GetUnderlyingType(type) ?? type;
        string kind = type == typeof(double) ? "number" : "whole number";
        return type.IsPrimitive && values.Length == 1 ? $"{name} {values[0]}: is not a {kind} that fits" : null;
    }

    private static string[] Accepted(Symbol symbol) =>
        [
            .. symbol
                .GetCompletions(CompletionContext.Empty)
                .Select(item => item.Label.ToLowerInvariant())
                .Order(StringComparer.Ordinal),
        ];

    // The parser takes a mistyped option for the name of a file where the command takes any number of files.
    private static string[] UnknownOptions(ParseResult parsed) =>
        [
            .. parsed
                .CommandResult.Children.OfType<ArgumentResult>()
                .SelectMany(argument => argument.Tokens)
                .Select(token => token.Value)
                .Where(value => value.Length > 1 && value[0] == '-'),
        ];

    private static string Hint(ParseResult parsed, IEnumerable<string> unknown)
    {
        Command command = parsed.CommandResult.Command;
        IEnumerable<string> known = command.Subcommands.Concat<Symbol>(command.Options).Select(symbol => symbol.Name);
        string? near = unknown
            .Concat(parsed.UnmatchedTokens)
            .Select(word => Nearest.To(word, known))
            .FirstOrDefault(name => name is not null);
        string help = command is RootCommand ? "mtt --help" : $"mtt {command.Name} --help";
        return near is null ? help : $"did you mean '{near}'? {help}";
    }
}
