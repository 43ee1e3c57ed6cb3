namespace MultiTurnTrainer.Cli.Commands;

/// <summary><c>mtt explain</c>: what a code means.</summary>
internal static class ExplainCommand
{
    public static Command Create()
    {
        Argument<string?> code = new("CODE")
        {
            Description = "A code or name, such as MTT104 or unknown-role; without it, all are listed.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        Command command = new(
            "explain",
            """
            Explain a finding's code.

            Examples:
              mtt explain
              mtt explain MTT104
              mtt explain near-duplicate
            """
        )
        {
            code,
        };
        command.SetAction(parsed =>
        {
            string? wanted = parsed.GetValue(code);
            if (wanted is null)
            {
                foreach (RuleInfo rule in Catalogue.All)
                {
                    Console.Out.Write($"{rule.Code}  {Name(rule), -8} {rule.Name, -24} {rule.Summary}\n");
                }

                return ExitCode.Done;
            }

            RuleInfo found =
                Catalogue.Find(wanted)
                ?? throw new MttException($"{wanted}: there is no such code", "mtt explain lists all codes.");
            Console.Out.Write(CatalogueText.Explain(found));
            return ExitCode.Done;
        });
        return command;
    }

    private static string Name(RuleInfo rule) =>
        rule.Severity switch
        {
            Severity.Error => "error",
            Severity.Warning => "warning",
            _ => "info",
        };
}
