using MultiTurnTrainer.Cli.Remote;
using MultiTurnTrainer.Cli.Settings;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary><c>mtt import</c>: another trainer's settings as <c>mtt.yaml</c>.</summary>
internal static class ImportCommand
{
    private const string _help = """
        Write the mtt.yaml that trains the same data with the proven mask, from another trainer's settings.

        Every key is carried, replaced, or listed as without an equivalent; the file's first lines are the commands to run.

        Examples:
          mtt import axolotl.yaml --output mtt.yaml
          mtt import sft.json --trainer trl
        """;

    private static readonly Argument<string> _config = new("CONFIG")
    {
        Description = "Settings of TRL, LLaMA-Factory, ms-swift, Axolotl or Unsloth, YAML or JSON.",
    };
    private static readonly Option<TrainerKind?> _trainer = new("--trainer")
    {
        Description = "Whose settings they are; told by their keys otherwise.",
    };
    private static readonly Option<string?> _output = CommonOptions.Output("The settings; standard output otherwise.");
    private static readonly Option<bool> _force = CommonOptions.Force();

    public static Command Create()
    {
        Command command = new("import", _help) { _config, _trainer, _output, _force };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        string path = RemoteInputs.SingleFile(parsed.GetValue(_config)!, again: true);
        ForeignConfig config = ForeignConfig.Read(path, parsed.GetValue(_trainer));
        IReadOnlyList<ImportedKey> keys = ImportedSettings.Of(config);
        string yaml = ImportedSettings.ToYaml(config, keys);
        OutputPaths.RefuseClash([path], parsed.GetValue(_output));
        ResultOutput.Write(yaml, parsed.GetValue(_output), parsed.GetValue(_force));
        int carried = keys.Count(key => key.Setting is not null);
        int replaced = keys.Count(key => key.Setting is null && key.IsReplaced);
        Console.Error.WriteLine(
            $"{Counted.Of(keys.Count, "key")} of {config.Kind}: {carried} carried, {replaced} replaced, {keys.Count - carried - replaced} without an equivalent"
        );
        return ExitCode.Done;
    }
}
