namespace MultiTurnTrainer.Cli.Commands;

/// <summary>Where the processor time of a run went, as text.</summary>
internal static class ProfileText
{
    private static readonly Table _stages = new("  {0,-8} {1,8:0.00} s {2,7:P1}{3}");

    public static string Of(RunProfile profile)
    {
        double total = profile.TotalSeconds;
        StringBuilder text = new("processor time, all threads\n");
        foreach ((string stage, double seconds) in profile.Stages)
        {
            text.Append(_stages.Line(stage, seconds, seconds / total, Note(stage))).Append('\n');
        }

        text.Append(_stages.Line("total", total, 1, ""));
        return text.Append(
                Invariant(
                    $"; {profile.CompilingSeconds:0.00} s of it compiling, {profile.AllocatedBytes / 1e6:N0} MB allocated\n"
                )
            )
            .ToString();
    }

    private static string Note(string stage) =>
        stage switch
        {
            "other" => "  (start-up, loading the model, counting, the manifest)",
            "align" => "  (with labels and their checks)",
            _ => "",
        };
}
