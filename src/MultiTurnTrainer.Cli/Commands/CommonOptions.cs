// Folder Commands: one command a file: options, one call, text, an exit code.
// Refuses to know: formats, masks, models beyond the call it makes.

namespace MultiTurnTrainer.Cli.Commands;

/// <summary>Options that several commands have: one name, one short form and one wording for one meaning.</summary>
internal static class CommonOptions
{
    /// <summary>Of near duplicates; below, the search finds too few of them to be called one.</summary>
    public const double LeastSimilarity = 0.3;

    /// <summary>One of several parts of the rows, for a run of many.</summary>
    public static Option<string?> ShardOption(
        string description = "Work on part i of n (0/n to n-1/n) of the rows, into a file of its own"
    ) =>
        new("--shard")
        {
            Description =
                $"{description}; auto takes SLURM_ARRAY_TASK_ID/COUNT or JOB_COMPLETION_INDEX/JOB_COMPLETIONS.",
            HelpName = "i/n|auto",
        };

    /// <summary>The value of <see cref="ShardOption"/>.</summary>
    public static Shard ShardOf(ParseResult parsed, Option<string?> option) =>
        Shard.Parse(parsed.GetValue(option), Environment.GetEnvironmentVariable);

    /// <summary>The files a command reads, one or more.</summary>
    public static Argument<string[]> Inputs(string description) =>
        new("INPUT") { Description = description, Arity = ArgumentArity.OneOrMore };

    /// <summary>One of a few words.</summary>
    public static Option<string> Choice(string name, string description, string standard, params string[] choices)
    {
        Option<string> option = new(name) { Description = description, DefaultValueFactory = _ => standard };
        option.AcceptOnlyFromAmong(choices);
        return option;
    }

    /// <summary>A number that has a value when it is not given, and a least one.</summary>
    public static Option<T> Number<T>(string name, string description, T standard, double least = 1) =>
        new Option<T>(name) { Description = description, DefaultValueFactory = _ => standard }.AtLeast(least);

    public static Option<bool> Force() => new("--force") { Description = "Replace existing outputs." };

    public static Option<string> Model(string needs) => Required(ModelFolder(needs));

    /// <summary>A model's folder.</summary>
    /// <param name="needs">What the command reads of it, or does with it: the description.</param>
    public static Option<string?> ModelFolder(string needs) =>
        new("--model", "-m") { Description = needs, HelpName = "DIR|ORG/NAME" };

    /// <summary>A model on an endpoint or in a folder, for the roles of generated data.</summary>
    public static Option<string?> ServedModel() =>
        new("--model", "-m")
        {
            Description = "The model's name on the endpoint, or a local model folder.",
            HelpName = "NAME|DIR",
        };

    public static Option<string?> Adapter() =>
        new("--adapter", "-a")
        {
            Description = "LoRA adapter in PEFT's layout: a folder, or a name on the hub.",
            HelpName = "DIR|ORG/NAME",
        };

    /// <summary>An output that the command can do without.</summary>
    /// <param name="what">What is written there.</param>
    /// <param name="folder">Whether it is a folder.</param>
    public static Option<string?> Output(string what, bool folder = false) =>
        new("--output", "-o") { Description = what, HelpName = folder ? "DIR" : "FILE" };

    /// <summary>Where a command's result goes that is standard output's otherwise.</summary>
    public static Option<string?> ResultFile() => Output("A file for the result; default: standard output.");

    public static Option<string[]> Endpoints() =>
        new("--endpoint")
        {
            Description = "Base URL of an OpenAI-compatible server; repeatable. Replaces the settings' endpoints.",
            HelpName = "URL",
            DefaultValueFactory = _ => [],
        };

    public static Option<long?> BudgetRequests() =>
        new Option<long?>("--budget-requests") { Description = "Stop at N requests." }.As<long?, BudgetSettings>(
            nameof(BudgetSettings.Requests)
        );

    /// <summary>A context policy; without it the settings' section <c>context</c> counts.</summary>
    public static Option<string?> Policy() =>
        new("--policy")
        {
            Description =
                $"Context policy that shapes prompts and rows: a file, or {string.Join(", ", PolicyPresets.Names)}.",
            HelpName = "NAME|FILE",
        };

    public static Option<bool> Resume() => new("--resume") { Description = "Go on with an interrupted run." };

    public static Option<string?> Preference()
    {
        Option<string?> option = new("--preference") { Description = "Which side of preference pairs is taken." };
        option.AcceptOnlyFromAmong("chosen", "rejected");
        return option;
    }

    public static Option<string?> TemplateName() =>
        new("--chat-template-name")
        {
            Description = "Which of the folder's chat templates, where it has several.",
            HelpName = "NAME",
        };

    public static Option<string[]> StopTokens() =>
        new("--eot")
        {
            Description = "A further token that ends an answer; repeatable.",
            HelpName = "TOKEN",
            AllowMultipleArgumentsPerToken = true,
        };

    /// <summary>The value of <c>--now</c>; today at midnight UTC where it is not given, so that a day's runs agree.</summary>
    /// <exception cref="MttException">It is no date.</exception>
    public static DateTimeOffset ReadNow(string? text)
    {
        if (text is null)
        {
            return new DateTimeOffset(TimeProvider.System.GetUtcNow().Date, TimeSpan.Zero);
        }

        return DateTimeOffset.TryParse(
            text,
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal,
            out DateTimeOffset date
        )
            ? date
            : throw new MttException($"--now {text}: is not a date", "Write it as 2026-01-15 or 2026-01-15T12:00:00Z.");
    }

    /// <summary>The codes and names of findings, for completions.</summary>
    public static IEnumerable<CompletionItem> FindingCodes(CompletionContext context) =>
        Catalogue.All.SelectMany(rule =>
            (CompletionItem[])[new(rule.Code, detail: rule.Name), new(rule.Name, detail: rule.Code)]
        );

    /// <summary>The same option, without which the command does not begin.</summary>
    public static Option<string> Required(Option<string?> option)
    {
        option.Required = true;
        return option!;
    }
}
