using MultiTurnTrainer.Cli.Settings;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary>Which files and findings of <c>mtt validate</c> count: ignored codes, excluded files, the baseline.</summary>
internal sealed class CheckFlags
{
    private const string Explain = "mtt explain lists all codes.";

    private readonly Option<string[]> _ignore = new("--ignore")
    {
        Description = "Codes to leave out, such as MTT113.",
        AllowMultipleArgumentsPerToken = true,
        CompletionSources = { CommonOptions.FindingCodes },
    };

    private readonly Option<string[]> _perFile = new("--per-file-ignore")
    {
        Description = "Codes to leave out in some files, repeatable: \"raw/*.jsonl=MTT113,MTT401\".",
        HelpName = "PATTERN=CODE,…",
        DefaultValueFactory = _ => [],
    };

    private readonly Option<string[]> _exclude = new("--exclude")
    {
        Description = "Files that folders and patterns leave out, repeatable.",
        HelpName = "PATTERN",
        DefaultValueFactory = _ => [],
    };

    private readonly Option<string?> _baseline = new("--baseline")
    {
        Description = "Known findings, which are not reported and do not fail the check.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _target = new("--target")
    {
        Description = "Check the file rules of a service too: together, openai or mistral.",
        HelpName = "SERVICE",
    };

    private readonly Option<string?> _write = new("--write-baseline")
    {
        Description = "Write all findings as known ones; the exit code is 0.",
        HelpName = "FILE",
    };

    public CheckFlags() => _target.AcceptOnlyFromAmong([.. ProviderTarget.All.Select(target => target.Name)]);

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_ignore, _perFile, _exclude, _baseline, _write, _target])
        {
            command.Add(option);
        }
    }

    /// <summary>The flags laid over the section <c>validate:</c>.</summary>
    /// <exception cref="MttException">There is no such code, or the baseline cannot be read.</exception>
    public Checks Read(ParseResult parsed, SettingsFile file)
    {
        ValidateSettings settings = file.Section<ValidateSettings>("validate");
        string? baseline = parsed.GetValue(_baseline) ?? settings.Baseline;
        string? written = parsed.GetValue(_write);
        string? target = parsed.GetValue(_target) ?? settings.Target;
        return new Checks
        {
            Documentation = settings.Documentation?.TrimEnd('/'),
            Exclude = [.. settings.Exclude, .. parsed.GetValue(_exclude)!],
            Written = written,
            Target = target is null
                ? null
                : ProviderTarget.Find(target)
                    ?? throw new MttException(
                        $"validate.target: there is no service '{target}'",
                        $"One of {string.Join(", ", ProviderTarget.All.Select(one => one.Name))}."
                    ),
            Choices = new FindingChoices
            {
                Ignored = Codes("--ignore", parsed.GetValue(_ignore) ?? [])
                    .Concat(Codes("validate.ignore", settings.Ignore))
                    .ToHashSet(),
                IgnoredIn =
                [
                    .. settings.PerFileIgnores.Select(pair =>
                        (pair.Key, Codes("validate.per_file_ignores", pair.Value))
                    ),
                    .. parsed.GetValue(_perFile)!.Select(IgnoredIn),
                ],
                Baseline = baseline is null ? null : KnownFindings.Read(baseline),
                Found = written is null ? null : new KnownFindings(),
            },
        };
    }

    private static (string Pattern, IReadOnlyList<string> Codes) IgnoredIn(string text)
    {
        int equals = text.LastIndexOf('=');
        return equals > 0
            ? (text[..equals], Codes("--per-file-ignore", [text[(equals + 1)..]]))
            : throw new MttException(
                $"--per-file-ignore {text}: expected PATTERN=CODE",
                "For instance --per-file-ignore \"raw/*.jsonl=MTT113,MTT401\"."
            );
    }

    private static IReadOnlyList<string> Codes(string from, IEnumerable<string> texts) =>
        [
            .. texts
                .SelectMany(text => text.Split(',', StringSplitOptions.RemoveEmptyEntries))
                .Select(code =>
                    Catalogue.Find(code)?.Code
                    ?? throw new MttException($"{from} {code}: there is no such code", Explain)
                ),
        ];
}

/// <summary>What a check looks at.</summary>
internal sealed record Checks
{
    /// <summary>Which findings count.</summary>
    public required FindingChoices Choices { get; init; }

    /// <summary>The address of the pages that reports link to; null for none.</summary>
    public required string? Documentation { get; init; }

    /// <summary>Patterns of files that folders and patterns leave out.</summary>
    public required IReadOnlyList<string> Exclude { get; init; }

    /// <summary>The service whose file rules are checked too.</summary>
    public required ProviderTarget? Target { get; init; }

    /// <summary>Where all findings are written as a baseline; null writes none.</summary>
    public required string? Written { get; init; }

    /// <summary>The files behind the names that the user gave; addresses on the hub stay as they are.</summary>
    public List<string> Find(IReadOnlyList<string> names) =>
        [.. names.SelectMany(name => DatasetName.IsOne(name) ? [name] : InputSearch.Find([name], Exclude)).Distinct()];

    /// <summary>Writes the baseline, where one is wanted.</summary>
    public void WriteFound(bool force)
    {
        if (Written is not null)
        {
            Choices.Found!.Write(Written, force);
        }
    }
}
