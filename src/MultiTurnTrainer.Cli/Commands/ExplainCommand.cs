namespace MultiTurnTrainer.Cli.Commands;

/// <summary><c>mtt explain</c>: what a code means.</summary>
internal static class ExplainCommand
{
    private const string _help = """
        Explain a finding's code.

        Examples:
          mtt explain
          mtt explain MTT104
          mtt explain near-duplicate
        """;

    private static readonly Table _rules = new("{0}  {1,-8} {2,-24} {3}");
    private static readonly Argument<string?> _code = new("CODE")
    {
        Description = "A code or name, such as MTT104 or unknown-role; without it, all are listed.",
        Arity = ArgumentArity.ZeroOrOne,
        HelpName = "CODE",
        CompletionSources = { CommonOptions.FindingCodes },
    };

    public static Command Create()
    {
        Command command = new("explain", _help) { _code };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        if (parsed.GetValue(_code) is { } wanted)
        {
            RuleInfo found =
                Catalogue.Find(wanted)
                ?? throw new MttException($"{wanted}: there is no such code", "mtt explain lists all codes.");
            Console.Out.Write(CatalogueText.Explain(found));
            return ExitCode.Done;
        }

        foreach (RuleInfo rule in Catalogue.All)
        {
            Console.Out.Write(_rules.Line(rule.Code, rule.Severity.GetName(), rule.Name, rule.Summary) + "\n");
        }

        return ExitCode.Done;
    }
}
