using System.CommandLine;
using MultiTurnTrainer.Cli.Presets;
using MultiTurnTrainer.Models.Architectures;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary><c>mtt init</c>: a starter project.</summary>
internal static class InitCommand
{
    /// <summary>Everyone's first model is the same.</summary>
    private const ulong Seed = 1;

    public static Command Create()
    {
        Argument<string> folder = new("folder") { Description = "Where to write it.", DefaultValueFactory = _ => "." };
        Option<string> preset = new("--preset")
        {
            Description = "The starter project.",
            DefaultValueFactory = _ => "tiny",
        };
        preset.AcceptOnlyFromAmong([.. Preset.Names]);
        Option<bool> force = new("--force") { Description = "Replace files that exist." };
        Command command = new(
            "init",
            """
            Write a starter project: a small model with its tokenizer, sample conversations, settings.

            Examples:
              mtt init --preset tiny my-project
              cd my-project && mtt train --model model --train data/chat.jsonl --output adapter
            """
        )
        {
            folder,
            preset,
            force,
        };
        command.SetAction(parsed =>
        {
            string target = parsed.GetValue(folder)!;
            Preset chosen = new(parsed.GetValue(preset)!);
            chosen.WriteTo(target, parsed.GetValue(force));
            foreach (string file in chosen.Files)
            {
                Console.Error.WriteLine($"wrote {Path.Combine(target, file)}");
            }

            string model = Path.Combine(target, "model");
            ModelFactory.WriteWeights(model, Seed, parsed.GetValue(force));
            Console.Error.WriteLine($"wrote {Path.Combine(model, "model.safetensors")} (random)");
            return ExitCode.Done;
        });
        return command;
    }
}
