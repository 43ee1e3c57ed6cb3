namespace MultiTurnTrainer.Cli.Commands;

/// <summary>How <c>mtt validate</c> writes its report: format, colour, how much.</summary>
internal sealed class ReportFlags
{
    private readonly Option<string> _format = CommonOptions.Choice(
        "--format",
        "How the report is written.",
        "text",
        [.. FindingRenderer.Formats]
    );

    private readonly Option<string> _colour = CommonOptions.Choice(
        "--color",
        "Whether text is coloured: auto does in a terminal, unless NO_COLOR is set.",
        "auto",
        "auto",
        "always",
        "never"
    );

    private readonly Option<bool> _quiet = new("--quiet", "-q")
    {
        Description = "Report errors only, and nothing where there are none.",
    };

    public void AddTo(Command command)
    {
        command.Add(_format);
        command.Add(_colour);
        command.Add(_quiet);
    }

    /// <summary>Whether only errors are wanted.</summary>
    public bool IsQuiet(ParseResult parsed) => parsed.GetValue(_quiet);

    /// <summary>Writes the report of a check to standard output.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="documentation">The address of the pages that it links to; null for none.</param>
    /// <param name="check">Hands every finding on, and returns the counts.</param>
    public ValidationSummary Write(
        ParseResult parsed,
        string? documentation,
        Func<Action<Finding>, ValidationSummary> check
    )
    {
        bool quiet = IsQuiet(parsed);
        using StreamWriter output = new(CleanJsonStream.OpenOutput(), bufferSize: 1 << 16) { NewLine = "\n" };
        using StreamWriter? page = parsed.GetValue(_format) == "github" ? StepSummary() : null;
        FindingRenderer renderer = FindingRenderer.Create(
            parsed.GetValue(_format)!,
            output,
            new ReportOptions
            {
                Documentation = documentation,
                Colour = parsed.GetValue(_colour) switch
                {
                    "always" => true,
                    "never" => false,
                    _ => TerminalColour.IsWanted(Console.IsOutputRedirected),
                },
                Quiet = quiet,
                StepSummary = page,
            }
        );
        renderer.Begin();
        ValidationSummary summary = check(finding =>
        {
            if (!quiet || finding.Severity == Severity.Error)
            {
                renderer.Write(finding);
            }
        });
        renderer.End(summary);
        return summary;
    }

    // The runner gives each step a file, to which the steps of an action append.
    private static StreamWriter? StepSummary()
    {
        const string variable = "GITHUB_STEP_SUMMARY";
        if (Environment.GetEnvironmentVariable(variable) is not { Length: > 0 } path)
        {
            return null;
        }

        try
        {
            return new StreamWriter(path, append: true) { NewLine = "\n" };
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new MttException(
                $"{variable}={path}: the summary cannot be written there ({problem.Message})",
                $"Set {variable} to a file that can be written, or take it out of the environment.",
                problem
            );
        }
    }
}
