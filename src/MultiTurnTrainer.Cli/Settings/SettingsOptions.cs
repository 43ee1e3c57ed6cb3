namespace MultiTurnTrainer.Cli.Settings;

/// <summary>
/// The options <c>--config</c>, <c>--set</c> and <c>--print-config</c>, the same for every command. What counts, the later the more:
/// defaults, the settings file, environment variables, <c>--set</c>, flags.
/// </summary>
internal sealed class SettingsOptions
{
    private readonly List<(Option Option, string Key, Func<string, string> Value)> _flags = [];
    private readonly List<(Option Option, string Key, Func<string, string> Value)> _shown = [];

    public SettingsOptions()
    {
        Print.Action = new PrintAction(this);
        Set.CompletionSources.Add(_ => SettingsKeys.All.Select(key => new CompletionItem($"{key}=")));
    }

    public Option<string?> Config { get; } =
        new("--config") { Description = "Settings file; default: mtt.yaml, found upwards.", HelpName = "FILE" };

    public Option<string[]> Set { get; } =
        new("--set")
        {
            Description = "Override any setting, repeatable: --set train.learning_rate=1e-4.",
            HelpName = "KEY=VALUE",
            DefaultValueFactory = _ => [],
        };

    public Option<bool> Print { get; } =
        new("--print-config") { Description = "Print every setting, with where it comes from, and do nothing else." };

    /// <summary>Adds the options; an option of the command's own that has the same name stays.</summary>
    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[Config, Set, Print])
        {
            if (command.Options.All(own => own.Name != option.Name))
            {
                command.Add(option);
            }
        }
    }

    /// <summary>Names the setting that a flag stands for: it wins over all others.</summary>
    public void StandsFor(Option flag, string key) => _flags.Add((flag, key, Quoted));

    /// <summary>Names the setting that a flag is laid over by its command, for <c>--print-config</c>.</summary>
    /// <param name="flag">The flag.</param>
    /// <param name="key">The setting.</param>
    /// <param name="value">What a word of the flag is as a setting; itself when null.</param>
    public SettingsOptions Shows(Option flag, string key, Func<string, string>? value = null)
    {
        _shown.Add((flag, key, value ?? Quoted));
        return this;
    }

    /// <summary>Loads the settings.</summary>
    /// <exception cref="MttException">The file cannot be read, or a setting is wrong; all wrong ones are named.</exception>
    public SettingsFile Load(ParseResult parsed) => Load(parsed, _flags, []);

    /// <summary>Loads the settings with others over them, which win over the flags.</summary>
    /// <exception cref="MttException">The file cannot be read, or a setting is wrong; all wrong ones are named.</exception>
    public SettingsFile Load(ParseResult parsed, IEnumerable<SettingsOverride> over) => Load(parsed, _flags, over);

    /// <summary>The options as they were given, for another command line that is to read the same settings.</summary>
    public IEnumerable<string> Given(ParseResult parsed) =>
        [
            .. parsed.GetValue(Config) is { } file ? [Config.Name, file] : Array.Empty<string>(),
            .. (parsed.GetValue(Set) ?? []).SelectMany(text => new[] { Set.Name, text }),
        ];

    /// <summary>Loads the settings where the command line gives some, for a command that uses none.</summary>
    /// <exception cref="MttException">They are wrong.</exception>
    public void Check(ParseResult parsed)
    {
        if (((Option[])[Config, Set]).Any(option => parsed.GetResult(option) is { Implicit: false }))
        {
            Load(parsed);
        }
    }

    private SettingsFile Load(
        ParseResult parsed,
        IEnumerable<(Option, string, Func<string, string>)> flags,
        IEnumerable<SettingsOverride> over
    ) =>
        SettingsFile.Load(
            parsed.GetValue(Config) ?? Environment.GetEnvironmentVariable(EnvironmentSettings.File),
            [
                .. EnvironmentSettings.Read(Environment.GetEnvironmentVariables()),
                .. (parsed.GetValue(Set) ?? []).Select(text => new SettingsOverride(text)),
                .. flags.SelectMany(flag => Overrides(parsed, flag)),
                .. over,
            ]
        );

    private static IEnumerable<SettingsOverride> Overrides(
        ParseResult parsed,
        (Option Option, string Key, Func<string, string> Value) flag
    )
    {
        if (parsed.GetResult(flag.Option) is not { Implicit: false } result)
        {
            return [];
        }

        string[] words = [.. result.Tokens.Select(token => token.Value)];
        string value =
            words.Length == 0 ? flag.Value("true")
            : flag.Option.ValueType.IsArray
                ? $"[{string.Join(", ", words.SelectMany(word => word.Split(',')).Select(flag.Value))}]"
            : flag.Value(words[^1]);
        return [new SettingsOverride($"{flag.Key}={value}", flag.Option.Name)];
    }

    // As YAML reads JSON's strings too.
    private static string Quoted(string word) => JsonText.Line(word);

    private sealed class PrintAction(SettingsOptions options) : SynchronousCommandLineAction
    {
        // Nothing else of the command line needs to be there.
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parsed)
        {
            SettingsFile file = options.Load(parsed, options._flags.Concat(options._shown), []);
            WriteOthers(parsed);
            Console.Out.Write(Printable.Text(SettingsText.Write(file)));
            return ExitCode.Done;
        }

        // Flags that add to a setting, replace a whole section or have none are shown as they were given.
        private void WriteOthers(ParseResult parsed)
        {
            Option[] shown =
            [
                options.Config,
                options.Set,
                options.Print,
                .. options._flags.Concat(options._shown).Select(flag => flag.Option),
            ];
            List<Option> all = [];
            for (SymbolResult? at = parsed.CommandResult; at is CommandResult command; at = at.Parent)
            {
                all.AddRange(command.Command.Options);
            }

            foreach (Option option in all.Except(shown))
            {
                if (parsed.GetResult(option) is { Implicit: false } given)
                {
                    string words = string.Join(' ', given.Tokens.Select(token => token.Value));
                    Console.Out.WriteLine(Printable.Of($"# beside the settings: {option.Name} {words}").TrimEnd());
                }
            }
        }
    }
}
