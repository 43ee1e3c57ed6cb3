using MultiTurnTrainer.Cli.Settings;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary><c>mtt config</c>: the settings that count, and what there is to set.</summary>
internal static class ConfigCommand
{
    private const string _help = """
        Print every setting of mtt.yaml with its value and where that comes from, or the file's JSON schema.

        What counts, the later the more: defaults, the settings file (mtt.yaml found upwards, MTT_CONFIG, --config), variables
        of the environment (MTT_TRAIN__LEARNING_RATE=1e-4), --set, and the flags of a command, which --print-config shows.

        Examples:
          mtt config
          mtt config --keys
          mtt config --schema --output mtt.schema.json     then, in mtt.yaml: # yaml-language-server: $schema=mtt.schema.json
          mtt train --print-config --learning-rate 1e-4
        """;

    private static readonly Option<bool> _schema = new("--schema")
    {
        Description = "Print the JSON schema of mtt.yaml, for editors.",
    };

    private static readonly Option<bool> _keys = new("--keys") { Description = "Print the keys alone." };
    private static readonly Option<string?> _output = CommonOptions.ResultFile();
    private static readonly Option<bool> _force = CommonOptions.Force();
    private static readonly SettingsOptions _settings = new();

    public static Command Create()
    {
        Command command = new("config", _help) { _schema, _keys, _output, _force };
        _settings.AddTo(command);
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        string text =
            parsed.GetValue(_schema) ? Schema()
            : parsed.GetValue(_keys) ? string.Concat(SettingsKeys.All.Select(key => $"{key}\n"))
            : Printable.Text(SettingsText.Write(_settings.Load(parsed)));
        ResultOutput.Write(text, parsed.GetValue(_output), parsed.GetValue(_force));
        return ExitCode.Done;
    }

    // docs/mtt.schema.json, which a test keeps equal to the settings.
    private static string Schema()
    {
        using StreamReader reader = new(typeof(ConfigCommand).Assembly.GetManifestResourceStream("mtt.schema.json")!);
        return reader.ReadToEnd();
    }
}
