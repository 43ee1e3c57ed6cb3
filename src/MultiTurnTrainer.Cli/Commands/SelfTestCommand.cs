using MultiTurnTrainer.Cli.Remote;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary><c>mtt selftest</c>: what must not change a training step, tried on this machine.</summary>
internal static class SelfTestCommand
{
    private const int Vocabulary = 512;

    private const string _help = """
        Show on this machine that batch split, packing, recomputation and threads do not change a training step,
        and that resuming and repeating a run give the same bytes.

        Examples:
          mtt selftest
          mtt selftest --model model
        """;

    private static readonly Table _results = new("{0,-5} {1,-24} {2,-10} {3}");
    private static readonly Option<string?> _model = CommonOptions.ModelFolder(
        "Model folder; default: a tiny model made for the test."
    );

    public static Command Create()
    {
        Command command = new("selftest", _help) { _model };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        string? model = RemoteInputs.Folder(parsed.GetValue(_model), ModelNeed.Weights);
        DirectoryInfo scratch = Directory.CreateTempSubdirectory("mtt-selftest-");
        try
        {
            string folder = model ?? Path.Combine(scratch.FullName, "model");
            if (model is null)
            {
                ModelFactory.Write(ModelFactory.CreateTinyConfig(Vocabulary, 1, [2], null), folder, seed: 1);
            }

            bool allPassed = true;
            foreach (SelfTestResult result in TrainerSelfTest.Run(folder, scratch.FullName, TimeProvider.System))
            {
                allPassed &= result.Passed;
                string difference =
                    result.Difference > 0 ? result.Difference.ToString("E1", CultureInfo.InvariantCulture) : "equal";
                Console.Out.WriteLine(
                    _results.Line(result.Passed ? "ok" : "FAIL", result.Name, difference, result.Detail)
                );
            }

            return allPassed ? ExitCode.Done : ExitCode.Findings;
        }
        finally
        {
            scratch.Delete(recursive: true);
        }
    }
}
