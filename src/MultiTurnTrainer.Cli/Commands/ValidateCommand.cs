using System.CommandLine;
using MultiTurnTrainer.Conversations.Findings;
using MultiTurnTrainer.Conversations.Findings.Rendering;
using MultiTurnTrainer.Conversations.Formats;
using MultiTurnTrainer.Conversations.Validation;
using MultiTurnTrainer.Files;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary><c>mtt validate</c>: findings, and an exit code for CI.</summary>
internal static class ValidateCommand
{
    public static Command Create()
    {
        Argument<string[]> inputs = new("input")
        {
            Description = "Files to check; - is standard input.",
            Arity = ArgumentArity.OneOrMore,
        };
        Option<string> format = new("--format")
        {
            Description = "How the report is written.",
            DefaultValueFactory = _ => "text",
        };
        format.AcceptOnlyFromAmong([.. FindingRenderer.Formats]);
        Option<string> failOn = new("--fail-on")
        {
            Description = "The least severity that makes the exit code 1.",
            DefaultValueFactory = _ => "error",
        };
        failOn.AcceptOnlyFromAmong("error", "warning", "info", "never");
        Option<long> maxErrors = new("--max-errors")
        {
            Description = "Stop reading after so many errors; 0 reads all.",
        };
        Option<bool> explain = new("--explain-format") { Description = "Print every row's format and why, on stderr." };
        Option<string?> preference = new("--preference") { Description = "Which side of preference pairs is checked." };
        preference.AcceptOnlyFromAmong("chosen", "rejected");
        Option<string[]> ignore = new("--ignore")
        {
            Description = "Codes to leave out, such as MTT113.",
            AllowMultipleArgumentsPerToken = true,
        };
        Command command = new(
            "validate",
            """
            Check conversation files and report every finding.

            Exit codes: 0 clean, 1 findings at or above --fail-on, 2 could not read.

            Examples:
              mtt validate data/*.jsonl
              mtt validate train.jsonl.gz --format sarif > findings.sarif
              zcat train.jsonl.gz | mtt validate - --fail-on warning
            """
        )
        {
            inputs,
            format,
            failOn,
            maxErrors,
            explain,
            preference,
            ignore,
        };
        command.SetAction(parsed =>
        {
            ValidationOptions options = new()
            {
                MaxErrors = parsed.GetValue(maxErrors),
                Conversion = new ConversionOptions { Preference = Side(parsed.GetValue(preference)) },
                Severities = Severities(parsed.GetValue(ignore) ?? []),
                ExplainFormat = parsed.GetValue(explain)
                    ? (file, line, reason) => Console.Error.WriteLine($"{file}:{line}: {reason}")
                    : null,
            };
            using StreamWriter output = new(Console.OpenStandardOutput(), bufferSize: 1 << 16) { NewLine = "\n" };
            FindingRenderer renderer = FindingRenderer.Create(parsed.GetValue(format)!, output);
            renderer.Begin();
            ValidationSummary summary = new Validator(options, renderer.Write).Run(parsed.GetValue(inputs)!);
            renderer.End(summary);
            return parsed.GetValue(failOn) switch
            {
                "never" => ExitCode.Done,
                "info" => summary.Has(Severity.Info) ? ExitCode.Findings : ExitCode.Done,
                "warning" => summary.Has(Severity.Warning) ? ExitCode.Findings : ExitCode.Done,
                _ => summary.Has(Severity.Error) ? ExitCode.Findings : ExitCode.Done,
            };
        });
        return command;
    }

    /// <summary>The side of preference pairs by its name.</summary>
    internal static PreferenceSide? Side(string? name) =>
        name switch
        {
            "chosen" => PreferenceSide.Chosen,
            "rejected" => PreferenceSide.Rejected,
            _ => null,
        };

    private static Dictionary<string, Severity?> Severities(string[] ignored)
    {
        Dictionary<string, Severity?> severities = new(StringComparer.Ordinal);
        foreach (string code in ignored.SelectMany(text => text.Split(',', StringSplitOptions.RemoveEmptyEntries)))
        {
            RuleInfo rule =
                Catalogue.Find(code)
                ?? throw new MttException($"--ignore {code}: there is no such code", "mtt explain lists all codes.");
            severities[rule.Code] = null;
        }

        return severities;
    }
}
